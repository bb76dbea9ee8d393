"""Filters of past months spare look-ups and never hide a message."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event

import psycopg
import pytest
from django.db import connection, transaction

from deliveries.checks.identities import find_duplicates
from deliveries.messages import month_filters, slices
from deliveries.messages.month_filters import hash_of, make, not_ruled_out
from deliveries.messages.row import Key
from deliveries.messages.store import read_messages
from deliveries.models import IdentityFilter, Message
from portal.common.database import connection_string
from portal.common.periods import Month
from tests.deliveries.helpers import NOW, apply, dlr, put

pytestmark = pytest.mark.django_db

AUGUST, SEPTEMBER = date(2026, 8, 1), date(2026, 9, 1)


def sent(id_: str, day: str, code: int = 1001) -> dict:
    return dlr(id_, code, sentTimestamp=f"{day}T10:00:00Z", timestamp=f"{day}T10:00:07Z")


@pytest.fixture
def past(feed, tenant) -> None:
    """Messages of August, September and November, and the filters of the first two."""
    make(now=NOW)  # of empty months that other tests have left
    apply(
        feed, *(sent(f"aug{n}", "2026-08-12") for n in range(40)), *(sent(f"sep{n}", "2026-09-12") for n in range(30))
    )
    apply(feed, sent("nov", "2026-11-19"))
    assert make(now=NOW) == 2


def ready() -> dict[date, int]:
    return dict(IdentityFilter.objects.filter(bits__isnull=False, messages__gt=0).values_list("month", "messages"))


def index_scans(table: str) -> int:
    """Return how many look-ups this transaction has made in a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_get_xact_numscans(i.indexrelid) FROM pg_index i WHERE indrelid = %s::regclass", [table]
        )
        return sum(count for (count,) in cursor.fetchall())


def test_months_past_get_a_filter_once(feed, past):
    assert ready() == {AUGUST: 40, SEPTEMBER: 30}
    assert make(now=NOW) == 0
    october_too = NOW + timedelta(days=11)
    apply(feed, sent("oct", "2026-10-30"))
    assert (make(now=NOW), make(now=october_too)) == (0, 1)
    assert set(ready()) == {AUGUST, SEPTEMBER, date(2026, 10, 1)}


def test_new_message_is_not_looked_up_in_months_whose_filters_rule_it_out(feed, past):
    new = [f"new{n}" for n in range(400)]
    unsure = set(not_ruled_out([(feed.account_id, id_) for id_ in new], month_filters.filters().values()))
    before = index_scans("message_2026_08")
    apply(feed, *(sent(id_, "2026-11-20") for id_ in new))
    assert index_scans("message_2026_08") - before == len(unsure) < 40
    assert Message.objects.filter(message_id__startswith="new").count() == 400
    assert set(ready()) == {AUGUST, SEPTEMBER}


def test_late_report_finds_its_message_in_a_month_with_a_filter(feed, past):
    result = apply(feed, dlr("aug7", 1006, timestamp="2026-11-20T09:00:00Z"), dlr("sep3", 1006), dlr("nov", 1006))
    assert (result.new_messages, result.reports) == (0, 3)
    assert Message.objects.filter(message_id="aug7").values_list("day", flat=True).get() == date(2026, 8, 12)
    assert [find_duplicates(days=400), set(ready())] == [[], {AUGUST, SEPTEMBER}]


def test_messages_are_found_whatever_times_they_are_looked_for_with(feed, past):
    """In each month, with a filter or without, within the window of these times, at its ends and outside it."""
    apply(feed, sent("oct", "2026-10-30"), sent("may", "2026-05-15"))
    keys = [(feed.account_id, id_) for id_ in ("aug7", "may", "nov", "oct", "sep3")]
    for days in range(-200, 200, 10):
        at = NOW + timedelta(days=days)
        assert sorted(read_messages(keys, around=(at, at))) == keys, at


def test_message_that_is_added_to_a_past_month_takes_its_filter_away(feed, past):
    apply(feed, sent("late", "2026-08-13"))
    assert ready() == {SEPTEMBER: 30}
    assert apply(feed, dlr("late", 1006, timestamp="2026-11-20T11:00:00Z")).new_messages == 0
    assert make(now=NOW) == 1
    assert ready() == {AUGUST: 41, SEPTEMBER: 30}
    assert apply(feed, dlr("late", 1005, timestamp="2026-11-20T11:30:00Z")).new_messages == 0
    assert len(month_filters._loaded) == 2  # the one that was taken away has left the memory
    assert find_duplicates(days=400) == []


def test_filter_does_not_hold_where_a_message_was_added_while_its_month_was_read(feed, past, monkeypatch):
    identities = month_filters._identities

    def read(month: Month) -> Iterator[list[Key]]:
        yield from identities(month)
        if month == Month(2026, 8):
            apply(feed, sent("meanwhile", "2026-08-14"))

    IdentityFilter.objects.all().delete()
    monkeypatch.setattr(month_filters, "_identities", read)
    assert make(now=NOW) == 1
    assert ready() == {SEPTEMBER: 30}
    assert apply(feed, dlr("meanwhile", 1006, timestamp="2026-11-20T11:00:00Z")).new_messages == 0


def test_message_that_moves_to_a_past_month_takes_its_filter_away(feed, past):
    """Its first report was without a time of sending, so that it was taken for one of November."""
    apply(feed, dlr("mover", timestamp="2026-11-20T09:00:00Z"))
    apply(feed, sent("mover", "2026-09-15"))
    assert Message.objects.get(message_id="mover").day == date(2026, 9, 15)
    assert ready() == {AUGUST: 40}


