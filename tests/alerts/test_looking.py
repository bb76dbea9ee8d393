"""Looks at simulated times: an operator that fails, silence, recovery, quiet hours and mails."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from deliveries.gates.event_examples import BODIES
from deliveries.gates.events import read_events
from deliveries.gates.forwarded import Event
from deliveries.models import Gate, GateDelivery
from portal.tenants.models import Tenant
from reports.alerts import changing
from reports.alerts.looking import look_at, look_at_all
from reports.alerts.rules import STANDARD
from reports.figures.alerts_open import open_number
from reports.models import Alert, AlertClock, AlertMinute, AlertQuarter, AlertRule
from tests.alerts.conftest import MINUTE
from tests.conftest import NOW
from tests.gates.factors import make_gate

pytestmark = pytest.mark.django_db

FILLED = 40  # days of quarters


def look(tenant: Tenant, at: datetime) -> tuple[int, int]:
    return look_at(tenant, until=at, now=at)


@pytest.fixture
def watched(tenant, send, four_weeks) -> Tenant:
    """The customer until noon, with the sums of its past."""
    for operator in ("fi.elisa", "fi.telia"):
        send(NOW - 90 * MINUTE, NOW, operator=operator)
    look_at(tenant, until=NOW, now=NOW, fill_days=FILLED)
    return tenant


def opened() -> list[tuple[str, str, str]]:
    alerts = Alert.objects.select_related("rule").order_by("id")
    return [(alert.rule.standard, alert.country, alert.operator) for alert in alerts]


def test_an_operator_that_fails_is_told_within_ten_minutes_after_100_of_its_messages_have_the_age(
    watched, send, owner, manager, viewer, mailoutbox, eager, django_capture_on_commit_callbacks, settings
):
    settings.PUBLIC_URL = "https://reports.example.com"
    send(NOW, NOW + 30 * MINUTE)
    send(NOW, NOW + 30 * MINUTE, operator="fi.telia", failed=20)
    age = timedelta(seconds=AlertClock.objects.get(tenant=watched).age)
    hundred = NOW + 100 * timedelta(seconds=3) + age  # of them are so old then

    at = NOW
    while not mailoutbox and at < NOW + 60 * MINUTE:
        at += MINUTE
        with django_capture_on_commit_callbacks(execute=True):
            look_at_all(now=at)

    assert opened() == [("delivery", "FI", "fi.telia")]
    assert at <= hundred + 10 * MINUTE
    assert sorted(message.to[0] for message in mailoutbox) == ["manager@example.com", "owner@example.com"]
    first = mailoutbox[0]
    assert first.subject == "Alert: Delivery rate falls, Nordic Retail Oy"
    assert "fi.telia, Finland: " in first.body
    assert "Stop these mails: http" in first.body.splitlines()[-1]
    assert ">Stop these mails</a>" in first.alternatives[0].content
    assert first.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert open_number([watched.id], with_budgets=False) == 1


def test_usual_traffic_opens_nothing(watched, send):
    for operator in ("fi.elisa", "fi.telia"):
        send(NOW, NOW + 30 * MINUTE, operator=operator)

    for minutes in range(1, 30, 4):
        look(watched, NOW + minutes * MINUTE)

    assert opened() == []


def test_delivery_reports_that_wait_open_nothing(watched, feed, send):
    from tests.deliveries.helpers import dlr, put

    put(feed, dlr("late"), received_at=NOW)

    looked = look_at_all(now=NOW + 60 * MINUTE)

    assert (looked.opened, looked.failed, opened()) == (0, (), [])


def test_silence_and_its_end(watched, send):
    found = [look(watched, NOW + minutes * MINUTE) for minutes in (20, 30, 40, 50)]
    send(NOW + 50 * MINUTE, NOW + 100 * MINUTE)
    send(NOW + 50 * MINUTE, NOW + 100 * MINUTE, operator="fi.telia")
    closed = [look(watched, NOW + minutes * MINUTE) for minutes in (55, 70, 90)]

    assert (found, closed) == ([(0, 0), (0, 0), (1, 0), (0, 0)], [(0, 0), (0, 0), (0, 1)])
    alert = Alert.objects.get(tenant=watched)
    assert (alert.rule.standard, alert.ending, alert.since) == ("silence", "recovered", NOW)


def test_fewer_messages(watched, send):
    send(NOW, NOW + 30 * MINUTE, every=12)
    send(NOW, NOW + 30 * MINUTE, operator="fi.telia", every=12)

    look(watched, NOW + 20 * MINUTE)

    assert opened() == [("volume_down", "", "")]


def test_a_slow_operator(watched, send):
    send(NOW, NOW + 30 * MINUTE)
    send(NOW, NOW + 30 * MINUTE, operator="fi.telia", seconds=40)

    look(watched, NOW + 20 * MINUTE)

    assert opened() == [("median", "FI", "fi.telia")]


def test_both_operators_of_a_country_are_one_alert_about_the_country(watched, send):
    for operator in ("fi.elisa", "fi.telia"):
        send(NOW, NOW + 30 * MINUTE, operator=operator, failed=20)

    look(watched, NOW + 20 * MINUTE)

    assert opened() == [("delivery", "FI", "")]


@pytest.mark.parametrize(
    ("scope", "field", "value"),
    [
        ("partner_id", "partner_id", "nr-fi"),
        ("campaign", "campaign_id", 7),
        ("sender", "sender", "NORDIC"),
    ],
)
def test_rules_on_messages_of_their_own(watched, send, scope, field, value):
    AlertRule.objects.filter(tenant=watched).update(is_on=False)
    rule = AlertRule.objects.create(
        tenant=watched, name="Own", kind="delivery", scope=scope, threshold=10, is_on=True, **{field: value}
    )
    for back in range(5):
        at = NOW - back * timedelta(days=7)
        send(at - 60 * MINUTE, at + 20 * MINUTE, campaign=7, failed=20 if not back else 1, operator="fi.dna")

    look(watched, NOW + 17 * MINUTE)

    assert [(alert.rule_id, alert.country) for alert in Alert.objects.all()] == [(rule.pk, "")]


def failing(send) -> None:
    send(NOW, NOW + 120 * MINUTE)
    send(NOW, NOW + 120 * MINUTE, operator="fi.telia", failed=20)


def test_no_mail_in_quiet_hours_but_after_them(
    watched, send, owner, mailoutbox, eager, django_capture_on_commit_callbacks
):
    failing(send)
    AlertRule.objects.filter(tenant=watched).update(quiet_from=time(13), quiet_until=time(14, 30))  # noon UTC is 14:00

    sent = []
    for minutes in (10, 29, 31):
        with django_capture_on_commit_callbacks(execute=True):
            look(watched, NOW + minutes * MINUTE)
        sent.append(len(mailoutbox))

    assert sent == [0, 0, 1]


def test_a_rule_sends_two_mails_a_day_at_most(
    watched, send, owner, mailoutbox, eager, django_capture_on_commit_callbacks
):
    failing(send)
    for minutes in range(20, 60, 10):
        with django_capture_on_commit_callbacks(execute=True):
            look(watched, NOW + minutes * MINUTE)
        Alert.objects.filter(closed_at=None).update(closed_at=NOW + minutes * MINUTE)

    assert (Alert.objects.count(), len(mailoutbox)) == (4, 2)


@pytest.mark.parametrize("how", ["acknowledged", "snoozed"])
def test_nothing_is_mailed_or_counted_of_what_people_know(
    watched, send, owner, mailoutbox, eager, django_capture_on_commit_callbacks, how
):
    failing(send)
    AlertRule.objects.filter(tenant=watched).update(quiet_from=time(13), quiet_until=time(14, 20))
    look(watched, NOW + 10 * MINUTE)
    alert = Alert.objects.get(tenant=watched)
    if how == "acknowledged":
        changing.acknowledge(alert, actor="owner@example.com", now=NOW + 10 * MINUTE)
    else:
        changing.snooze(alert.rule, length=timedelta(hours=8), actor="owner@example.com", now=NOW + 10 * MINUTE)
    with django_capture_on_commit_callbacks(execute=True):
        look(watched, NOW + 25 * MINUTE)

    assert (len(mailoutbox), open_number([watched.id], with_budgets=False)) == (0, 0)


def events(gate: Gate) -> list[Event]:
    """Return what waits to be sent by a gate, oldest first."""
    keys = GateDelivery.objects.filter(gate_id=gate.pk).values_list("tenant_id", "inbox_id")
    return sorted(read_events(list(keys)).values(), key=lambda event: event.received_at)


def test_a_rule_that_is_switched_off_closes_its_alerts_and_gates_tell_both(watched, send):
    gate = make_gate(watched, events=["alert.opened", "alert.closed"])
    failing(send)
    look(watched, NOW + 10 * MINUTE)
    rule = AlertRule.objects.get(tenant=watched, standard="delivery")
    changing.switch(rule, is_on=False, actor="owner@example.com", now=NOW)

    look(watched, NOW + 11 * MINUTE)

    alert = Alert.objects.get(tenant=watched)
    assert alert.ending == "switched_off"
    opened_event, closed_event = events(gate)
    assert [opened_event.type, closed_event.type] == ["alert.opened", "alert.closed"]
    assert opened_event.body["alert"] == closed_event.body["alert"] == alert.pk
    assert (opened_event.body["closed_at"], opened_event.body["ending"]) == (None, None)
    assert closed_event.body["ending"] == "switched_off"
    assert set(closed_event.body) == set(BODIES[Gate.Event.ALERT_CLOSED])


def test_gates_tell_the_end_of_an_alert(watched, send):
    gate = make_gate(watched, events=["alert.closed"])
    look(watched, NOW + 45 * MINUTE)
    send(NOW + 45 * MINUTE, NOW + 95 * MINUTE)
    for minutes in (55, 70, 90):
        look(watched, NOW + minutes * MINUTE)

    assert [(event.body["kind"], event.body["ending"]) for event in events(gate)] == [("silence", "recovered")]


def test_each_customer_has_the_standard_rules_once(watched):
    look(watched, NOW + MINUTE)

    rules = AlertRule.objects.filter(tenant=watched, is_on=True).values_list("standard", flat=True)
    assert sorted(rules) == sorted(rule.standard for rule in STANDARD)


def test_sums_are_those_of_the_messages(watched):
    """Minutes that were condensed and quarters made from messages agree."""
    by_minute = AlertMinute.objects.filter(tenant=watched, operator="fi.elisa").order_by("minute")
    quarter = AlertQuarter.objects.filter(tenant=watched, operator="fi.elisa", quarter__lt=NOW).latest("quarter")
    assert (by_minute[0].messages, sum(by_minute[0].delivered)) == (20, 19)
    assert (quarter.messages, sum(quarter.delivered), quarter.delivered[3]) == (300, 285, 285)


def test_a_name_that_might_be_a_number_is_left_out(tenant, send):
    send(NOW - 60 * MINUTE, NOW, operator="fi.+358401234567")
    send(NOW - 60 * MINUTE, NOW, operator="fi.３５８４０１２３４５６７")

    look(tenant, NOW)

    assert set(AlertMinute.objects.values_list("operator", flat=True)) == {""}
