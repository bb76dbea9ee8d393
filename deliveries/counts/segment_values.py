"""Registered values of segment keys: the first ones of a key's month have counts of their own.

A value is registered when its first message is applied, and nothing is registered in a full month. So each message
counts under the same value at all times. Registered values are cached in memory; a key's `generation` changes when one
of them is deleted or renamed, which is done under the locks of all slices.

Each value is cached with the text that stands for it in `segment_change.segments`, so that a batch builds none twice.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction

from campaigns.segments import MAX_VALUES, NO_SEGMENTS, NO_VALUE, OTHER_VALUES
from deliveries.messages.parameter_rows import ChosenKey
from portal.common.bulk import EACH, bulk_cursor, looked_up, stage

NOT_COUNTED = "\0"  # no text of a message: PostgreSQL stores none with it
_LOCK_CLASS = 7_302  # the first key of the two-key advisory locks; the second is made of the key and the month
_MOST_CACHED = 2_000  # months of keys in one process


class Place(NamedTuple):
    """A tenant's key in a month (its first day)."""

    tenant_id: int
    key: ChosenKey
    month: date


class Registered(NamedTuple):
    """The values of a place, each with its member of a JSON object, and the last number that one of them has.

    A member ends with a comma. Among the values are those that need no place: NO_SEGMENTS, those of messages without
    the key, and NOT_COUNTED, whose member is empty.
    """

    members: Mapping[str | None, str]
    last: int

    @property
    def is_full(self) -> bool:
        return self.last >= MAX_VALUES


_cache: dict[tuple[int, int, date], Registered] = {}

_PLACES = "unnest(%s::int[], %s::text[], %s::date[], %s::int[]) WITH ORDINALITY AS p (tenant_id, key, month, last, n)"
_COLUMNS = {"tenant_id": "int", "key": "text", "month": "date", "value": "text", "number": "smallint"}
_INSERT = f"INSERT INTO segment_value ({', '.join(_COLUMNS)}) SELECT {', '.join(_COLUMNS)} FROM new_segment_value"  # noqa: S608  names of this module
_READ = f"""
SELECT p.n::int, v.value, v.number FROM {_PLACES} CROSS JOIN LATERAL (
    SELECT v.value, v.number::int FROM segment_value v
    WHERE {looked_up("v", "p", ("tenant_id", "key", "month"))} AND v.number > p.last {EACH}
) AS v
"""  # noqa: S608  constants of this module; places are parameters


def cached(place: Place) -> Registered:
    """Return the values of a place that this process knows of."""
    if found := _cache.get(_cached_as(place)):
        return found
    none = _member(place, NO_VALUE)
    members: dict[str | None, str] = {None: none, "": none, NOT_COUNTED: ""}
    return Registered({**members, **{value: _member(place, value) for value in NO_SEGMENTS}}, 0)


def register(
    known: Mapping[Place, Registered], seen: Mapping[Place, Iterable[str]], added: Mapping[Place, Iterable[str]]
) -> dict[Place, Registered]:
    """Register the new ones of `added` in this order while their month has room; return all that are registered.

    `known` has all places as they were cached, `seen` the values that are looked up.

    In the caller's transaction, which holds a slice's lock. Call it late: others that register values of the same key
    and month wait for the commit.
    """
    found = dict(known)
    if unknown := _unknown(seen, found):
        found |= _read(unknown, found)
    if new := _unknown(added, found):
        _lock(new)
        found |= _read(new, found)  # others may have registered values meanwhile
        found |= _add(_unknown(added, found), found)
    if unknown:
        transaction.on_commit(lambda: _remember({place: found[place] for place in unknown}))
    return found


def member_of(value: str, found: Registered) -> str:
    """Return the member of a value, which counts as OTHER_VALUES if it is not registered."""
    return found.members.get(value) or found.members[OTHER_VALUES]


def _unknown(wanted: Mapping[Place, Iterable[str]], found: Mapping[Place, Registered]) -> dict[Place, list[str]]:
    """Return the values that are not registered, of places with room."""
    unknown = {}
    for place, values in wanted.items():
        known = found[place]
        if not known.is_full and (missing := [value for value in values if value not in known.members]):
            unknown[place] = missing
    return unknown


def _read(places: Iterable[Place], found: Mapping[Place, Registered]) -> dict[Place, Registered]:
    """Return what is found with the values that were registered since: those with later numbers."""
    listed = list(places)
    values: list[list[str]] = [[] for _ in listed]
    last = [found[place].last for place in listed]
    columns: list[Any] = [[p.tenant_id for p in listed], [p.key.key for p in listed], [p.month for p in listed], last]
    with bulk_cursor() as cursor:
        cursor.execute(_READ, columns)
        for n, value, number in cursor:
            values[n - 1].append(value)
            last[n - 1] = max(last[n - 1], number)
    return {place: _with(place, found[place], values[n], last[n]) for n, place in enumerate(listed)}


def _lock(places: Iterable[Place]) -> None:
    """Keep others from registering values there until the transaction ends, in one order for everybody."""
    locks = sorted({zlib.crc32(f"{place.key.id}:{place.month}".encode()) - 2**31 for place in places})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, n) FROM unnest(%s::int[]) AS n", [_LOCK_CLASS, locks])


def _add(new: Mapping[Place, list[str]], found: Mapping[Place, Registered]) -> dict[Place, Registered]:
    """Register new values as far as their months have room, all of them in one statement."""
    first = {place: list(dict.fromkeys(values))[: MAX_VALUES - found[place].last] for place, values in new.items()}
    with bulk_cursor() as cursor:
        stage(cursor, "new_segment_value", _COLUMNS, sorted(_rows(first, found)))
        cursor.execute(_INSERT)
    return {
        place: _with(place, found[place], values, found[place].last + len(values)) for place, values in first.items()
    }


def _with(place: Place, found: Registered, values: Iterable[str], last: int) -> Registered:
    return Registered({**found.members, **{value: _member(place, value) for value in values}}, last)


def _member(place: Place, value: str) -> str:
    return f'"{place.key.id}":{orjson.dumps(value).decode()},'


def _rows(new: Mapping[Place, list[str]], found: Mapping[Place, Registered]) -> Iterator[tuple]:
    """Yield the rows of _COLUMNS of new values."""
    for place, values in new.items():
        of_place = place.tenant_id, place.key.key, place.month
        for number, value in enumerate(values, found[place].last + 1):
            yield *of_place, value, number


def _remember(found: Mapping[Place, Registered]) -> None:
    if len(_cache) + len(found) > _MOST_CACHED:
        _cache.clear()
    _cache.update((_cached_as(place), registered) for place, registered in found.items())


def _cached_as(place: Place) -> tuple[int, int, date]:
    return place.key.id, place.key.generation, place.month
