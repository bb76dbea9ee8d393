"""GET /api/v1/statistics/."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import RefIdScheme
from deliveries.models import Message, RetentionMark
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from tests.api.conftest import sent
from tests.deliveries.helpers import apply, dlr

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
        "delivered_parts": 1,
        "billed_parts": 1,
        "final": 2,
        "delivery_rate": 0.5,
        "delivery_rate_interval": [pytest.approx(0.0945, abs=1e-4), pytest.approx(0.9055, abs=1e-4)],
        "delivery_rate_of_final": 0.5,
        "failed_rate": 0.5,
        "maturity": 1.0,
        "latency": dict.fromkeys(("median", "p90", "p95", "p99"), pytest.approx(5, abs=1.1)),
        "costs": None,
    }
    people = {"recipients": None, "conversions": None}
    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["data_as_of"]) <= datetime.now(UTC)
    assert answer.json() | {"provisional_from": None, "data_as_of": None} == {
        "from": "2026-11-01",
        "to": "2026-11-30",
        "timezone": "Europe/Helsinki",
        "data_as_of": None,
        "group_by": ["day"],
        "provisional_from": None,
        "figures_from": None,
        "total": figures | people,
        "groups": [{"key": {"day": "2026-11-02"}, "before": None, "changes": None} | figures | people],
        "other": None,
        "compared_with": None,
    }


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"group_by": "country"}, [["FI", 1], ["SE", 1], ["ZZ", 1]]),
        ({"group_by": "variant,country"}, [["", "FI", 1], ["", "SE", 1], ["", "ZZ", 1]]),
        ({"group_by": ["country,status"], "country": ["FI", "SE"]}, [["FI", "delivered", 1], ["SE", "failed", 1]]),
        ({"group_by": ["country", "status"], "status": "failed"}, [["SE", "failed", 1]]),
        ({"group_by": "campaign", "campaign": ["", "sale"]}, [["", 1], ["sale", 1]]),
        ({"group_by": "result_code", "result_code": "1006"}, [[1006, 1]]),
        ({"group_by": "tenant", "tenant": "nordic-retail"}, [["nordic-retail", 3]]),
        ({"group_by": "partner_id", "account": "second"}, [["nr-second", 1]]),
    ],
)
def test_groups_and_filters(mine, messages, query, wanted):
    groups = mine.get("statistics/", **DAYS, **query).json()["groups"]

    assert sorted([*group["key"].values(), group["messages"]] for group in groups) == wanted


def test_numbers_in_names_are_masked_without_their_scope(call, tenant, feed):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    apply(
        feed,
        sent("a", 1001, "nr-fi", refId="to 358401234567|0401111111"),
        sent("b", 1001, "nr-fi", refId="to 358407654367"),
        sent("c", 1001, "nr-fi"),
    )

    def groups(*scopes: str) -> list:
        answer = (
            call(tenant, *scopes).get("statistics/", **DAYS, group_by="campaign,variant", compare="previous").json()
        )
        return [[*group["key"].values(), group["messages"]] for group in answer["groups"]]

    assert groups("read") == [["", "", 1], ["to +358 •••••••67", "•••••••", 1], ["to +358 •••••••67", "", 1]]
    assert groups("read", "numbers") == [["", "", 1], ["to 358401234567", "0401111111", 1], ["to 358407654367", "", 1]]


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
    with django_assert_num_queries(17):
        answer = mine.get("statistics/", **DAYS, group_by="country", country=country)

    assert len(answer.json()["groups"]) == len(country)


PREVIOUS = {"from": "2026-11-02", "to": "2026-11-03", "compare": "previous"}


@pytest.fixture
def two_days(feed, tenant):
    """Three messages of 1 November, two Finnish and one Swedish; of the 2nd a Finnish and a failed Norwegian one."""
    numbers = {"fi": "+358401234567", "se": "+46701234567", "no": "+4791234567"}
    apply(
        feed,
        *(
            dlr(
                f"{day}-{n}-{to}",
                code,
                sentTimestamp=f"2026-11-0{day}T10:00:00Z",
                timestamp=f"2026-11-0{day}T10:00:05Z",
                gateCustomParameters={"platformPartnerId": "nr-fi"},
                customParameters={"destination": numbers[to]},
            )
            for day, n, to, code in (
                (1, 1, "fi", 1001), (1, 2, "fi", 1001), (1, 3, "se", 1001), (2, 4, "fi", 1001), (2, 5, "no", 1006),
            )
        ),
    )  # fmt: skip


def compared(rows: list[dict]) -> list[tuple]:
    return [
        (*row.get("key", {"other": row.get("groups")}).values(), row["messages"], row["before"]["messages"],
         row["changes"]["messages"], row["changes"]["delivery_rate"])
        for row in rows
    ]  # fmt: skip


def test_each_group_is_compared_and_those_of_before_alone_are_there(mine, two_days):
    body = mine.get("statistics/", **PREVIOUS, group_by="country").json()

    assert compared(body["groups"]) == [("FI", 1, 2, -0.5, 0.0), ("NO", 1, 0, None, None), ("SE", 0, 1, -1.0, None)]
    assert (body["other"], body["compared_with"]["total"]["messages"]) == (None, 3)


def test_days_are_compared_by_their_place(mine, two_days):
    body = mine.get("statistics/", **PREVIOUS, group_by="day").json()

    assert compared(body["groups"]) == [("2026-11-02", 2, 0, None, None), ("2026-11-03", 0, 3, -1.0, None)]


def test_groups_beyond_the_limit_are_summed(mine, two_days):
    body = mine.get("statistics/", **PREVIOUS, group_by="country", order="-failed", limit=1).json()

    assert compared(body["groups"]) == [("NO", 1, 0, None, None)]
    assert compared([body["other"]]) == [(2, 1, 3, pytest.approx(-2 / 3), 0.0)]
    assert body["groups"][0]["messages"] + body["other"]["messages"] == body["total"]["messages"] == 2


@pytest.mark.parametrize(
    ("group_by", "wanted"),
    [
        ("hour", [["2026-11-01T12:00:00+02:00", 3, None], ["2026-11-02T12:00:00+02:00", 2, None]]),
        ("hour,status", [
            ["2026-11-01T12:00:00+02:00", "delivered", 3, None],
            ["2026-11-02T12:00:00+02:00", "delivered", 1, None],
            ["2026-11-02T12:00:00+02:00", "failed", 1, None],
        ]),
        ("reason", [["", 4, 4], ["subscriber", 1, 1]]),
    ],
)  # fmt: skip
def test_hours_and_reasons(mine, two_days, group_by, wanted):
    body = mine.get("statistics/", **DAYS, group_by=group_by).json()

    assert [[*group["key"].values(), group["messages"], group["final"]] for group in body["groups"]] == wanted
    assert (body["total"]["messages"], body["total"]["final"]) == (5, 5)
    assert sum(group["delivered_parts"] for group in body["groups"]) == body["total"]["delivered_parts"] == 4
    billed = [group["billed_parts"] for group in body["groups"]]
    assert (body["total"]["billed_parts"], billed.count(None)) == (4, len(billed) if "hour" in group_by else 0)


def test_hours_of_a_day_are_those_of_the_tenants_zone(mine, feed, tenant):
    for hour, id_ in ((21, "before"), (22, "first"), (45, "last"), (46, "after")):
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hour)
        partner = {"platformPartnerId": "nr-fi"}
        apply(
            feed, dlr(id_, 1001, sentTimestamp=at.isoformat(), timestamp=at.isoformat(), gateCustomParameters=partner)
        )

    body = mine.get("statistics/", **{"from": "2026-11-02", "to": "2026-11-02"}, group_by="hour").json()

    assert [group["key"]["hour"] for group in body["groups"]] == [
        "2026-11-02T00:00:00+02:00",
        "2026-11-02T23:00:00+02:00",
    ]
    assert body["total"]["messages"] == 2


def at(id_: str, instant: str, partner: str = "nr-fi") -> dict:
    """Return a report of a message sent and delivered at one instant."""
    return dlr(id_, 1001, sentTimestamp=instant, timestamp=instant, gateCustomParameters={"platformPartnerId": partner})


def by_hour(caller, first: str, last: str, **more) -> dict:
    answer = caller.get("statistics/", **{"from": first, "to": last}, group_by="hour", **more)
    assert answer.status_code == 200
    body = answer.json()
    assert sum(group["messages"] for group in body["groups"]) == body["total"]["messages"]
    return {group["key"]["hour"]: group["messages"] for group in body["groups"]}


def test_hours_of_a_zone_at_half_past(mine, feed, tenant):
    Tenant.objects.filter(id=tenant.id).update(timezone="Asia/Kolkata")
    apply(feed, at("1st", "2026-10-01T00:10:00+05:30"), at("2nd", "2026-10-02T00:10:00+05:30"))

    assert by_hour(mine, "2026-10-01", "2026-10-01") == {"2026-10-01T00:00:00+05:30": 1}
    assert by_hour(mine, "2026-10-01", "2026-10-01", account="link-main") == {"2026-10-01T00:00:00+05:30": 1}


def test_two_hours_of_one_name_have_their_offsets(mine, feed, tenant):
    apply(feed, at("a", "2026-10-25T00:10:00Z"), at("b", "2026-10-25T01:10:00Z"), at("c", "2026-10-25T01:20:00Z"))

    assert list(by_hour(mine, "2026-10-25", "2026-10-25").items()) == [
        ("2026-10-25T03:00:00+03:00", 1),
        ("2026-10-25T03:00:00+02:00", 2),
    ]


def test_account_s_key_gets_hours_by_the_account_s_zone(whole_account, account, feed, tenant):
    """Of its own messages alone, and of each tenant's own days."""
    for model in (GatewayAccount.objects.filter(id=account.id), Tenant.objects.filter(id=account.pool_id)):
        model.update(timezone="Asia/Kathmandu")
    second = GatewayAccount.objects.create(
        name="second", platform_id="TWO", pool=Tenant.objects.create(slug="pool-second", name="Second", kind="pool")
    )
    PartnerId.objects.create(account=second, value="nr-fi", tenant=tenant, declared_at=timezone.now())
    whole_account.key.refresh_from_db()
    reports = [at("a", "2026-10-01T21:10:00Z"), at("b", "2026-10-01T20:50:00Z")]
    apply(feed, *reports, at("pool", "2026-10-01T18:20:00Z", "nobody"))
    apply(Feed.objects.create(account=second, name="main", dialect="link"), *reports)

    assert by_hour(whole_account, "2026-10-02", "2026-10-02") == {
        "2026-10-02T00:00:00+05:45": 1,  # the pool's, whose zone is the account's
        "2026-10-02T02:00:00+05:45": 1,  # the tenant's own 2 October has begun
    }


