"""Looks at budgets: each threshold is told once in a period, whatever the prices become."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from deliveries.gates.event_examples import BODIES
from deliveries.models import Gate, StandingCheck
from portal.tenants.models import Tenant
from reports.alerts import changing as rules
from reports.alerts.forgetting import forget
from reports.alerts.looking import look_at as look_at_messages
from reports.budgets import changing
from reports.budgets.changing import BudgetInput
from reports.budgets.looking import look_at, look_at_all
from reports.figures.alerts_open import open_number
from reports.models import Alert, AlertMailChoice, AlertRule, Price
from tests.alerts.test_looking import events
from tests.budgets.conftest import OWNER, day
from tests.conftest import NOW
from tests.gates.factors import make_gate
from tests.pricing.stored import count, price_list

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=5)


def states() -> list[tuple[int, str]]:
    """Return the alerts with what ended them, oldest first."""
    return list(Alert.objects.order_by("id").values_list("threshold", "ending"))


def spend(tenant, account, number: int, euros: int, **key) -> None:
    count(tenant, account, day(number), euros * 20, **key)


@pytest.fixture
def look(tenant, django_capture_on_commit_callbacks):
    def at(later: timedelta = timedelta()) -> tuple[int, int]:
        with django_capture_on_commit_callbacks(execute=True):
            return look_at(tenant, now=NOW + later)

    return at


def test_each_threshold_is_told_once_and_the_next_closes_it(
    tenant, account, prices, make, look, owner, viewer, analyst, mailoutbox, eager
):
    AlertMailChoice.objects.create(tenant=tenant, user=viewer, wants=True)
    AlertMailChoice.objects.create(tenant=tenant, user=analyst, wants=True)
    gate = make_gate(tenant, events=["alert.opened", "alert.closed"])
    budget = make(name="Autumn")
    found = []
    for number, euros in ((1, 49), (2, 1), (3, 25), (4, 5), (5, 15), (6, 5), (7, 100)):
        spend(tenant, account, number, euros)
        found.append((look(), look()))

    assert found == [((0, 0), (0, 0)), ((1, 0), (0, 0)), ((0, 0), (0, 0)), ((1, 1), (0, 0)), ((0, 0), (0, 0)),
                     ((1, 1), (0, 0)), ((0, 0), (0, 0))]  # fmt: skip
    assert states() == [(50, "overtaken"), (80, "overtaken"), (100, "")]
    # at most two mails a day: the last alert is told by the page and the gate; a viewer sees no costs
    assert sorted({mail.to[0] for mail in mailoutbox}) == ["analyst@example.com", "owner@example.com"]
    to_owner = [mail for mail in mailoutbox if mail.to == [OWNER]]
    assert [mail.subject for mail in to_owner] == ["Alert: Autumn, Nordic Retail Oy"] * 2
    assert "50 % of the budget reached: 50.00 EUR of 100.00 EUR" in to_owner[0].body.replace("\N{NO-BREAK SPACE}", " ")
    told = [(one.type, one.body["budget"], one.body["threshold"], one.body["ending"]) for one in events(gate)]
    assert sorted(told) == sorted([
        ("alert.opened", budget.pk, 50, None),
        ("alert.closed", budget.pk, 50, "overtaken"),
        ("alert.opened", budget.pk, 80, None),
        ("alert.closed", budget.pk, 80, "overtaken"),
        ("alert.opened", budget.pk, 100, None),
    ])  # fmt: skip
    assert set(events(gate)[0].body) == set(BODIES[Gate.Event.ALERT_OPENED])
    assert "cost" not in str(events(gate)[0].body) and "EUR" not in str(events(gate)[0].body)
    assert open_number([tenant.pk], with_budgets=True) == 1
    assert open_number([tenant.pk], with_budgets=False) == 0


def test_several_at_once_are_one_alert(tenant, account, prices, make, look):
    spend(tenant, account, 1, 130)
    make()
    assert (look(), look()) == ((1, 0), (0, 0))
    assert states() == [(100, "")]


def test_prices_that_fall_close_it_and_do_not_repeat(
    tenant, account, prices, make, look, owner, mailoutbox, eager
):  # fmt: skip
    spend(tenant, account, 1, 85)
    make()
    look()
    Price.objects.update(micro=25_000)
    below = look(MINUTES)
    Price.objects.update(micro=50_000)
    again = look(2 * MINUTES)

    assert (below, again, states()) == ((0, 1), (0, 0), [(80, "recovered")])
    look(timedelta(hours=5))  # an end waits for the evening: it may take the day's last mail then
    assert [mail.subject.partition(":")[0] for mail in mailoutbox] == ["Alert", "Alert over"]
    assert "costs are below 80 % of the budget again since" in mailoutbox[1].body


def test_next_month_begins_anew(tenant, account, prices, make, look):
    spend(tenant, account, 1, 85)
    make()
    look()
    later = timedelta(days=12)
    assert look(later) == (0, 1)
    count(tenant, account, day(1, 12), 85 * 20)
    assert look(later) == (1, 0)
    assert states() == [(80, "period_over"), (80, "")]


def test_changed_budget_is_told_again(tenant, account, prices, make, look):
    spend(tenant, account, 1, 85)
    budget = make()
    look()
    given = BudgetInput.of(budget)
    changing.change(budget, replace(given, name="Other", thresholds=(50, 80)), actor=OWNER)
    assert look() == (0, 0)
    changing.change(budget, replace(given, amount=16_000), actor=OWNER)
    assert look() == (1, 1)
    assert states() == [(80, "changed"), (50, "")]


@pytest.mark.parametrize("how", ["switched off", "retired"])
def test_alert_of_a_rule_that_ends_is_closed(tenant, account, prices, make, look, how):
    spend(tenant, account, 1, 85)
    budget = make()
    look()
    if how == "retired":
        changing.retire(budget, actor=OWNER, now=NOW)
    else:
        rules.switch(budget.rule, is_on=False, actor=OWNER, now=NOW)
    assert (look(), look(), states()) == ((0, 1), (0, 0), [(80, "switched_off")])


def test_retired_budget_keeps_its_rule_when_its_alerts_are_forgotten(
    client, tenant, account, prices, make, look, owner
):  # fmt: skip
    spend(tenant, account, 1, 85)
    budget = make()
    look()
    changing.retire(budget, actor=OWNER, now=NOW)
    look()
    assert forget(now=NOW + timedelta(days=800)) == 1
    client.force_login(owner)
    assert client.get(f"/t/nordic-retail/billing/budgets/{budget.pk}/").status_code == 200


def test_thresholds_that_were_not_chosen_open_nothing(tenant, account, prices, make, look):
    spend(tenant, account, 1, 85)
    make(thresholds=(100,))
    make(thresholds=())
    assert look() == (0, 0)


def test_quiet_hours_hold_the_mail_back(tenant, account, prices, make, look, owner, mailoutbox, eager):
    spend(tenant, account, 1, 85)
    AlertRule.objects.filter(budget=make()).update(quiet_from=time(13), quiet_until=time(15))  # it is 14:00
    look()
    before = len(mailoutbox)
    look(timedelta(hours=2))
    assert (before, len(mailoutbox)) == (0, 1)


def test_acknowledged_and_snoozed_alerts_leave_the_header(tenant, account, prices, make, look):
    spend(tenant, account, 1, 85)
    first, second = make(), make()
    look()
    numbers = [open_number([tenant.pk], with_budgets=True)]
    rules.snooze(first.rule, length=timedelta(hours=1), actor=OWNER, now=NOW)
    numbers.append(open_number([tenant.pk], with_budgets=True))
    rules.acknowledge(Alert.objects.get(rule=second.rule), actor=OWNER, now=NOW)
    numbers.append(open_number([tenant.pk], with_budgets=True))
    assert numbers == [2, 1, 0]


def test_looks_at_messages_leave_budgets_alone(tenant, account, prices, make, look):
    spend(tenant, account, 1, 85)
    make()
    look()
    look_at_messages(tenant, until=NOW, now=NOW)
    look_at_messages(tenant, until=NOW + MINUTES, now=NOW + MINUTES)
    assert states() == [(80, "")]


def test_error_with_one_customer_keeps_no_other_from_its_look(tenant, account, prices, make, monkeypatch):
    broken = Tenant.objects.create(slug="broken", name="Broken", timezone="Europe/Helsinki")
    make(broken)
    spend(tenant, account, 1, 85)
    make()
    Tenant.objects.filter(pk=broken.pk).update(timezone="No/Where")

    looked = look_at_all(now=NOW)

    assert (looked.tenants, looked.opened, looked.failed) == (2, 1, ("broken",))
    assert StandingCheck.objects.get(name="budgets").problems == 1
    Tenant.objects.filter(pk=broken.pk).update(timezone="Europe/Helsinki")
    look_at_all(now=NOW)
    assert StandingCheck.objects.get(name="budgets").problems == 0


def test_customer_without_prices_is_told_nothing(tenant, account, make, look):
    spend(tenant, account, 1, 85)
    make()
    assert look() == (0, 0)
    price_list({"micro": 50_000})
    assert look() == (1, 0)
