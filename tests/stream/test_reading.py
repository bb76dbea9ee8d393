"""Reading of a stream: everything once, in the order of application, behind the wall."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from campaigns.models import Campaign
from deliveries.gates_outbox.matching import Filter
from deliveries.messages import event_log, partitions
from deliveries.stream.position import LAST, BadCursor, Position
from deliveries.stream.reading import OLDEST, Asked, Chunk, Lost, NotReady, read_chunk
from portal.common.database import connection_string
from portal.common.masking import Masking
from portal.tenants.models import PartnerId
from portal.tenants.scope import web_scope
from tests.deliveries.applied import shop
from tests.deliveries.helpers import NOW, apply, dlr, put
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)


def read(tenants, after: str | None = OLDEST, *, limit: int = 100, account: int | None = None, **filters) -> Chunk:
    """Read a chunk as the web role, for these tenants."""
    tenants = tenants if isinstance(tenants, list) else [tenants]
    ids = frozenset(tenant.id for tenant in tenants)
    in_full = filters.pop("in_full", True)
    with web_scope(ids):
        return read_chunk(Asked(ids, account, Filter(**filters), Masking(in_full)), after, limit=limit)


def ids(chunk: Chunk) -> list[str]:
    return [event.report["message_id"] for event in chunk.events]


def everything(tenants, *, limit: int) -> list[str]:
    """Read chunk by chunk from the beginning to the end."""
    found, after, more = [], OLDEST, True
    while more:
        chunk = read(tenants, after, limit=limit)
        found, after, more = found + ids(chunk), chunk.cursor, chunk.has_more
    return found


@pytest.fixture
def prepared() -> None:
    event_log.prepare()


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_every_new_report_comes_once_in_the_order_of_application(prepared, feed, tenant, other_tenant, limit):
    apply(feed, shop("a", 1000), shop("b", 1001), shop("x", partner="baltic-ee"))
    apply(feed, shop("c", 1001), shop("a", 1000))  # the second is a duplicate
    apply(feed, shop("a", 1001))

    assert everything(tenant, limit=limit) == ["a", "b", "c", "a"]
    assert everything(other_tenant, limit=limit) == ["x"]
    both = everything([tenant, other_tenant], limit=limit)
    assert (both.index("x") < both.index("c"), sorted(both)) == (True, ["a", "a", "b", "c", "x"])


def test_stream_begins_now_and_goes_on_from_any_cursor(prepared, feed, tenant):
    apply(feed, shop("before"))
    begin = read(tenant, None)
    assert (ids(begin), ids(read(tenant, begin.cursor))) == ([], [])

    apply(feed, shop("a"), shop("b"))
    apply(feed, shop("c"))
    found = read(tenant, begin.cursor)

    assert ids(found) == ["a", "b", "c"]
    assert [ids(read(tenant, event.cursor)) for event in found.events] == [["b", "c"], ["c"], []]
    assert ids(read(tenant, found.cursor)) == []


def test_slow_transaction_holds_back_what_was_applied_after_it(prepared, feed, tenant):
    """Its own events would come with a smaller id when it commits: nothing may have been read past it."""
    apply(feed, shop("a"))
    begin = read(tenant, OLDEST)
    with psycopg.connect(connection_string()) as slow:
        slow.execute("SELECT pg_current_xact_id()")  # an applier's that has begun
        apply(feed, shop("later"))
        assert ids(read(tenant, begin.cursor)) == []
        slow.execute(
            "INSERT INTO event_log (tenant_id, inbox_id, account_id, message_id, day)"
            " SELECT tenant_id, inbox_id, account_id, message_id, day FROM event_log WHERE message_id = 'a'"
        )
    assert ids(read(tenant, begin.cursor)) == ["a", "later"]


def test_report_that_moves_within_its_tenant_keeps_its_place(prepared, feed, tenant):
    apply(feed, shop("m$1", sentTimestamp="2026-11-01T10:00:00Z", timestamp="2026-11-01T10:00:05Z", segments=2))
    begin = read(tenant, OLDEST)
    assert ids(begin) == ["m"]

    apply(feed, shop("m$0", sentTimestamp="2026-10-31T10:00:00Z", timestamp="2026-10-31T10:00:05Z"))

    assert [event.report["part"] for event in read(tenant, begin.cursor).events] == [0]
    assert [event.report["part"] for event in read(tenant, OLDEST).events] == [1, 0]


def test_reports_that_move_to_another_tenant_are_in_neither_stream(prepared, feed, tenant):
    pool = feed.account.pool
    apply(feed, dlr("m", 1000, sentTimestamp="2026-11-01T10:00:00Z"))
    apply(feed, shop("m", 1001))  # tells whose it is

    assert [e.report["result_code"] for e in read(tenant).events] == [1001]
    assert ids(read(pool)) == []


def test_imported_history_is_not_streamed(prepared, feed, tenant, tmp_path):
    archive = tmp_path / "old.ndjson"
    archive.write_text('{"id": "old", "resultCode": 1001, "gateCustomParameters": {"platformPartnerId": "nr-fi"}}\n')
    call_command("import_dlrs", str(archive), feed="main", no_wait=True)
    apply(feed, shop("new"))

    assert ids(read(tenant)) == ["new"]


def test_filters(prepared, feed, tenant):
    PartnerId.objects.create(account=feed.account, value="nr-se", tenant=tenant, declared_at=NOW)
    apply(
        feed,
        shop("a", 1001, refId="sale-a", customParameters={"shop": "7", "destination": "+358401234567"}),
        shop("b", 1000, refId="sale-b", customParameters={"shop": "8", "destination": "+46701234567"}),
        shop("c", 1006, partner="nr-se", refId="news"),
    )
    into = Campaign.objects.get(name="sale-a")

    def left(**filters) -> list[str]:
        return ids(read(tenant, **filters))

    assert left(partner_ids=frozenset({"nr-se"})) == ["c"]
    assert left(final_only=True) == ["a", "c"]
    assert left(statuses=frozenset({"sent"})) == ["b"]
    assert left(countries=frozenset({"SE"})) == ["b"]
    assert left(campaign_ids=frozenset({into.id})) == ["a"]
    assert left(ref_id_prefix="sale-") == ["a", "b"]
    assert left(parameter_key="shop") == ["a", "b"]
    assert left(parameter_key="shop", parameter_value="8") == ["b"]
    assert left(account=feed.account_id) == ["a", "b", "c"]
    assert left(account=feed.account_id + 1) == []
    nothing = read(tenant, statuses=frozenset({"expired"}))
    assert ids(read(tenant, nothing.cursor)) == []  # what the filter leaves out is behind the cursor


def test_cursor_of_before_a_restore_is_refused(prepared, feed, tenant):
    apply(feed, shop("a"))
    cursor = read(tenant).cursor
    with connection.cursor() as database:
        database.execute("UPDATE event_log_state SET origin = 'another/00000001'")
    with pytest.raises(NotReady, match="restored"):
        read(tenant, cursor)

    assert (event_log.prepare(), event_log.prepare()) == (True, False)

    begin = read(tenant, None).cursor
    assert (ids(read(tenant)), ids(read(tenant, begin))) == ([], [])
    with pytest.raises(Lost, match="restored"):
        read(tenant, cursor)
    apply(feed, shop("b"))
    assert (ids(read(tenant)), ids(read(tenant, begin))) == (["b"], ["b"])
    with pytest.raises(Lost, match="restored"):
        read(tenant, "00000000" + cursor[8:])
    with pytest.raises(Lost, match="restored"):
        read(tenant, f"{cursor.split('.')[0]}.{2**40}.1")


def test_cursor_of_before_the_log_was_emptied_is_refused_and_a_fresh_one_is_not(prepared, feed, tenant):
    """In the same cluster transaction ids go on, or begin again at a copy's: nothing but its mark tells the old one."""
    apply(feed, shop("a"))
    cursor = read(tenant).cursor
    with psycopg.connect(connection_string()) as slow:
        slow.execute("SELECT pg_current_xact_id()")  # older than the emptying
        event_log.empty()
        begin = read(tenant, None).cursor
        assert (ids(read(tenant, begin)), ids(read(tenant, read(tenant).cursor))) == ([], [])
    apply(feed, shop("b"))

    for old in (cursor, f"{cursor.split('.')[0]}.{read(tenant).position.xid}.1"):
        with pytest.raises(Lost, match="restored"):
            read(tenant, old)
    assert (ids(read(tenant)), ids(read(tenant, begin))) == (["b"], ["b"])
    second = read(tenant).cursor
    call_command("empty_stream")
    with pytest.raises(Lost, match="restored"):
        read(tenant, second)