def test_days_that_cannot_be_told_by_hours_are_refused_with_the_first_that_can(mine, two_days, tenant):
    RetentionMark.objects.create(
        tenant=tenant,
        messages_before=date(2026, 11, 2),
        hours_before="2026-11-01T22:00:00Z",
        quarters_from="2026-11-01T22:00:00Z",
    )

    assert by_hour(mine, "2026-11-01", "2026-11-02") == {
        "2026-11-01T12:00:00+02:00": 3,
        "2026-11-02T12:00:00+02:00": 2,
    }
    answer = mine.get("statistics/", **DAYS, group_by="hour", account="link-main")
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [
            {
                "parameter": "group_by",
                "detail": "hour is possible for days from 2026-11-02 on: the counts of earlier days are sealed and "
                "have no hours.",
            }
        ],
    )
    assert by_hour(mine, "2026-11-02", "2026-11-30", account="link-main") == {"2026-11-02T12:00:00+02:00": 2}


@pytest.mark.parametrize("group_by", ["hour", "country,operator", "campaign", "partner_id", "day"])
def test_groups_sum_to_the_total_while_messages_come_in(mine, two_days, feed, group_by):
    """Another message is counted before each query of the counts."""
    asked = []
    is_coming_in = False

    def come_in(execute, sql, parameters, many, context):
        nonlocal is_coming_in
        if 'FROM "' in sql and '_count"' in sql and not is_coming_in:
            is_coming_in = True
            come(f"late-{len(asked)}", f"2026-11-0{1 + len(asked) % 2}T15:00:00Z")
            asked.append(sql)
            is_coming_in = False
        return execute(sql, parameters, many, context)

    def come(id_: str, instant: str) -> None:
        """Apply a report as the applier does, which is no role of the web."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('role')")
            (role,) = cursor.fetchone()
            cursor.execute("SET LOCAL ROLE NONE")
            apply(feed, at(id_, instant))
            cursor.execute(f"SET LOCAL ROLE {role}")

    with connection.execute_wrapper(come_in):
        body = mine.get("statistics/", **PREVIOUS, group_by=group_by).json()

    assert len(asked) >= 4
    assert Message.objects.count() == 5 + len(asked)
    for whole, figures in (
        (body["total"], body["groups"]),
        (body["compared_with"]["total"], [group["before"] for group in body["groups"]]),
    ):
        for name in ("messages", "parts", "delivered", "failed", "pending", "unknown"):
            assert sum(group[name] for group in figures) == whole[name]


def test_hours_are_compared_by_their_local_time(mine, feed, tenant):
    """The offsets of the clocks do not matter."""
    apply(feed, at("summer", "2026-10-24T09:10:00Z"), at("winter", "2026-10-25T10:10:00Z"))

    body = mine.get(
        "statistics/", **{"from": "2026-10-25", "to": "2026-10-25"}, group_by="hour", compare="previous"
    ).json()

    assert [(group["key"]["hour"], group["messages"], group["before"]["messages"]) for group in body["groups"]] == [
        ("2026-10-25T12:00:00+02:00", 1, 1)
    ]


def test_period_by_name_is_that_of_the_keys_zone(mine, two_days, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 2, 22, 30, tzinfo=UTC))  # the 3rd in Finland

    found = {name: mine.get("statistics/", period=name).json() for name in ("yesterday", "this_month", "last_month")}
    without = mine.get("statistics/").json()

    assert {name: (body["from"], body["to"], body["total"]["messages"]) for name, body in found.items()} == {
        "yesterday": ("2026-11-02", "2026-11-02", 2),
        "this_month": ("2026-11-01", "2026-11-03", 5),
        "last_month": ("2026-10-01", "2026-10-31", 0),
    }
    assert (without["from"], without["to"]) == ("2026-10-05", "2026-11-03")


@pytest.mark.parametrize("country", [["FI"], ["FI", "SE", "NO"]])
def test_number_of_queries_of_a_comparison_does_not_depend_on_the_groups(
    mine, two_days, django_assert_num_queries, country
):
    with django_assert_num_queries(22):
        answer = mine.get("statistics/", **DAYS, compare="year", group_by="country", country=country)

    assert len(answer.json()["groups"]) == len(country)
