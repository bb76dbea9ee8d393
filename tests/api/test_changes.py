"""Incremental reading: changes in their order, none left out by a late commit; periods between instants."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Event

import pytest
from django.db import connection, transaction

from deliveries.applying.apply import apply_slices
from deliveries.erasure.message_ids import _write as rename_message
from deliveries.messages import partitions
from deliveries.messages.slices import no_writes_before, slice_of
from deliveries.models import Message
from deliveries.search import changes
from deliveries.search.query import MessageQuery
from portal.tenants.models import Feed
from tests.api.conftest import CANARY, sent
from tests.deliveries.helpers import NOW, apply, put
from tests.messages.factory import copy_messages

PAST = "2026-01-01T00:00:00Z"


def ids(answer) -> list[str]:
    return [message["id"] for message in answer.json()["data"]]


def read_on(caller, since: str, path: str = "messages/", **query) -> tuple[list[dict], str]:
    """Read all pages of changes since an instant; return the rows, and the instant to go on from."""
    rows, cursor = [], {}
    while True:
        body = caller.get(path, updated_since=since, **query, **cursor).json()
        rows += body["data"]
        if body["next_cursor"] is None:
            return rows, body["data_as_of"]
        cursor = {"cursor": body["next_cursor"]}


@pytest.mark.django_db
def test_changes_come_in_their_order_and_again_when_a_message_changes_again(mine, feed, messages):
    rows, until = read_on(mine, PAST, size=1)
    times = [row["updated_at"] for row in rows]
    assert ({row["id"] for row in rows}, times) == ({"a", "b", "second-1"}, sorted(times))

    assert read_on(mine, until)[0] == []
    apply(feed, sent("b", 1001, "nr-fi", 9))
    rows, until = read_on(mine, until)
    assert [(row["id"], row["status"]) for row in rows] == [("b", "delivered")]
    assert read_on(mine, until)[0] == []


@pytest.mark.django_db
def test_changes_are_of_the_own_tenants_and_of_the_filters(mine, theirs, whole_account, messages):
    seen = {name: {row["id"] for row in read_on(caller, PAST)[0]} for name, caller in
            (("mine", mine), ("theirs", theirs), ("account", whole_account))}  # fmt: skip

    assert seen == {
        "mine": {"a", "b", "second-1"},
        "theirs": {f"{CANARY}-1"},
        "account": {"a", "b", "lost", f"{CANARY}-1"},
    }
    assert [row["id"] for row in read_on(mine, PAST, status="failed", country="SE")[0]] == ["b"]
    assert read_on(mine, PAST, period="last_year")[0] == []


@pytest.mark.django_db
def test_renamed_message_is_a_change(mine, feed, messages):
    _rows, until = read_on(mine, PAST)

    rename_message(feed.account_id, Message.objects.get(message_id="b").day, "b", "new")

    assert [row["id"] for row in read_on(mine, until)[0]] == ["new"]


def apply_one(feed, id_: str, partner: str) -> None:
    """Apply a report as an applier that has its slice alone."""
    put(feed, sent(id_, 1001, partner))
    apply_slices(slices=[slice_of(feed.account_id, id_)], now=NOW)


@pytest.mark.django_db(transaction=True)
def test_transaction_that_commits_late_loses_no_change(mine, feed, messages):
    written, may_commit = Event(), Event()
    other = Feed.objects.get(account__name="second")  # whose counts are other rows: they stay locked until the commit
    slice_ = slice_of(feed.account_id, "late")
    early = next(f"n{n}" for n in range(100) if slice_of(other.account_id, f"n{n}") != slice_)

    def late() -> None:
        try:
            with transaction.atomic():
                apply_one(feed, "late", "nr-fi")
                written.set()
                assert may_commit.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(late)
        assert written.wait(30)
        apply_one(other, early, "nr-second")  # written later, committed earlier
        rows, until = read_on(mine, PAST)
        may_commit.set()
        running.result(30)
    first = [row["id"] for row in rows]
    later, _until = read_on(mine, until)

    assert set(first) == {"a", "b", "second-1"}  # so the later one waits for the late one
    assert [row["id"] for row in later] == ["late", early]


@pytest.mark.django_db
def test_changes_are_read_by_their_index(tenant, messages, client):
    copy_messages(2000, message_id="message_id || n", updated_at="updated_at - n * interval '1 s'")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE message")
    search = changes.plan_search(MessageQuery(frozenset([tenant.id])), limit=50)
    since, until = datetime.fromisoformat(PAST), no_writes_before()
    statement = changes._statement(search, since, until, None)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement.sql}", statement.parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "updated_at_idx" in plan and "Seq Scan on message" not in plan, plan


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["2026-10-01", "2026-10-01T08:00:00", "1999-12-31T23:59:59Z", "yesterday", ""])
def test_instants_without_an_offset_are_refused(mine, text):
    answer = mine.get("messages/", updated_since=text)

    assert (answer.status_code, [error["parameter"] for error in answer.json()["errors"]]) == (400, ["updated_since"])


@pytest.mark.django_db
def test_cursor_of_the_other_order_is_refused(mine, messages):
    newest = mine.get("messages/", size=1).json()["next_cursor"]
    changed = mine.get("messages/", size=1, updated_since=PAST).json()["next_cursor"]

    assert mine.get("messages/", size=1, updated_since=PAST, cursor=newest).status_code == 400
    assert mine.get("messages/", size=1, cursor=changed).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"from": "2026-11-02T10:00:00Z"}, ["second-1", "b", "a"]),
        ({"from": "2026-11-02T10:00:00.000001Z"}, []),
        ({"to": "2026-11-02T10:00:00Z"}, []),
        ({"to": "2026-11-02T12:00:00.001+02:00"}, ["second-1", "b", "a"]),
        ({"from": "2026-11-02T12:00:00+02:00", "to": "2026-11-02T10:00:01Z", "number": "+358401234567"}, ["a"]),
        ({"from": "2026-11-02T10:00:00Z", "to": "2026-11-02T10:00:01Z", "status": "failed"}, ["b"]),
        ({"from": "2026-11-02T10:00:00Z", "to": "2026-11-02T10:00:01Z", "country": "SE"}, ["b"]),
        ({"from": "2026-11-02T10:00:01Z", "country": "SE"}, []),
        ({"to": "2026-11-02T10:00:00Z", "ref_id_prefix": "s"}, []),
        ({"to": "2026-11-02T10:00:01Z", "ref_id_prefix": "s"}, ["a"]),
    ],
)
def test_messages_between_instants(mine, messages, query, wanted):
    assert ids(mine.get("messages/", **query)) == wanted


@pytest.mark.django_db
def test_pages_between_instants_are_those_of_all_messages(mine, tenant, feed):
    """A country is found by its days: a part of a day has fewer messages than are counted for it."""
    apply(feed, *(sent(f"m{n}", 1001, "nr-fi", customParameters={"destination": "+46701234567"}) for n in range(3)))
    partitions.ensure_months([date(2026, 10, 30)])
    copy_messages(200, message_id="message_id || '-' || n", sent_at="sent_at - n * interval '20 min'",
                  day="((sent_at - n * interval '20 min') AT TIME ZONE 'Europe/Helsinki')::date")  # fmt: skip
    query = {"country": "SE", "from": "2026-10-31T09:10:00Z", "to": "2026-11-01T22:30:00Z", "size": 7}

    found, cursor = [], {}
    while True:
        body = mine.get("messages/", **query, **cursor).json()
        found += [message["id"] for message in body["data"]]
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}

    wanted = Message.objects.filter(sent_at__gte=query["from"], sent_at__lt=query["to"])
    wanted = wanted.order_by("-sent_at", "-message_id").values_list("message_id", flat=True)
    assert found == list(wanted)
    assert len(found) == 336


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "query", "name", "says"),
    [
        ("messages/", {"from": "2026-11-02T10:00:00Z", "to": "2026-11-03"}, "to", "as the other end is one"),
        ("messages/", {"from": "2026-11-02T10:00:00Z", "to": "2026-11-02T10:00:00Z"}, "to", "after “from”"),
        ("messages/", {"from": "2026-11-02T10:00:00Z", "period": "7d"}, "period", "either"),
        ("messages/", {"from": "2026-11-02T10:00:00"}, "from", "a day like"),
        ("statistics/", {"from": "2026-11-02T10:00:00Z"}, "from", "counted by days"),
        ("operators/", {"to": "2026-11-02T10:00:00Z"}, "to", "counted by days"),
    ],
)
def test_instants_that_cannot_be_answered_are_refused_with_the_reason(mine, messages, path, query, name, says):
    answer = mine.get(path, **query)

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, name)
    assert says in answer.json()["errors"][0]["detail"]
