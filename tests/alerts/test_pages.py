"""Pages of alerts, rules and the links to unsubscribe."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from portal.accounts.models import AuditEntry
from portal.tenants.models import PartnerId
from reports.alerts import unsubscribing
from reports.alerts.readers import readers
from reports.alerts.rules import add_standard_rules
from reports.models import Alert, AlertRule
from tests.deliveries.helpers import apply
from tests.segments.sample import message

pytestmark = pytest.mark.django_db

ALERTS = "/t/nordic-retail/alerts/"
RULE = {"name": "Norway", "kind": "delivery", "scope": "country", "which": "Norway", "threshold": "15"}
RULE |= {"min_messages": "200", "quiet_from": "22:00", "quiet_until": "07:00"}


@pytest.fixture
def alert(tenant) -> Alert:
    add_standard_rules(tenant)
    now = timezone.now()
    return Alert.objects.create(
        tenant=tenant,
        rule=AlertRule.objects.get(tenant=tenant, standard="delivery"),
        country="FI",
        operator="fi.elisa",
        since=now - timedelta(minutes=20),
        opened_at=now,
        seen_at=now,
        figures={"now": 0.4, "usual": 0.95, "messages": 300},
    )


def texts(response) -> str:
    return " ".join(response.content.decode().split())


def test_list_shows_what_is_open_with_the_usual(client, viewer, alert):
    client.force_login(viewer)

    page = texts(client.get(ALERTS))

    assert "fi.elisa, Finland" in page
    assert "40.0 % of 300 messages delivered in time, usually 95.0 %" in page
    assert "Acknowledge<" not in page  # a viewer cannot


def test_acknowledged_alert_says_by_whom(client, analyst, alert):
    client.force_login(analyst)

    client.post(f"{ALERTS}{alert.pk}/acknowledge/")

    assert "analyst@example.com" in texts(client.get(ALERTS))
    assert AuditEntry.objects.filter(action="alert.acknowledged", actor="analyst@example.com").count() == 1


@pytest.mark.parametrize(
    "path", ["1/acknowledge/", "rules/1/switch/", "rules/1/snooze/", "rules/1/delete/", "rules/new/"]
)
def test_viewers_change_nothing(client, viewer, path):
    client.force_login(viewer)
    assert client.post(ALERTS + path).status_code == 403


def test_a_rule_is_created_switched_off(client, analyst, tenant):
    client.force_login(analyst)

    response = client.post(f"{ALERTS}rules/new/", RULE)

    rule = AlertRule.objects.get(tenant=tenant)
    assert (response.status_code, response["Location"]) == (302, f"{ALERTS}rules/{rule.pk}/")
    assert (rule.is_on, rule.country, rule.threshold, rule.min_messages) == (False, "NO", 15, 200)
    page = texts(client.get(f"{ALERTS}rules/{rule.pk}/"))
    assert "Switch on" in page and f"{ALERTS}rules/{rule.pk}/past/" in page
    client.post(f"{ALERTS}rules/{rule.pk}/switch/", {"on": "yes"})
    assert AlertRule.objects.get(pk=rule.pk).is_on


@pytest.mark.parametrize(("kind", "threshold"), [("silence", 30), ("median", 3), ("delivery", 10)])
def test_an_empty_threshold_is_the_usual_one_of_its_kind(client, analyst, tenant, kind, threshold):
    client.force_login(analyst)
    client.post(f"{ALERTS}rules/new/", RULE | {"threshold": "", "kind": kind})
    assert AlertRule.objects.get(tenant=tenant).threshold == threshold


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"threshold": "1"}, "threshold"),
        ({"min_messages": "99"}, "min_messages"),
        ({"which": ""}, "which"),
        ({"which": "Nowhere at all"}, "which"),
        ({"scope": "operator", "which": "no.such"}, "which"),
        ({"scope": "campaign", "which": "no such"}, "which"),
        ({"scope": "sender", "which": "+358401234567"}, "which"),
        ({"name": "Call 0401234567"}, "name"),
        ({"quiet_until": ""}, "quiet_until"),
    ],
)
def test_what_a_rule_cannot_be_is_refused(client, analyst, tenant, change, field):
    client.force_login(analyst)

    response = client.post(f"{ALERTS}rules/new/", RULE | change)

    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert not AlertRule.objects.filter(tenant=tenant).exists()


def test_a_standard_rule_is_changed_and_not_deleted(client, manager, alert):
    client.force_login(manager)
    address = f"{ALERTS}rules/{alert.rule_id}/"

    client.post(address, {"threshold": "20", "min_messages": "100", "kind": "silence", "scope": "all"})
    client.post(f"{address}delete/")

    rule = AlertRule.objects.get(pk=alert.rule_id)
    assert (rule.kind, rule.scope, rule.threshold, rule.archived_at) == ("delivery", "each", 20, None)


def test_a_deleted_rule_leaves_its_alerts_in_the_history(client, manager, alert):
    AlertRule.objects.filter(pk=alert.rule_id).update(standard="", name="Own")
    Alert.objects.update(closed_at=timezone.now(), ending="recovered")
    client.force_login(manager)

    client.post(f"{ALERTS}rules/{alert.rule_id}/delete/")

    assert "fi.elisa, Finland" in texts(client.get(ALERTS))


def test_a_rule_of_another_customer_is_not_found(client, stranger, alert):
    client.force_login(stranger)
    assert client.get(f"/t/baltic-parcel/alerts/rules/{alert.rule_id}/").status_code == 404


def test_past_of_a_rule_without_sums_is_not_known(client, viewer, alert):
    client.force_login(viewer)
    assert "Not known yet" in texts(client.get(f"{ALERTS}rules/{alert.rule_id}/past/"))


def test_one_turns_mails_off_and_on(client, owner, viewer, tenant):
    client.force_login(viewer)
    client.post(f"{ALERTS}mails/", {"wants": "yes"})
    assert [person.email for person in readers(tenant)] == ["owner@example.com", "viewer@example.com"]
    client.force_login(owner)
    client.post(f"{ALERTS}mails/")
    assert [person.email for person in readers(tenant)] == ["viewer@example.com"]


def test_who_is_no_member_any_more_gets_no_mails(tenant, stranger, owner):
    from reports.alerts.readers import choose

    choose(tenant.pk, stranger.pk, wants=True)
    assert readers(tenant) == [owner]


def test_one_post_without_a_session_unsubscribes(tenant, owner, manager, settings):
    link = unsubscribing.link_for(tenant, owner).removeprefix(settings.PUBLIC_URL)
    program = Client(enforce_csrf_checks=True)

    shown = program.get(link)
    assert (shown.status_code, readers(tenant)) == (200, [manager, owner])
    done = program.post(link, {"List-Unsubscribe": "One-Click"})

    assert (done.status_code, readers(tenant)) == (200, [manager])


@pytest.mark.parametrize("change", [lambda link: f"{link[:-3]}xx/", lambda link: "/accounts/alerts/unsubscribe/no/"])
def test_a_changed_link_is_refused(tenant, owner, settings, change):
    link = change(unsubscribing.link_for(tenant, owner).removeprefix(settings.PUBLIC_URL))
    assert Client().post(link).status_code == 404
    assert readers(tenant) == [owner]


def test_the_header_shows_the_number_of_open_alerts(client, viewer, alert):
    from reports.figures.alerts_open import show_open

    show_open(alert.tenant_id, now=timezone.now())
    client.force_login(viewer)

    assert "1 open alert" in texts(client.get("/t/nordic-retail/messages/"))


def test_overview_marks_and_lists_the_alerts_of_its_period(client, viewer, alert, feed):
    from tests.deliveries.helpers import apply, dlr

    now = timezone.now()
    sent = {"sentTimestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}", "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    apply(feed, dlr("m1", gateCustomParameters={"platformPartnerId": "nr-fi"}, **sent))
    client.force_login(viewer)

    page = client.get("/t/nordic-retail/overview/?period=today")

    assert "1 alert in this period" in texts(page)
    assert sum(page.context["days_chart"]["alerts"]) >= 1


@pytest.fixture
def traffic(account, tenant):
    """Names of each scope: what was summed up, what messages have, campaigns and partner IDs."""
    quarter = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    with connection.cursor() as cursor:
        for country, operator, messages in (("NO", "no.telenor", 10), ("FI", "fi.elisa", 90)):
            cursor.execute(
                "INSERT INTO alert_quarter (tenant_id, quarter, account_id, country, operator, messages, delivered)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [tenant.pk, quarter, account.pk, country, operator, messages, [0] * 19],
            )
    for name in ("spring", "autumn", "+358401234567"):
        Campaign.objects.create(tenant=tenant, name=name)
    PartnerId.objects.get_or_create(account=account, value="nr-fi", defaults={"tenant": tenant})


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("all", []),
        ("country", ["Finland", "Norway"]),
        ("operator", ["fi.elisa", "no.telenor"]),
        ("campaign", ["sale", "autumn", "spring"]),
        ("partner_id", ["nr-fi"]),
        ("sender", ["Nordic"]),
        ("nothing of this kind", []),
    ],
)
def test_form_offers_the_names_of_the_chosen_scope(client, analyst, traffic, feed, scope, names):
    apply(feed, *(message(f"m{n}", source=name) for n, name in enumerate(("Nordic", "Nordic", "+358401112222"))))
    client.force_login(analyst)
    page = client.get(f"{ALERTS}rules/new/", {"scope": scope}).content.decode()
    offered = page.partition('<datalist id="alert-names">')[2].partition("</datalist>")[0]
    assert re.findall(r'value="([^"]+)"', offered) == names


def test_form_tells_the_limits_of_the_chosen_kind(client, analyst):
    client.force_login(analyst)
    found = {
        kind: client.get(f"{ALERTS}rules/new/", {"kind": kind}).context["form"].range_text
        for kind in ("delivery", "silence", "x")
    }
    assert found == {
        "delivery": "From 3 to 100 percentage points. Left empty it is 10.",
        "silence": "From 15 to 1,440 minutes. Left empty it is 30.",
        "x": "From 3 to 100 percentage points. Left empty it is 10.",
    }