def test_emptying_is_noted_where_nothing_had_been_logged(feed, tenant):
    cursor = read(tenant, None).cursor
    event_log.empty()

    assert event_log.prepare() is False
    with pytest.raises(Lost, match="restored"):
        read(tenant, cursor)


@pytest.mark.parametrize("command", ["apply_inbox", "import_dlrs"])
def test_commands_that_apply_begin_the_log(feed, tenant, tmp_path, command):
    """Else a backup would not say of which cluster the ids of its events are."""
    archive = tmp_path / "old.ndjson"
    archive.write_text('{"id": "old", "resultCode": 1001}\n')
    put(feed, shop("a"))

    call_command(command, *([str(archive), "--feed", "main"] if command == "import_dlrs" else []))

    assert (ids(read(tenant)), event_log.prepare()) == (["a"], False)


@pytest.mark.parametrize("origin", [None, "another/00000001"])
def test_appliers_that_start_together_begin_the_log_once(feed, tenant, origin):
    """The second one finds it begun, and leaves the events of the first one alone."""
    if origin:
        event_log.prepare()
        with connection.cursor() as database:
            database.execute("UPDATE event_log_state SET origin = %s", [origin])
    with ThreadPoolExecutor(2) as pool, psycopg.connect(connection_string()) as holder:
        holder.execute("LOCK TABLE event_log_state IN SHARE ROW EXCLUSIVE MODE")
        both = [pool.submit(in_thread, event_log.prepare) for _ in range(2)]
        until(lambda: waiting_locks() == 2, "both have seen that it is to be begun")
        holder.rollback()
        began = sorted(each.result(30) for each in both)
    apply(feed, shop("a"))

    assert (began, event_log.prepare(), ids(read(tenant))) == ([False, True], False, ["a"])


