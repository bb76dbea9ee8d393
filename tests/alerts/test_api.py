"""Alerts and their rules by the REST API: strict, told by field, and behind the wall."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign
from portal.accounts.models import AuditEntry
from portal.tenants.models import Tenant
from reports.alerts.changing import MAX_DIRECT
from reports.alerts.looking import look_at
from reports.alerts.rules import add_standard_rules
from reports.alerts.statistics import TIMES
from reports.models import Alert, AlertQuarter, AlertRule
from tests.alerts.made import make_alert, make_rule
from tests.alerts.test_backtest import past
from tests.api.conftest import call, mine
from tests.budgets.made import make_budget
from tests.conftest import NOW

__all__ = ["call", "mine", "past"]

pytestmark = pytest.mark.django_db
NEW = {"name": "Norway", "kind": "delivery"}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def key(call, tenant):
    return call(tenant, "read", "alerts")


def ask(caller, method: str, path: str, body: object = None, **headers):
    return getattr(caller.client, method)(
        f"/api/v1/{path}", body, content_type="application/json", headers=caller.headers | headers
    )


def faults(answer) -> dict[str, str]:
    assert answer.status_code == 422, answer.content
    return {one["pointer"]: one["detail"] for one in answer.json()["errors"]}


def names(caller, path: str, **query) -> list:
    return [row["id"] for row in caller.get(path, **query).json()["data"]]


def test_alert_that_a_look_opened_is_read_and_acknowledged(key, tenant, send, four_weeks):
    send(NOW, NOW + 30 * MINUTE, failed=20)
    add_standard_rules(tenant)
    at = NOW + 30 * MINUTE
    look_at(tenant, until=at, now=at, fill_days=40)
    stored = Alert.objects.get(rule__standard="delivery")

    [alert] = key.get("alerts/", state="open", kind="delivery", rule=stored.rule_id).json()["data"]
    assert alert == key.get(f"alerts/{stored.pk}/").json()
    assert (alert["id"], alert["rule"], alert["tenant"]) == (stored.pk, stored.rule_id, "nordic-retail")
    figures = alert["figures"]
    assert (figures["now"], figures["messages"]) == (stored.figures["now"], stored.figures["messages"])
    assert figures["now"] < 0.5 < figures["usual"]

    for _ in range(2):
        told = ask(key, "post", f"alerts/{stored.pk}/acknowledge/", {})
        assert (told.status_code, told.json()["acknowledged_by"]) == (200, str(key.key))
    assert AuditEntry.objects.filter(action="alert.acknowledged", actor=str(key.key)).count() == 1


def test_closed_alert_is_listed_as_such_and_not_acknowledged(key, tenant):
    now = timezone.now()
    rule = make_rule(tenant)
    closed = make_alert(rule, closed_at=now, good_since=now - 30 * MINUTE, ending="recovered")
    still = make_alert(rule)

    assert [names(key, "alerts/", state=state) for state in ("open", "closed", "all")] == [
        [still.pk], [closed.pk], [still.pk, closed.pk],
    ]  # fmt: skip
    answer = key.get(f"alerts/{closed.pk}/").json()
    assert (answer["ending"], answer["over_at"] < answer["closed_at"]) == ("recovered", True)
    assert ask(key, "post", f"alerts/{closed.pk}/acknowledge/", {}).status_code == 409
    assert names(key, "alerts/", rule=rule.pk + 1) == names(key, "alerts/", kind="silence") == []


def test_look_that_finds_the_same_is_no_change_of_an_alert(key, tenant):
    alert = make_alert(make_rule(tenant))
    until = key.get("alerts/", updated_since="2020-01-01T00:00:00Z").json()["data_as_of"]

    Alert.objects.filter(pk=alert.pk).update(seen_at=timezone.now(), mailed_at=timezone.now())
    AlertRule.objects.update(mails=1, mails_on=NOW.date())
    assert names(key, "alerts/", updated_since=until) == names(key, "alert-rules/", updated_since=until) == []

    ask(key, "post", f"alerts/{alert.pk}/acknowledge/", {})
    assert names(key, "alerts/", updated_since=until) == [alert.pk]


def test_rule_is_created_off_changed_switched_snoozed_and_deleted(key, tenant):
    quiet = {"quiet_from": "22:00", "quiet_until": "07:00"}
    made = ask(key, "post", "alert-rules/", NEW | {"scope": "country", "country": "NO", "min_messages": 200} | quiet)
    body = made.json()
    path = f"alert-rules/{body['id']}/"
    assert (made.status_code, made["Location"].endswith(f"/api/v1/{path}")) == (201, True)
    assert body == {
        "id": body["id"], "tenant": "nordic-retail", "name": "Norway", "standard": None, "kind": "delivery",
        "scope": "country", "country": "NO", "operator": None, "partner_id": None, "campaign": None, "sender": None,
        "budget": None, "threshold": 10.0, "min_messages": 200, "quiet_from": "22:00:00", "quiet_until": "07:00:00",
        "is_on": False, "snoozed_until": None, "created_at": body["created_at"], "archived_at": None,
    }  # fmt: skip
    assert key.get(path).json() == body

    changed = ask(key, "patch", path, {"threshold": 12.5, "is_on": True, "scope": "sender", "sender": "NORDIC"}).json()
    assert changed == body | {
        "threshold": 12.5, "is_on": True, "scope": "sender", "sender": "NORDIC", "country": None,
    }  # fmt: skip
    snoozed = ask(key, "post", f"{path}snooze/", {"hours": 8}).json()["snoozed_until"]
    assert AlertRule.objects.get(pk=body["id"]).snoozed_until - timezone.now() > timedelta(hours=7)
    assert snoozed is not None
    assert ask(key, "delete", f"{path}snooze/").json() == changed

    gone = ask(key, "delete", path)
    assert (gone.status_code, gone.json()["is_on"], gone.json()["archived_at"] is None) == (200, False, False)
    assert ask(key, "delete", path).json() == gone.json() == key.get(path).json()
    assert [ask(key, "patch", path, {}).status_code, ask(key, "post", f"{path}snooze/", {"hours": 1}).status_code] == [
        409, 409,
    ]  # fmt: skip
    assert names(key, "alert-rules/") == []
    assert names(key, "alert-rules/", archived="yes") == names(key, "alert-rules/", archived="all") == [body["id"]]
    told = AuditEntry.objects.filter(actor=str(key.key)).order_by("id").values_list("action", flat=True)
    assert [action.partition(".")[2] for action in told] == [
        "created", "changed", "switched_on", "snoozed", "woken", "deleted",
    ]  # fmt: skip


def test_post_that_is_sent_again_creates_one(key):
    twice = [ask(key, "post", "alert-rules/", NEW, **{"Idempotency-Key": "a-1"}).json() for _ in range(2)]
    assert twice[0] == twice[1]
    assert AlertRule.objects.count() == 1


def test_operator_and_campaign_are_those_of_the_messages(key, tenant):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO alert_quarter (tenant_id, quarter, account_id, country, operator, messages, delivered)"
            " SELECT %s, '2026-11-20T10:00Z', id, country, 'Telia', 5, array_fill(0, ARRAY[19])"
            " FROM tenants_gatewayaccount, unnest(ARRAY['FI', 'SE']) AS country LIMIT 2",
            [tenant.pk],
        )
    campaign = Campaign.objects.create(tenant=tenant, name="sale")
    rule = make_rule(tenant)
    path = f"alert-rules/{rule.pk}/"

    of_operator = {"scope": "operator", "operator": "telia", "country": "SE"}
    answer = ask(key, "patch", path, of_operator).json()
    assert (answer["country"], answer["operator"]) == ("SE", "Telia")
    assert ask(key, "patch", path, {"country": "FI"}).json()["operator"] == "Telia"
    assert faults(ask(key, "patch", path, {"country": "NO"})).keys() == {"#/operator"}
    assert ask(key, "patch", path, {"scope": "campaign", "campaign": "sale"}).json()["campaign"] == "sale"
    rule.refresh_from_db()
    assert (rule.campaign_id, rule.country, rule.operator) == (campaign.pk, "", "")


REFUSED = (
    ({"name": " "}, "#/name", "A name with at least one letter."),
    ({"name": "to +358 40 123 4567"}, "#/name", "Leave phone numbers"),
    ({"kind": "budget"}, "#/kind", "is not a valid choice"),
    ({"threshold": 2}, "#/threshold", "Of the kind “delivery” from 3 to 100 percentage points."),
    ({"threshold": "5"}, "#/threshold", "a number is needed"),
    ({"threshold": True}, "#/threshold", "a number is needed"),
    ({"min_messages": 99}, "#/min_messages", "greater than or equal to 100"),
    ({"quiet_from": "22:00"}, "#/quiet_until", "Give both times"),
    ({"country": "NO"}, "#/country", "The scope is “all”: leave this out."),
    ({"scope": "country"}, "#/country", "This field is required with this scope."),
    ({"scope": "country", "country": "XX"}, "#/country", "two capital letters"),
    ({"scope": "operator", "country": "NO"}, "#/operator", "This field is required with this scope."),
    ({"scope": "operator", "country": "NO", "operator": "Nope"}, "#/operator", "no such operator"),
    ({"scope": "campaign", "campaign": "no"}, "#/campaign", "no campaign of this name"),
    ({"scope": "sender", "sender": "+358401234567"}, "#/sender", "Leave phone numbers"),
    ({"tenant": "other-company"}, "#/tenant", "no tenant of this name"),
    ({"is_on": True}, "#/is_on", "unknown field"),
)


def test_what_is_refused_names_its_field(key, other_tenant):
    for wrong, pointer, text in REFUSED:
        found = faults(ask(key, "post", "alert-rules/", NEW | wrong))
        assert found.keys() == {pointer}, wrong
        assert text in found[pointer]
    assert not AlertRule.objects.exists()


def test_standard_rules_keep_what_they_are(key, tenant):
    add_standard_rules(tenant)
    path = f"alert-rules/{AlertRule.objects.get(standard='silence').pk}/"

    answer = ask(key, "patch", path, {"threshold": 45, "is_on": False}).json()
    assert (answer["name"], answer["standard"], answer["threshold"], answer["is_on"]) == (
        "No messages", "silence", 45.0, False,
    )  # fmt: skip
    assert faults(ask(key, "patch", path, {"name": "x", "scope": "each"})).keys() == {"#/name", "#/scope"}
    assert ask(key, "delete", path).status_code == 409


def test_rules_that_read_messages_are_few_however_they_come_about(key, tenant):
    for number in range(MAX_DIRECT):
        make_rule(tenant, scope="sender", sender=f"S{number}")
    rule = make_rule(tenant)
    of_sender = {"scope": "sender", "sender": "NORDIC"}

    assert ask(key, "post", "alert-rules/", NEW | of_sender).status_code == 409
    assert ask(key, "patch", f"alert-rules/{rule.pk}/", of_sender).status_code == 409
    assert ask(key, "patch", f"alert-rules/{rule.pk}/", {"threshold": 5}).status_code == 200
    direct = AlertRule.objects.filter(scope="sender").order_by("id").first()
    assert ask(key, "patch", f"alert-rules/{direct.pk}/", of_sender).status_code == 200


def test_budgets_need_the_scope_billing_too(call, key, tenant):
    budget_id = make_budget(tenant, "Autumn", now=NOW)["budget_id"]
    rule = AlertRule.objects.get(budget=budget_id)
    figures = {"now": 41_250, "usual": 50_000, "messages": 2, "currency": "EUR"}
    alert = make_alert(rule, threshold=80, period=NOW.date(), revision=1, figures=figures)
    paths = [f"alerts/{alert.pk}/", f"alert-rules/{rule.pk}/"]

    assert [key.get(path).status_code for path in paths] == [404, 404]
    assert names(key, "alerts/") == names(key, "alert-rules/") == []
    billing = call(tenant, "read", "alerts", "billing")
    shown, of_rule = (billing.get(path).json() for path in paths)
    assert shown["figures"] == {
        "now": None, "usual": None, "messages": 2, "spent": "412.50", "amount": "500.00", "currency": "EUR",
    }  # fmt: skip
    assert (shown["budget"], shown["threshold"]) == (budget_id, 80)
    assert (of_rule["budget"], of_rule["threshold"], of_rule["min_messages"]) == (budget_id, None, None)
    assert faults(ask(billing, "patch", paths[1], {"threshold": 5})).keys() == {"#/threshold"}
    quiet = {"quiet_from": "22:00", "quiet_until": "07:00", "is_on": False}
    assert ask(billing, "patch", paths[1], quiet).json()["is_on"] is False
    assert ask(billing, "delete", paths[1]).status_code == 409


def test_key_reaches_the_customers_below_and_no_other(call, key, tenant, other_tenant, account):
    below = Tenant.objects.create(slug="nordic-shop", name="Nordic shop", parent=tenant)
    made = ask(key, "post", "alert-rules/", NEW | {"tenant": "nordic-shop"}).json()
    alert = make_alert(AlertRule.objects.get(pk=made["id"]))
    assert made["tenant"] == "nordic-shop"
    assert names(key, "alerts/", tenant="nordic-shop") == [alert.pk]
    assert names(key, "alerts/", tenant="nordic-retail") == []
    assert ask(key, "patch", f"alert-rules/{made['id']}/", {"scope": "sender", "sender": "X"}).status_code == 200
    assert ask(key, "post", f"alerts/{alert.pk}/acknowledge/", {}).json()["acknowledged_by"] == str(key.key)
    assert set(AuditEntry.objects.filter(action__startswith="alert").values_list("tenant_id", flat=True)) == {below.pk}

    theirs = call(other_tenant, "read", "alerts")
    paths = [f"alerts/{alert.pk}/", f"alert-rules/{made['id']}/"]
    assert [theirs.get(path).status_code for path in paths] == [404, 404]
    assert [ask(theirs, method, paths[1], {}).status_code for method in ("patch", "delete")] == [404, 404]
    assert ask(theirs, "post", f"{paths[0]}acknowledge/", {}).status_code == 404
    assert names(theirs, "alerts/") == names(theirs, "alert-rules/") == []
    of_account = call(account.pool, "read", "alerts", account=account)
    assert [of_account.get(path).status_code for path in ("alerts/", "alert-rules/")] == [403, 403]
    reader = call(tenant, "read")
    assert ask(reader, "post", f"{paths[0]}acknowledge/", {}).status_code == 403


def test_names_with_numbers_are_masked(key, tenant):
    rule = make_rule(tenant, name="call +358401234567", scope="sender", sender="+358401234567")
    alert = make_alert(rule, operator="Telia 358401234567")
    text = key.get(f"alert-rules/{rule.pk}/").content + key.get(f"alerts/{alert.pk}/").content
    assert b"1234567" not in text


def test_backtest_tells_the_alerts_that_a_rule_would_have_opened(key, call, tenant, other_tenant, past):
    outage = NOW - 3 * DAY
    quarters = AlertQuarter.objects.filter(operator="fi.telia", quarter__gte=outage, quarter__lt=outage + 60 * MINUTE)
    quarters.update(delivered=[0] * len(TIMES))
    each = ask(key, "post", "alert-rules/", NEW | {"scope": "each"}).json()["id"]

    answer = key.get(f"alert-rules/{each}/backtest/").json()
    assert (answer.pop("timezone"), answer.pop("data_as_of") is not None) == ("UTC", True)
    assert answer == {
        "rule": each, "since": "2026-10-23T12:00:00Z", "number": 1,
        "alerts": [{
            "at": "2026-11-17T12:15:00Z", "country": "FI", "operator": "fi.telia", "now": 0.0,
            "usual": pytest.approx(0.95, abs=1e-4), "messages": 300,
        }],
    }  # fmt: skip
    whole = ask(key, "patch", f"alert-rules/{each}/", {"scope": "all", "threshold": 60}).json()
    nothing = key.get(f"alert-rules/{each}/backtest/").json()
    assert (whole["is_on"], nothing["number"], nothing["alerts"]) == (False, 0, [])
    assert call(other_tenant).get(f"alert-rules/{each}/backtest/").status_code == 404
    assert call(tenant, "alerts").get(f"alert-rules/{each}/backtest/").status_code == 403


def test_backtest_that_there_cannot_be_says_why(call, key, tenant, past, monkeypatch):
    make_budget(tenant, "Month", now=NOW)
    budgets = AlertRule.objects.get(kind="budget")
    answer = call(tenant).get(f"alert-rules/{budgets.pk}/backtest/")
    assert (answer.status_code, answer.json()["type"]) == (409, "/api/v1/docs/#conflict")
    assert key.get(f"alert-rules/{budgets.pk}/backtest/").status_code == 404  # it does not see costs

    rule = make_rule(tenant, scope="sender", sender="NORDIC")
    assert key.get(f"alert-rules/{rule.pk}/backtest/").json()["number"] == 0
    monkeypatch.setattr("reports.alerts.backtest.SECONDS", -1)
    answer = key.get(f"alert-rules/{rule.pk}/backtest/")
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/docs/#too-slow")


def test_backtest_without_weeks_of_messages_knows_nothing(key, tenant):
    rule = make_rule(tenant)
    answer = key.get(f"alert-rules/{rule.pk}/backtest/").json()
    assert (answer.pop("timezone"), answer.pop("data_as_of") is not None) == ("UTC", True)
    assert answer == {"rule": rule.pk, "since": None, "number": 0, "alerts": []}
