"""/api/v1/delivery-reports/, and a message's reports with what gates did with them."""

import pytest
from django.db import connection

from deliveries.models import DeliveryReport, GateDelivery, PartnerMove
from deliveries.rederiving.moves import run_moves
from portal.tenants.models import PartnerId
from tests.api.conftest import CANARY, sent
from tests.api.test_changes import PAST, read_on
from tests.deliveries.helpers import apply
from tests.gates.factors import make_gate
from tests.gates.test_forwardings import add_attempt

pytestmark = pytest.mark.django_db

IN_FULL = "+358401234567"


def keys(answer) -> list[tuple[str, int]]:
    return [key(row) for row in answer.json()["data"]]


def key(row: dict) -> tuple[str, int]:
    return row["message"]["id"], row["result_code"]


def test_reports_newest_first_page_by_page(mine, messages):
    whole = mine.get("delivery-reports/").json()
    rows = whole["data"]
    times = [row["applied_at"] for row in rows]
    assert sorted(key(row) for row in rows) == [("a", 1000), ("a", 1001), ("b", 1006), ("second-1", 1001)]
    assert (times, rows[0]["message"]["id"]) == (sorted(times, reverse=True), "second-1")

    found, cursor = [], {}
    while True:
        page = mine.get("delivery-reports/", size=1, **cursor).json()
        found += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == rows


def test_report_with_its_message(mine, messages):
    row = mine.get("delivery-reports/", result_code=1006).json()["data"][0]
    message = mine.get("messages/link-main/b/").json()
    for name in ("reports", "data_as_of", "timezone"):
        message.pop(name)

    row.pop("applied_at"), row.pop("received_at")
    assert row == {
        "part": None,
        "result_code": 1006,
        "status": "failed",
        "counts_as": "failed",
        "final": True,
        "status_at": "2026-11-02T10:00:05Z",
        "sent_at": "2026-11-02T10:00:00Z",
        "operator": None,
        "operator_result_code": None,
        "message": message,
    }


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"status": "sent"}, [("a", 1000)]),
        ({"counts_as": ["failed", "pending"]}, [("a", 1000), ("b", 1006)]),
        ({"counts_as": "failed", "status": "sent"}, []),
        ({"result_code": ["1000", "1006"]}, [("a", 1000), ("b", 1006)]),
        ({"account": "second"}, [("second-1", 1001)]),
        ({"account": "second", "status": "sent"}, []),
        ({"number": "040 123 45 67"}, [("a", 1000), ("a", 1001)]),
        ({"number": IN_FULL, "status": "delivered"}, [("a", 1001)]),
        ({"message_id": "b$0"}, [("b", 1006)]),
        ({"message_id": f"{CANARY}-1"}, []),
        ({"campaign": "sale", "status": "delivered"}, [("a", 1001)]),
        ({"campaign": CANARY}, []),
        ({"country": "SE"}, [("b", 1006)]),
        ({"ref_id_prefix": "else"}, [("second-1", 1001)]),
        ({"partner_id": "nr-second"}, [("second-1", 1001)]),
        ({"period": "last_year"}, []),
        ({"to": "2026-11-02T10:00:00Z"}, []),
        ({"from": "2999-01-01"}, []),
    ],
)
def test_filters(mine, messages, query, wanted):
    assert sorted(keys(mine.get("delivery-reports/", **query))) == wanted


def test_period_is_that_of_application(mine, messages):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_report SET applied_at = '2026-11-03T22:30:00Z' WHERE message_id = 'b'")

    assert keys(mine.get("delivery-reports/", **{"from": "2026-11-04", "to": "2026-11-04"})) == [("b", 1006)]
    assert keys(mine.get("delivery-reports/", **{"from": "2026-11-03", "to": "2026-11-03"})) == []
    between = {"from": "2026-11-03T22:30:00Z", "to": "2026-11-03T22:30:00.000001Z"}
    assert keys(mine.get("delivery-reports/", **between)) == [("b", 1006)]


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "lost"), ("result_code", "-1"), ("country", "fi"), ("account", "nobody"), ("cursor", "x"),
     ("hour", "7"), ("operator", "a\0"), ("tenant", "baltic-parcel"), ("updated_since", "2026-11-02")],
)  # fmt: skip
def test_impossible_filters_are_refused_by_name(mine, messages, name, value):
    answer = mine.get("delivery-reports/", **{name: value})

    assert (answer.status_code, [error["parameter"] for error in answer.json()["errors"]]) == (400, [name])


def test_reports_of_others_are_not_listed(mine, theirs, whole_account, messages):
    seen = {name: {row["message"]["id"] for row in caller.get("delivery-reports/").json()["data"]}
            for name, caller in (("mine", mine), ("theirs", theirs), ("account", whole_account))}  # fmt: skip

    assert seen == {
        "mine": {"a", "b", "second-1"},
        "theirs": {f"{CANARY}-1"},
        "account": {"a", "b", "lost", f"{CANARY}-1"},
    }