def waiting_locks() -> int:
    with connection.cursor() as database:
        database.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return database.fetchone()[0]


def in_thread(call: Callable[[], bool]) -> bool:
    """Call it, and close the connection that it has opened in its thread."""
    try:
        return call()
    finally:
        connection.close()


@pytest.mark.parametrize("text", ["", "x", "9f86d081.1", "9f86d081.1.1.1", "9F86D081.1.1", "9f86d081.-1.1", "9" * 99])
def test_text_that_is_no_cursor(prepared, tenant, text):
    with pytest.raises(BadCursor):
        read(tenant, text)


def test_days_past_the_seventh_are_dropped_and_cursors_into_them_refused(prepared, feed, tenant, other_tenant):
    today = datetime.now(UTC)
    for back in (9, 8, 7):
        partitions.ensure_days(partitions.EVENTS, (today - timedelta(days=back)).date(), 1)
    cursors = []
    for back in (9, 8, 7, 0):
        apply(feed, shop(f"{back} days"))
        with connection.cursor() as database:
            database.execute(
                "UPDATE event_log SET applied_at = %s WHERE message_id = %s",
                [today - timedelta(days=back), f"{back} days"],
            )
        cursors.append(read(tenant).cursor)

    dropped = event_log.forget(now=today)

    assert len(dropped) == 2
    assert ids(read(tenant)) == ["7 days", "0 days"]
    assert ids(read(tenant, cursors[2])) == ["0 days"]
    assert ids(read(tenant, cursors[1])) == ["7 days", "0 days"]  # all that was dropped had been read
    with pytest.raises(Lost, match="7 days"):
        read(tenant, cursors[0])
    assert event_log.forget(now=today) == []
    assert ids(read(other_tenant, read(other_tenant, None).cursor)) == []


def test_numbers_are_masked_without_their_scope(prepared, feed, tenant):
    apply(
        feed,
        shop("a", customParameters={"destination": "+358401234567", "call": "0401234567"}, refId="to 358401234567"),
    )

    (event,) = read(tenant, in_full=False).events

    assert "401234567" not in str(event.report)
    assert read(tenant).events[0].report["destination"] == "+358401234567"


def test_other_tenants_events_stay_behind_the_wall(prepared, feed, tenant, other_tenant):
    apply(feed, shop("mine"), shop("theirs", partner="baltic-ee"))
    asked = Asked(frozenset({tenant.id, other_tenant.id}), None, Filter(), Masking(in_full=True))

    with web_scope([tenant.id]):  # whatever is asked for
        assert ids(read_chunk(asked, OLDEST, limit=10)) == ["mine"]


def test_positions_are_of_events_or_before_the_last_checkpoint(prepared, feed, tenant):
    """After a crash the ids of transactions that left nothing behind are given out again."""
    apply(feed, shop("a"))
    found = read(tenant)
    assert found.events[-1].cursor == found.cursor
    with connection.cursor() as database:
        for _ in range(3):
            database.execute("SELECT pg_current_xact_id()")
        idle = read(tenant, None)
        database.execute("SELECT split_part((pg_control_checkpoint()).next_xid, ':', 2)::bigint")
        (of_checkpoint,) = database.fetchone()

    assert idle.position in (found.position, Position(of_checkpoint - 1, LAST))
