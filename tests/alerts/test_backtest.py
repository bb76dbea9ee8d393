"""Backtests: what a rule would have told of the past, and of the accounts' check."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deliveries.models import StandingCheck
from reports.alerts.backtest import backtest
from reports.alerts.checking import check_accounts
from reports.alerts.forgetting import forget
from reports.alerts.looking import look_at
from reports.alerts.statistics import TIMES
from reports.models import Alert, AlertClock, AlertMinute, AlertQuarter, AlertRule
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
WEEKS = 8


@pytest.fixture
def past(tenant, account) -> None:
    """Eight weeks of two operators with 300 messages a quarter from 10 to 14 o'clock (UTC)."""
    none = [0] * (len(TIMES) - 1)
    quarters = [
        AlertQuarter(tenant=tenant, account=account, quarter=NOW - day * DAY + step * QUARTER, country="FI",
                     operator=operator, messages=300, delivered=[285, *none])
        for day in range(WEEKS * 7)
        for step in range(-8, 8)
        for operator in ("fi.elisa", "fi.telia")
        if day or step < 0
    ]  # fmt: skip
    AlertQuarter.objects.bulk_create(quarters)
    AlertClock.objects.create(
        tenant=tenant, age=60, age_set_on=NOW.date(), summed_until=NOW, filled_from=NOW - WEEKS * 7 * DAY
    )


def rule(tenant, **fields) -> AlertRule:
    own = {"kind": "delivery", "scope": "each", "threshold": 10, "name": "Rule"} | fields
    return AlertRule.objects.create(tenant=tenant, **own)


def opened(rule: AlertRule) -> list[tuple]:
    return [(tuple(one.part), one.at) for one in backtest(rule, now=NOW).alerts]


def day(number: int, operator: str = "fi.telia"):
    """Return the quarters of an operator on a day, an hour long."""
    noon = NOW - number * DAY
    return AlertQuarter.objects.filter(operator=operator, quarter__gte=noon, quarter__lt=noon + 4 * QUARTER)


def test_usual_days_open_nothing(tenant, past):
    assert opened(rule(tenant)) == []


def test_each_outage_is_told_once_the_newest_first(tenant, past):
    for number in (3, 10):
        day(number).update(delivered=[0] * len(TIMES))
    telia = ("FI", "fi.telia")
    assert opened(rule(tenant)) == [(telia, NOW - number * DAY + QUARTER) for number in (3, 10)]


@pytest.mark.parametrize(("scope", "fields"), [("all", {}), ("country", {"country": "FI"})])
def test_scopes(tenant, past, scope, fields):
    day(3).update(delivered=[0] * len(TIMES))
    assert [at for _part, at in opened(rule(tenant, scope=scope, **fields))] == [NOW - 3 * DAY + QUARTER]


def test_an_operator_that_did_not_fail(tenant, past):
    day(3).update(delivered=[0] * len(TIMES))
    assert opened(rule(tenant, scope="operator", country="FI", operator="fi.elisa")) == []


@pytest.mark.parametrize(
    ("kind", "threshold", "messages", "number"),
    [("volume_down", 50, 10, 1), ("volume_down", 50, 200, 0), ("volume_up", 100, 2_000, 1)],
)
def test_volume(tenant, past, kind, threshold, messages, number):
    day(3).update(messages=messages)
    found = opened(rule(tenant, scope="operator", country="FI", operator="fi.telia", kind=kind, threshold=threshold))
    assert len(found) == number


def test_silence(tenant, past):
    for operator in ("fi.elisa", "fi.telia"):
        day(3, operator).delete()
    assert [at for _part, at in opened(rule(tenant, scope="all", kind="silence", threshold=30))] == [
        NOW - 3 * DAY + 3 * QUARTER
    ]


def test_days_before_four_weeks_are_known_are_left_out(tenant, past):
    assert backtest(rule(tenant), now=NOW).since == NOW - 4 * 7 * DAY


