"""GET /api/v1/statistics/."""

import pytest

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-11-01", "to": "2026-11-30"}
COUNTS = ("messages", "parts", "delivered", "failed", "pending", "unknown", "final")


def counts(figures: dict) -> list[int]:
    return [figures[name] for name in COUNTS]


def test_whole_answer(mine, messages):
    answer = mine.get("statistics/", **DAYS, group_by="day", account="link-main")

    figures = {
        "messages": 2,
        "parts": 2,
        "delivered": 1,
        "failed": 1,
        "pending": 0,
        "unknown": 0,
        "final": 2,
        "delivery_rate": 0.5,
        "delivery_rate_interval": [pytest.approx(0.0945, abs=1e-4), pytest.approx(0.9055, abs=1e-4)],
        "delivery_rate_of_final": 0.5,
        "failed_rate": 0.5,
        "maturity": 1.0,
        "latency": dict.fromkeys(("median", "p90", "p95", "p99"), pytest.approx(5, abs=1.1)),
    }
    assert answer.status_code == 200
    assert answer.json() | {"provisional_from": None} == {
        "from": "2026-11-01",
        "to": "2026-11-30",
        "group_by": ["day"],
        "provisional_from": None,
        "total": figures,
        "groups": [{"key": {"day": "2026-11-02"}, "before": None, "changes": None} | figures],
        "other": None,
        "compared_with": None,
    }


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"group_by": "country"}, [["FI", 1], ["SE", 1], ["ZZ", 1]]),
        ({"group_by": ["country,status"], "country": ["FI", "SE"]}, [["FI", "delivered", 1], ["SE", "failed", 1]]),
        ({"group_by": ["country", "status"], "status": "failed"}, [["SE", "failed", 1]]),
        ({"group_by": "campaign", "campaign": ["", "sale"]}, [["", 1], ["sale", 1]]),
        ({"group_by": "result_code", "result_code": "1006"}, [[1006, 1]]),
        ({"group_by": "tenant", "tenant": "baltic-parcel"}, []),
        ({"group_by": "partner_id", "account": "second"}, [["nr-second", 1]]),
    ],
)
def test_groups_and_filters(mine, messages, query, wanted):
    groups = mine.get("statistics/", **DAYS, **query).json()["groups"]

    assert sorted([*group["key"].values(), group["messages"]] for group in groups) == wanted


def test_key_of_the_account_sees_its_pool_too(whole_account, messages):
    body = whole_account.get("statistics/", **DAYS, group_by="tenant").json()

    shown = sorted((group["key"]["tenant"], group["messages"]) for group in body["groups"])
    assert shown == [("baltic-parcel", 1), ("nordic-retail", 2), ("pool-link-main", 1)]
    assert counts(body["total"]) == [4, 4, 3, 1, 0, 0, 4]


def test_comparison(mine, messages):
    body = mine.get("statistics/", **{"from": "2026-11-03", "to": "2026-11-04"}, compare="previous").json()

    compared = body["compared_with"]
    assert (compared["from"], compared["to"], counts(compared["total"])) == (
        "2026-11-01",
        "2026-11-02",
        [3, 3, 2, 1, 0, 0, 3],
    )
    assert (compared["changes"]["messages"], compared["changes"]["delivery_rate"]) == (-1, None)
    assert counts(body["total"]) == [0] * 7


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"from": ""} | {"to": "2026-11-30"}, "from"),
        ({"period": "soon"}, "period"),
        (DAYS | {"period": "7d"}, "period"),
        ({"to": "2026-11-01"}, "from"),
        ({"from": "2026-11-01", "to": "2026-10-31"}, "to"),
        ({"from": "2020-01-01", "to": "2026-10-31"}, "from"),
        ({"from": "20261101", "to": "2026-11-30"}, "from"),
        ({"from": ["2026-11-01", "2026-11-01"], "to": "2026-11-30"}, "from"),
        ({"from": "9999-01-01", "to": "9999-01-02"}, "from"),
        (DAYS | {"group_by": "colour"}, "group_by"),
        (DAYS | {"group_by": "partner_id,campaign"}, "group_by"),
        (DAYS | {"status": "lost"}, "status"),
        (DAYS | {"result_code": "many"}, "result_code"),
        (DAYS | {"country": "F\0"}, "country"),
        (DAYS | {"compare": "never"}, "compare"),
        (DAYS | {"order": "colour"}, "order"),
        (DAYS | {"limit": "0"}, "limit"),
        (DAYS | {"group_by": "hour,campaign"}, "group_by"),
        (DAYS | {"group_by": "hour", "account": "link-main"}, "group_by"),
        (DAYS | {"account": "nobody"}, "account"),
    ],
)
def test_impossible_questions_are_refused_by_name(mine, query, parameter):
    answer = mine.get("statistics/", **query)

    assert (answer.status_code, [error["parameter"] for error in answer.json()["errors"]]) == (400, [parameter])


def test_account_of_others_is_unknown(theirs, whole_account, messages):
    answers = [caller.get("statistics/", **DAYS, account="second") for caller in (theirs, whole_account)]

    assert [answer.status_code for answer in answers] == [400, 400]


@pytest.mark.parametrize("country", [["FI"], ["FI", "SE", "ZZ"]])
def test_number_of_queries_does_not_depend_on_the_groups(mine, messages, django_assert_num_queries, country):
    with django_assert_num_queries(15):
        answer = mine.get("statistics/", **DAYS, group_by="country", country=country)

    assert len(answer.json()["groups"]) == len(country)
