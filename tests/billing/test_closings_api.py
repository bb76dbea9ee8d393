"""/api/v1/billing/closings/ and /api/v1/exchange-rates/: the same steps as on the issuer's pages."""

from datetime import date

import pytest
from django.utils import timezone

from portal.accounts.models import AuditEntry
from reports.billing.closing import closable_months, run_closings
from reports.models import ClosingRun, ExchangeRate, Statement
from tests.api.conftest import Caller, call
from tests.api.test_member_writes import send as send_method
from tests.billing.conftest import send

__all__ = ["call"]
pytestmark = pytest.mark.django_db

CLOSINGS, RATES = "billing/closings/", "exchange-rates/"


@pytest.fixture
def mine(call, issuer) -> Caller:
    return call(issuer, "billing")


def last_month(issuer) -> str:
    return str(closable_months(issuer, now=timezone.now())[0])


def test_month_is_closed_and_its_progress_read(mine, feed, issuer, customer, other_customer, prices, profiles):
    send(feed, 3)
    asked = mine.post(CLOSINGS, {"month": "2026-10"})
    queued = asked.json()
    run_closings(run_id=queued["id"])
    done = mine.get(f"{CLOSINGS}{queued['id']}/").json()

    assert (asked.status_code, asked.headers["Location"]) == (202, f"/api/v1/billing/closings/{queued['id']}/")
    assert (queued["state"], queued["customers"], queued["finished_at"]) == ("queued", None, None)
    told = {
        "month": "2026-10", "issue": False, "state": "done", "progress": 100, "problem": None, "customers": 2,
        "customers_done": 2, "issued": 0, "drafts": 1, "without": 1,
    }  # fmt: skip
    assert {name: done[name] for name in told} == told
    assert mine.get(CLOSINGS, state="done", month="2026-10").json()["data"] == [done]
    assert mine.get(CLOSINGS, state="failed").json()["data"] == []
    assert list(Statement.objects.values_list("customer__slug", "state")) == [("shop", "draft")]
    entry = AuditEntry.objects.get(action="closing.requested")
    assert (entry.tenant, entry.actor, entry.subject) == (issuer, str(mine.key), "2026-10")


def test_statements_without_remarks_are_issued_on_request(mine, feed, issuer, customer, prices, profiles):
    send(feed, 3)
    run_closings(run_id=mine.post(CLOSINGS, {"month": "2026-10", "issue": True}).json()["id"])

    assert Statement.objects.get().state == "issued"


def test_closing_is_cancelled_and_retried(mine, issuer, customer):
    path = mine.post(CLOSINGS, {"month": last_month(issuer)}).json()["url"].removeprefix("/api/v1/")
    again = mine.post(CLOSINGS, {"month": last_month(issuer)})
    cancelled = send_method(mine, "delete", path)
    twice = send_method(mine, "delete", path)
    retried = mine.post(f"{path}retry/", {})
    run_closings()
    late = mine.post(f"{path}retry/", {})

    assert [answer.status_code for answer in (again, cancelled, twice, retried, late)] == [409, 200, 409, 200, 409]
    assert (cancelled.json()["state"], retried.json()["state"]) == ("cancelled", "queued")
    assert ClosingRun.objects.get().state == "done"
    actions = list(AuditEntry.objects.filter(tenant=issuer).order_by("id").values_list("action", flat=True))
    assert actions == ["closing.requested", "closing.cancelled", "closing.retried"]


@pytest.mark.parametrize(
    ("body", "pointer", "text"),
    [
        ({"month": "2019-01"}, "#/month", "the last month that can be closed yet"),
        ({"month": "2999-01"}, "#/month", "the last month that can be closed yet"),
        ({"month": "2026-13"}, "#/month", "month"),
        ({"month": "2026-10", "issue": "yes"}, "#/issue", "true or false is needed"),
        ({}, "#/month", "required"),
    ],
)
def test_month_that_cannot_be_closed_is_refused(mine, body, pointer, text):
    answer = mine.post(CLOSINGS, body)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], text in error["detail"]) == (pointer, True)
    assert not ClosingRun.objects.exists()