def test_numbers_are_masked_without_their_scope(call, tenant, feed, messages):
    apply(feed, sent("c", 1001, "nr-fi", operator=IN_FULL, customParameters={"destination": IN_FULL}))

    masked = call(tenant, "read").get("delivery-reports/").content.decode()
    in_full = call(tenant, "read", "numbers").get("delivery-reports/").content.decode()

    assert (IN_FULL[4:] in masked, IN_FULL in in_full) == (False, True)


def test_masked_id_is_not_found_by_guessing(call, tenant, feed, messages):
    apply(feed, sent(f"to-{IN_FULL[1:]}", 1001, "nr-fi", customParameters={"destination": IN_FULL}))
    query = {"message_id": f"to-{IN_FULL[1:]}"}

    assert keys(call(tenant, "read").get("delivery-reports/", **query)) == []
    assert keys(call(tenant, "read", "numbers").get("delivery-reports/", **query)) == [(query["message_id"], 1001)]


def test_reports_are_read_on_in_the_order_of_application(mine, feed, messages):
    rows, until = read_on(mine, PAST, "delivery-reports/", size=1)
    times = [row["applied_at"] for row in rows]
    assert (len(rows), times) == (4, sorted(times))

    apply(feed, sent("b", 1001, "nr-fi", 9))
    rows, until = read_on(mine, until, "delivery-reports/")
    assert [key(row) for row in rows] == [("b", 1001)]
    assert read_on(mine, until, "delivery-reports/")[0] == []


def test_reports_that_move_within_their_tenant_keep_their_place(mine, feed, messages):
    before = dict(DeliveryReport.objects.filter(message_id="a").values_list("inbox_id", "applied_at"))

    apply(feed, sent("a", 1001, "nr-fi", 7) | {"sentTimestamp": "2026-11-01T10:00:00Z"})

    after = dict(DeliveryReport.objects.filter(message_id="a").values_list("inbox_id", "applied_at"))
    assert {str(day) for day in DeliveryReport.objects.filter(message_id="a").values_list("day", flat=True)} == {
        "2026-11-01"
    }
    assert {id_: after[id_] for id_ in before} == before


def test_reports_that_move_to_another_tenant_are_new_there(mine, theirs, feed, other_tenant, messages):
    _rows, until = read_on(theirs, PAST, "delivery-reports/")
    partner = PartnerId.objects.get(account=feed.account, value="nr-fi")
    PartnerId.objects.filter(id=partner.id).update(tenant=other_tenant)
    PartnerMove.objects.create(tenant=other_tenant, partner=partner)

    run_moves()

    assert sorted(key(row) for row in read_on(theirs, until, "delivery-reports/")[0]) == [
        ("a", 1000), ("a", 1001), ("b", 1006),
    ]  # fmt: skip
    assert {row["id"] for row in read_on(theirs, until)[0]} == {"a", "b"}
    assert {row["message"]["id"] for row in read_on(mine, PAST, "delivery-reports/")[0]} == {"second-1"}


def test_message_has_what_gates_did_with_its_reports(call, tenant, feed):
    gate = make_gate(tenant, name="Shop")
    apply(feed, sent("a", 1001, "nr-fi"))
    apply(feed, sent("a", 1000, "nr-fi", 2))
    _later, earlier = GateDelivery.objects.order_by("inbox_id")
    add_attempt(earlier, "http_503")
    add_attempt(earlier, "delivered", number=2, is_last=True)
    earlier.delete()

    reports = call(tenant, "read", "gates").get("messages/link-main/a/").json()["reports"]
    without = call(tenant, "read").get("messages/link-main/a/").json()["reports"]

    assert [report["forwardings"] for report in without] == [None, None]
    seen = [
        [
            (one["gate"], one["state"], one["due_at"] is None, [attempt["outcome"] for attempt in one["attempts"]])
            for one in report["forwardings"]
        ]
        for report in reports
    ]
    assert seen == [
        [(gate.public_id, "delivered", True, ["http_503", "delivered"])],
        [(gate.public_id, "waiting", False, [])],
    ]


def test_number_of_queries_does_not_depend_on_the_rows(mine, feed, messages, django_assert_num_queries):
    mine.get("key/")  # which notes the key's use
    for rows in (4, 24):
        with django_assert_num_queries(19):
            assert len(mine.get("delivery-reports/").json()["data"]) == rows
        apply(feed, *(sent(f"more{n}", 1001, "nr-fi", refId=f"sale {n}") for n in range(20)))


def test_empty_cursor_of_the_stream_is_refused_instead_of_leaving_out_what_came_before(mine):
    answer = mine.get("delivery-reports/stream/", after="")

    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"parameter": "after", "detail": "not a cursor of this stream"}],
    )
