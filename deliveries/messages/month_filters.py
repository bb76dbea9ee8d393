"""Bloom filters of past months' identities, which save look-ups of new messages in every stored month.

A delivery report may be about a message of any month, so an applier would query each month's index for each new
message. With many months that is most of its work (docs/performance.md). A Bloom filter answers "surely not here" from
memory, and its errors are safe (Bloom 1970, doi:10.1145/362686.362692): one look-up in 200 finds nothing.

To build a filter: insert a placeholder row, wait until every batch that started earlier has committed, then read the
month. Every insert of a message into the month deletes the row (`forget`) in its own transaction. An applier reads the
existing rows after it has locked its slices: earlier inserts in these slices have committed by then, and deleted the
row.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from hashlib import blake2b
from importlib.metadata import version
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from rbloom import Bloom

from deliveries.messages import partitions
from deliveries.messages.row import Key
from deliveries.messages.slices import wait_for_running_batches
from deliveries.models import IdentityFilter
from portal.common.bulk import bulk_cursor
from portal.common.periods import Month

ERROR_RATE = 0.005  # 11 bits a message
MAX_MESSAGES = 40_000_000  # in all filters together: 55 MB of each applier's memory
QUIET_DAYS = 30  # after a month's end new messages of it are rare; before, the month is looked into anyway
_LOCK = "portal.identity_filters"
_READ_AT_ONCE = 50_000
# How bits are made and read: those of another version of the library are not relied on. Told when it is loaded, as an
# upgrade beside a process that runs changes what is installed.
MADE_WITH = f"rbloom {version('rbloom')} blake2b"


def make(*, now: datetime) -> int | None:
    """Make the filters that months past at `now` lack, newest first; return how many were made.

    None where another process is at it. Months beyond MAX_MESSAGES are left without.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
        try:
            return _make((now - timedelta(days=QUIET_DAYS)).date())
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [_LOCK])


def _make(before: date) -> int:
    past = [month for month in partitions.months() if month.next().first_day <= before]
    _take_away(IdentityFilter.objects.exclude(month__in=[month.first_day for month in past], made_with=MADE_WITH))
    ready = dict(IdentityFilter.objects.filter(bits__isnull=False).values_list("month", "messages"))
    made, messages = 0, 0
    for month in reversed(past):
        messages += ready.get(month.first_day) or _count(month)
        if messages > MAX_MESSAGES:
            _take_away(IdentityFilter.objects.filter(month__lte=month.first_day))
            break
        if month.first_day not in ready:
            made += _make_one(month)
    return made


def _take_away(filters: QuerySet[IdentityFilter]) -> None:
    """Delete filters one by one: several at once, in any order, may deadlock with `forget`."""
    for id_ in filters.values_list("id", flat=True):
        IdentityFilter.objects.filter(id=id_).delete()


def _make_one(month: Month) -> bool:
    """Build a month's filter; return whether it is valid: nothing was added to the month meanwhile."""
    row, _new = IdentityFilter.objects.get_or_create(month=month.first_day, made_with=MADE_WITH)
    wait_for_running_batches()
    count = _count(month)
    identities = _filter_for(count)
    for keys in _identities(month):
        identities.update(hash_of(key) for key in keys)
    return bool(
        IdentityFilter.objects.filter(id=row.id, bits=None).update(bits=identities.save_bytes(), messages=count)
    )


def _filter_for(count: int) -> Bloom:
    return Bloom(max(count, 1000), ERROR_RATE, int)  # `int`: what is added is a hash already


def hash_of(key: Key) -> int:
    """Return 128 hash bits of an identity, the same in every process."""
    digest = blake2b(f"{key[0]}:{key[1]}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest, "big", signed=True)


def _count(month: Month) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM message WHERE day BETWEEN %s AND %s", [month.first_day, month.last_day])
        return cursor.fetchone()[0]


def _identities(month: Month) -> Iterator[list[Key]]:
    """Yield the identities in a month, all of one snapshot."""
    with transaction.atomic(), bulk_cursor() as cursor:
        cursor.execute(
            "DECLARE identities CURSOR FOR SELECT account_id, message_id FROM message WHERE day BETWEEN %s AND %s",
            [month.first_day, month.last_day],
        )
        while keys := cursor.execute(f"FETCH {_READ_AT_ONCE} FROM identities").fetchall():
            yield keys
        cursor.execute("CLOSE identities")


def forget(days: Iterable[date]) -> None:
    """Have the months of `days` looked into again; in the transaction that adds messages to them.

    It holds a slice's lock already (deliveries/messages/slices.py): `make` waits for those who may not see its
    announcement.
    """
    months = [sorted({day.replace(day=1) for day in days})]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM identity_filter WHERE month = ANY (%s) ORDER BY month FOR UPDATE", months)
        if cursor.rowcount:
            cursor.execute("DELETE FROM identity_filter WHERE month = ANY (%s)", months)


_loaded: dict[UUID, Bloom] = {}  # by the row's id; an applier's threads share it, so it is never changed, but replaced


def filters() -> dict[Month, Bloom]:
    """Return the filters that hold now, for who has locked the slices of what it looks for."""
    global _loaded
    known, held = _loaded, {}
    with bulk_cursor() as cursor:
        cursor.execute("SELECT id, month FROM identity_filter WHERE bits IS NOT NULL AND made_with = %s", [MADE_WITH])
        rows = cursor.fetchall()
        for id_, _month in rows:
            if id_ in known:
                held[id_] = known[id_]
                continue
            cursor.execute("SELECT bits FROM identity_filter WHERE id = %s", [id_])
            for (bits,) in cursor.fetchall():  # none if it was deleted just now
                held[id_] = Bloom.load_bytes(bytes(bits), int)
    _loaded = held
    return {Month.of(month): held[id_] for id_, month in rows if id_ in held}


def not_ruled_out(keys: Iterable[Key], by: Iterable[Bloom]) -> list[Key]:
    """Return those of `keys` that may be in a month of these filters."""
    hashes = {hash_of(key): key for key in keys}
    there: set[int] = set()
    for bloom in by:
        there.update([hash_ for hash_ in hashes if hash_ in bloom])
    return sorted(hashes[hash_] for hash_ in there)