@pytest.mark.parametrize(("delivered", "problems"), [(950, 0), (300, 1)])
def test_an_account_whose_rate_falls_is_told_to_staff(tenant, account, past, delivered, problems):
    none = [0] * (len(TIMES) - 1)
    AlertMinute.objects.create(
        tenant=tenant, account=account, minute=NOW - timedelta(minutes=5), country="FI", operator="fi.elisa",
        messages=1_000, delivered=[delivered, *none],
    )  # fmt: skip

    found = check_accounts(now=NOW)

    assert len(found) == problems
    assert StandingCheck.objects.get(name="account_delivery").problems == problems
    assert all(line.startswith("link-main: 30.0% of 1000 messages") for line in found)


def test_old_sums_and_alerts_are_forgotten(tenant, past):
    own = rule(tenant)
    for days in (700, 731):
        at = NOW - days * DAY
        Alert.objects.create(tenant=tenant, rule=own, since=at, opened_at=at, seen_at=at, closed_at=at)
    AlertQuarter.objects.filter(quarter=NOW - DAY, operator="fi.elisa").update(quarter=NOW - 121 * DAY)

    assert forget(now=NOW) == 1

    assert Alert.objects.count() == 1
    assert not AlertQuarter.objects.filter(quarter__lt=NOW - 120 * DAY).exists()


def test_quarters_from_messages_are_those_that_were_summed_up_live(tenant, send):
    send(NOW - 120 * timedelta(minutes=1), NOW)
    look_at(tenant, until=NOW - timedelta(minutes=60), now=NOW)
    look_at(tenant, until=NOW, now=NOW)
    live = list(AlertQuarter.objects.order_by("quarter").values_list("quarter", "messages", "delivered"))
    AlertQuarter.objects.all().delete()
    AlertClock.objects.update(filled_from=NOW - timedelta(minutes=15))
    look_at(tenant, until=NOW, now=NOW)

    again = AlertQuarter.objects.filter(quarter__in=[row[0] for row in live])
    assert list(again.order_by("quarter").values_list("quarter", "messages", "delivered")) == live != []


@pytest.mark.parametrize("later", [0, 60])
def test_an_alert_that_looks_opened_is_counted_once(tenant, send, four_weeks, later):
    """In the minute when it opens no whole quarter shows it yet; an hour later one does."""
    minute = timedelta(minutes=1)
    for operator in ("fi.elisa", "fi.telia"):
        send(NOW - 90 * minute, NOW, operator=operator)
    begin = NOW - timedelta(minutes=8)
    send(NOW, NOW + 90 * minute)
    send(NOW, NOW + 90 * minute, operator="fi.telia", failed=20)
    look_at(tenant, until=begin, now=begin, fill_days=40)
    at = NOW
    while not Alert.objects.filter(rule__standard="delivery").exists() and at < NOW + 60 * minute:
        at += minute
        look_at(tenant, until=at, now=at)
    for step in range(4, later + 1, 4):
        look_at(tenant, until=at + step * minute, now=at + step * minute)
    own = AlertRule.objects.get(tenant=tenant, standard="delivery")

    (alert,) = Alert.objects.filter(rule=own)
    (one,) = backtest(own, now=NOW).alerts

    assert tuple(one.part) == (alert.country, alert.operator) == ("FI", "fi.telia")


def test_an_alert_that_the_rule_would_not_open_any_more_is_not_counted(tenant, past):
    own = rule(tenant)
    at, figures = NOW - DAY, {"now": 0.8, "usual": 0.95, "messages": 300}
    Alert.objects.create(tenant=tenant, rule=own, country="FI", since=at, opened_at=at, seen_at=at, figures=figures)
    counted = []
    for threshold, messages in ((10, 100), (20, 100), (10, 400)):
        AlertRule.objects.filter(pk=own.pk).update(threshold=threshold, min_messages=messages)
        own.refresh_from_db()
        counted.append(opened(own))

    assert counted == [[(("FI", ""), at)], [], []]
