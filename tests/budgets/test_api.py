"""Budgets by the REST API: strict, told by field, and behind the wall."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.models import Campaign
from portal.accounts.models import AuditEntry
from reports.models import Budget
from tests.budgets.conftest import day
from tests.conftest import NOW
from tests.pricing.stored import count

pytestmark = pytest.mark.django_db
NEW = {"name": "Autumn", "amount": "100.00", "currency": "EUR"}


@pytest.fixture
def key(call, tenant):
    return call(tenant, "billing")


def send(caller, method: str, path: str, body: object = None, **headers):
    return getattr(caller.client, method)(
        f"/api/v1/{path}", body, content_type="application/json", headers=caller.headers | headers
    )


def faults(answer) -> dict[str, str]:
    assert answer.status_code == 422, answer.content
    return {one["pointer"]: one["detail"] for one in answer.json()["errors"]}


def test_create_read_change_and_retire(key, tenant, account, prices):
    for n in range(1, 100):
        count(tenant, account, NOW.date() - timedelta(days=n), 100, campaign="sale")
    made = send(key, "post", "budgets/", NEW | {"scope": "campaign", "campaign": "sale", "thresholds": [100, 50]})
    body = made.json()
    assert (made.status_code, made["Location"].endswith(f"/api/v1/budgets/{body['id']}/")) == (201, True)
    forecast = {"expected": "150.00", "low": "150.00", "high": "150.00", "is_average": False}
    assert body == {
        "id": body["id"], "tenant": "nordic-retail", "name": "Autumn", "scope": "campaign", "partner_id": None,
        "campaign": "sale", "amount": "100.00", "currency": "EUR", "first_day": None, "last_day": None,
        "thresholds": [50, 100], "created_at": body["created_at"], "retired_at": None,
        "spending": {
            "from": "2026-11-01", "to": "2026-11-30", "spent": "95.00", "percent": 95,
            "unpriced": {"messages": 0, "parts": 0}, "others": [], "is_average": False, "forecast": forecast,
        },
    }  # fmt: skip
    path = f"budgets/{body['id']}/"
    read = key.get(path).json()
    assert (read.pop("timezone"), read.pop("data_as_of")[-1], read) == ("Europe/Helsinki", "Z", body)
    changed = send(key, "patch", path, {"amount": "190", "scope": "partner_id", "partner_id": "nr-fi"}).json()
    assert (changed["campaign"], changed["partner_id"], changed["spending"]["percent"]) == (None, "nr-fi", 50)
    days = send(key, "patch", path, {"first_day": "2026-11-10", "last_day": "2026-11-12"}).json()
    assert (days["spending"]["spent"], days["spending"]["from"]) == ("15.00", "2026-11-10")
    retired = send(key, "delete", path)
    assert (retired.status_code, retired.json()["spending"]) == (200, None)
    assert send(key, "delete", path).json() == retired.json()
    assert send(key, "patch", path, {"name": "x"}).status_code == 409
    assert key.get("budgets/").json()["data"] == []
    assert [one["id"] for one in key.get("budgets/", retired="yes").json()["data"]] == [body["id"]]
    actors = set(AuditEntry.objects.filter(action__startswith="budget.").values_list("actor", flat=True))
    assert actors == {str(key.key)}


def test_spent_is_the_cost_of_the_statistics(call, tenant, account, prices, make):
    for number, messages in ((1, 333), (7, 12), (20, 1)):
        count(tenant, account, day(number), messages)
    count(tenant, account, day(8), 5, country="SE")
    make()
    caller = call(tenant, "read", "billing")
    [budget] = caller.get("budgets/").json()["data"]
    days = {"from": budget["spending"]["from"], "to": "2026-11-20"}
    costs = caller.get("statistics/", **days).json()["total"]["costs"]
    assert budget["spending"]["spent"] == costs["amounts"][0]["cost"] == "17.30"
    assert budget["spending"]["unpriced"] == costs["unpriced"] == {"messages": 5, "parts": 5}


def test_post_that_is_sent_again_creates_one(key, prices):
    twice = [send(key, "post", "budgets/", NEW, **{"Idempotency-Key": "b-1"}) for _ in range(2)]
    assert [one.status_code for one in twice] == [201, 201]
    assert twice[0].json() == twice[1].json()
    assert Budget.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"amount": "0"}, {"#/amount": "An amount above 0 and at most 1,000,000,000."}),
        ({"amount": "1.005"}, {"#/amount": "EUR has at most 2 decimals."}),
        ({"amount": "x"}, {"#/amount": "A text with a decimal of at most 6 places, such as 0.0412."}),
        ({"currency": "XXX"}, {"#/currency": "“XXX” is no currency that is in use, such as EUR."}),
        ({"scope": "partner_id"}, {"#/partner_id": "This field is required with this scope."}),
        (
            {"scope": "partner_id", "partner_id": "no"},
            {"#/partner_id": "No tenant of the key has this partner ID."},
        ),
        ({"partner_id": "nr-fi"}, {"#/partner_id": "The scope is “all”: leave this out."}),
        ({"scope": "campaign", "campaign": "no"}, {"#/campaign": "The name of a campaign of the key's tenant."}),
        (
            {"first_day": "2026-11-02", "last_day": "2026-11-01"},
            {"#/last_day": "Give both days or none: the last is not before the first, and at most 366 days."},
        ),
        ({"thresholds": [70]}, {"#/thresholds/0": "\"70\" is not a valid choice."}),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_field(key, tenant, prices, wrong, found):
    assert faults(send(key, "post", "budgets/", NEW | wrong)) == found
    assert not Budget.objects.exists()


def test_all_that_is_wrong_is_told_at_once(key, prices):
    body = {"name": "+358 40 123 4567", "amount": "0", "currency": "EUR", "scope": "campaign"}
    assert set(faults(send(key, "post", "budgets/", body))) == {"#/name", "#/amount", "#/campaign"}
    assert set(faults(send(key, "post", "budgets/", {"colour": "red"}))) >= {"#/colour", "#/name", "#/amount"}


def test_currency_changes_with_its_amount(key, prices, make):
    path = f"budgets/{make().pk}/"
    assert faults(send(key, "patch", path, {"currency": "SEK"})) == {
        "#/amount": "Give the amount in the new currency, too."
    }
    assert send(key, "patch", path, {"currency": "JPY", "amount": "500"}).json()["amount"] == "500"


def test_keys_of_others_and_without_the_scope_open_nothing(call, tenant, other_tenant, account, prices, make):
    path = f"budgets/{make().pk}/"
    assert call(tenant, "read").get(path).status_code == 403
    theirs = call(other_tenant, "billing")
    assert [send(theirs, method, path, {}).status_code for method in ("get", "patch", "delete")] == [404] * 3
    assert theirs.get("budgets/").json()["data"] == []
    assert call(account.pool, "billing", account=account).get("budgets/").status_code == 403


def test_numbers_in_names_of_campaigns_are_masked(call, tenant, account, prices, make):
    count(tenant, account, day(3), 1, campaign="to +358401234567")
    make(scope="campaign", campaign=Campaign.objects.get())
    [budget] = call(tenant, "billing").get("budgets/").json()["data"]
    assert "1234567" not in budget["campaign"]
    assert budget["spending"]["spent"] == "0.05"