def test_closings_and_rates_are_the_issuers_own(call, mine, issuer, customer, account, other_tenant):
    closing = mine.post(CLOSINGS, {"month": last_month(issuer)}).json()
    rate = mine.post(RATES, {"rates": [{"day": "2026-10-30", "base": "EUR", "quote": "SEK", "rate": "11.2345"}]})
    [entered] = rate.json()["rates"]

    for tenant in (customer, other_tenant):
        other = call(tenant, "billing")
        for path, row in ((CLOSINGS, closing), (RATES, entered)):
            assert other.get(path).json()["data"] == []
            assert other.get(f"{path}{row['id']}/").status_code == 404
            assert send_method(other, "delete", f"{path}{row['id']}/").status_code == 404
    of_account = call(account.pool, "billing", account=account)
    assert [of_account.get(path).status_code for path in (CLOSINGS, RATES)] == [403, 403]
    assert (ClosingRun.objects.get().state, ExchangeRate.objects.count()) == ("queued", 1)


def test_rates_are_entered_listed_and_deleted(mine, issuer):
    first = [
        {"day": "2026-10-30", "base": "EUR", "quote": "SEK", "rate": "11.2345"},
        {"day": "2026-10-30", "base": "EUR", "quote": "NOK", "rate": "11.5"},
    ]
    answers = [mine.post(RATES, {"rates": rows}) for rows in (first, first, [first[0] | {"rate": "11.25"}])]
    shown = mine.get(RATES, quote="NOK", day="2026-10-30").json()["data"]
    deleted = send_method(mine, "delete", f"{RATES}{shown[0]['id']}/")

    assert [answer.json()["changed"] for answer in answers] == [2, 0, 1]
    assert [one["rate"] for one in answers[0].json()["rates"]] == ["11.2345", "11.5"]
    assert answers[2].json()["rates"][0]["rate"] == "11.25"
    assert shown == [answers[1].json()["rates"][1]] == [deleted.json()]
    assert list(ExchangeRate.objects.values_list("issuer__slug", "day", "base", "quote", "rate", "entered_by")) == [
        ("group", date(2026, 10, 30), "EUR", "SEK", 11_250_000_000, str(mine.key))
    ]
    logged = AuditEntry.objects.filter(tenant=issuer).order_by("id").values_list("action", "details__rates")
    assert list(logged) == [("exchange_rate.set", 2), ("exchange_rate.set", 1), ("exchange_rate.deleted", None)]


def test_rates_that_cannot_be_are_refused_all_together(mine):
    good = {"day": "2026-10-30", "base": "EUR", "quote": "SEK", "rate": "11.2345"}
    rows = [good, good | {"quote": "EUR"}, good | {"base": "QQQ"}, good | {"rate": "0"}]
    refused = mine.post(RATES, {"rates": rows})
    misread = mine.post(RATES, {"rates": [good | {"rate": "11,2"}, good | {"day": "30.10.2026"}, good | {"x": 1}]})

    assert (refused.status_code, misread.status_code) == (422, 422)
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "#/rates/1/quote",
        "#/rates/2/base",
        "#/rates/3",
        "#/rates/3/rate",
    ]
    assert sorted(error["pointer"] for error in misread.json()["errors"]) == [
        "#/rates/0/rate",
        "#/rates/1/day",
        "#/rates/2/x",
    ]
    assert not ExchangeRate.objects.exists()


def test_many_rates_are_few_queries(mine, django_assert_max_num_queries):
    rows = [{"day": f"2026-10-{1 + n % 28:02}", "base": "EUR", "quote": quote, "rate": "1.5"}
            for n in range(28) for quote in ("SEK", "NOK", "DKK")]  # fmt: skip

    with django_assert_max_num_queries(25):
        assert mine.post(RATES, {"rates": rows}).json()["changed"] == 84