def test_filters_of_another_version_are_not_relied_on(feed, past):
    IdentityFilter.objects.filter(month=AUGUST).update(made_with="rbloom 0 blake2b")
    assert {Month(2026, 8), Month(2026, 9)} & month_filters.filters().keys() == {Month(2026, 9)}
    assert apply(feed, dlr("aug7", 1006, timestamp="2026-11-20T09:00:00Z")).new_messages == 0
    assert make(now=NOW) == 1
    assert {Month(2026, 8), Month(2026, 9)} <= month_filters.filters().keys()


def test_filters_made_after_a_restore_are_not_taken_for_those_read_before(feed, past):
    """Sequences go back with a restore, and what an applier has read stays in its memory."""
    apply(feed, sent("late", "2026-08-13"))  # reads both filters, then takes August's away
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE identity_filter RESTART IDENTITY")
    make(now=NOW)
    assert ready() == {AUGUST: 41, SEPTEMBER: 30}
    assert apply(feed, dlr("late", 1006, timestamp="2026-11-20T11:00:00Z")).new_messages == 0
    assert find_duplicates(days=400) == []


def test_filters_keep_to_their_memory_newest_months_first(feed, past, monkeypatch):
    monkeypatch.setattr(month_filters, "MAX_MESSAGES", 60)
    assert make(now=NOW) == 0
    assert ready() == {SEPTEMBER: 30}
    assert apply(feed, dlr("aug7", 1006, timestamp="2026-11-20T09:00:00Z")).new_messages == 0


def test_filter_of_a_month_without_its_partition_goes(past):
    IdentityFilter.objects.create(month=date(2016, 1, 1), made_with=month_filters.MADE_WITH, bits=b"")
    make(now=NOW)
    assert set(ready()) == {AUGUST, SEPTEMBER}


def test_hashes_are_the_same_in_every_process_and_fit(feed):
    """Bits that are stored mean nothing under other hashes."""
    assert hash_of((1, "abc")) == 63431496027290066138926497622015438399
    assert hash_of((1, "\udce4")) != hash_of((1, "abc"))


def test_one_in_two_hundred_is_looked_up_for_nothing():
    bloom = month_filters._filter_for(20_000)
    bloom.update(hash_of((1, f"there{n}")) for n in range(20_000))
    assert len(not_ruled_out([(1, f"there{n}") for n in range(20_000)], [bloom])) == 20_000
    wrongly = len(not_ruled_out([(1, f"other{n}") for n in range(20_000)], [bloom]))
    assert 20 < wrongly < 300


def run(work: Callable[[], object]) -> object:
    try:
        return work()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_filters_are_asked_for_under_the_locks_of_the_slices(feed, past, monkeypatch):
    """One that was asked for before might be older than a message that another applier adds until they are locked."""
    held, filters = [], month_filters.filters

    def asked() -> dict:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND classid = %s",
                [slices._LOCK_CLASS],
            )
            held.append(cursor.fetchone()[0])
        return filters()

    put(feed, dlr("aug7", 1006, timestamp="2026-11-20T09:00:00Z"))
    monkeypatch.setattr(month_filters, "filters", asked)
    assert apply(feed).reports == 1
    assert held == [slices.SLICES]


@pytest.mark.django_db(transaction=True)
def test_filter_is_not_made_of_a_month_to_which_a_message_is_being_added(feed, past):
    """The batch has not seen the announcement: it is waited for. One that comes later takes the filter away."""
    apply(feed, sent("one more", "2026-08-13"))
    has_added, may_end = Event(), Event()

    def batch() -> None:
        with transaction.atomic():
            put(feed, sent("being added", "2026-08-14"))
            apply(feed)
            has_added.set()
            assert may_end.wait(30)

    with ThreadPoolExecutor(2) as pool, psycopg.connect(connection_string(), autocommit=True) as watch:
        adding = pool.submit(run, batch)
        assert has_added.wait(30)
        making = pool.submit(run, lambda: make(now=NOW))
        while not watch.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall() and not making.done():
            pass
        assert not making.done()
        assert IdentityFilter.objects.filter(month=AUGUST, bits=None).exists()  # batches that begin now can see it
        may_end.set()
        adding.result(30)
        assert making.result(30) == 1
    assert ready()[AUGUST] == 42
    assert (feed.account_id, "being added") in not_ruled_out(
        [(feed.account_id, "being added")], [month_filters.filters()[Month(2026, 8)]]
    )


@pytest.mark.django_db(transaction=True)
def test_filter_declared_ready_while_a_batch_waits_for_it_is_gone(feed, past):
    """The batch does not see the declaration that it waited for with the same statement."""
    IdentityFilter.objects.update(bits=None)

    def batch() -> None:
        with transaction.atomic():
            slices.lock([0])
            month_filters.forget([date(2026, 8, 20)])

    with psycopg.connect(connection_string()) as outside, ThreadPoolExecutor(1) as pool:
        outside.execute("UPDATE identity_filter SET bits = ''")
        forgetting = pool.submit(run, batch)
        with psycopg.connect(connection_string(), autocommit=True) as watch:
            while not watch.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall() and not forgetting.done():
                pass
        outside.commit()
        forgetting.result(30)
    assert set(ready()) == {SEPTEMBER}
