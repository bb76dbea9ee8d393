"""Counts by segment: what changes of messages add to them, as rows of `segment_change`.

A row costs the same however many keys and values there are; the worker counts it later
(deliveries/counts/segment_fold.py).
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import orjson
import psycopg
from django.db import transaction

from campaigns.segments import NO_VALUE, indexed_value, label_of
from deliveries.counts import segment_fold
from deliveries.counts.segment_values import Place, counted_as, register
from deliveries.messages.parameter_rows import ChosenKey, ChosenKeys
from deliveries.messages.row import Change, StoredMessage
from portal.common.bulk import bulk_cursor, stage

COLUMNS = {
    "tenant_id": "int",
    "day": "date",
    "account_id": "int",
    "country": "varchar",
    "operator": "text",
    "sender_type": "text",
    "segments": "jsonb",
    "parts": "smallint",
    "status": "text",
    "result_code": "int",
    "bucket": "smallint",
    "old_status": "text",
    "old_result_code": "int",
    "old_bucket": "smallint",
}
_STAGED = ", ".join(f"{column}::jsonb" if type_ == "jsonb" else column for column, type_ in COLUMNS.items())
_INSERT = f"INSERT INTO segment_change ({', '.join(COLUMNS)}) SELECT {_STAGED} FROM new_segment_change"  # noqa: S608  names of this module
_NO_TEXTS: dict[str, str] = {}
_NO_STATE = (None, None, None)

_Day = tuple[int, date]  # tenant, day


class _Counted(NamedTuple):
    """A message with its present and its earlier state, each of which may be none."""

    message: StoredMessage
    state: tuple
    old: tuple


class _Column(NamedTuple):
    """A key with the value of each message of a day; None where a message is not counted by the key."""

    place: Place
    values: list[str | None]


def add_segment_changes(changes: Iterable[Change], chosen: ChosenKeys) -> None:
    """Insert what the changes add to the counts by segment; new values are registered.

    In the transaction of the messages, and before other counts: values of a month are registered one after the other.
    """
    counted = {tenant_id: [key for key in keys if key.counted_from is not None] for tenant_id, keys in chosen.items()}
    by_day = _by_day(changes, {tenant_id for tenant_id, keys in counted.items() if keys})
    if not by_day:
        return
    columns = {day: list(_columns(day, messages, counted[day[0]])) for day, messages in by_day.items()}
    registered = _registered(columns, by_day)
    rows = [row for day, messages in by_day.items() for row in _rows(messages, columns[day], registered)]
    if not rows:
        return
    with bulk_cursor() as cursor:
        _insert(cursor, rows)
    transaction.on_commit(segment_fold.fold_if_late, robust=True)


def _insert(cursor: psycopg.Cursor, rows: list[tuple]) -> None:
    stage(cursor, "new_segment_change", COLUMNS, rows)
    cursor.execute(_INSERT)


def _by_day(changes: Iterable[Change], tenant_ids: set[int]) -> dict[_Day, list[_Counted]]:
    """Return the messages that are counted otherwise than before, by tenant and day."""
    found: dict[_Day, list[_Counted]] = {}
    for before, after in ((change.before, change.after) for change in changes):
        if before is None:
            rows = (_Counted(after, _state(after), _NO_STATE),)
        elif _counts_alike(before, after):
            state, old = _state(after), _state(before)
            if state == old:
                continue
            rows = (_Counted(after, state, old),)
        else:
            rows = (_Counted(before, _NO_STATE, _state(before)), _Counted(after, _state(after), _NO_STATE))
        for row in rows:
            if row.message.tenant_id in tenant_ids:
                found.setdefault((row.message.tenant_id, row.message.day), []).append(row)
    return found


def _state(message: StoredMessage) -> tuple:
    f = message.folded
    return f.status, f.result_code, f.latency_bucket


def _counts_alike(one: StoredMessage, other: StoredMessage) -> bool:
    """Return whether two messages are counted in the same places but for their states."""
    a, b = one.folded, other.folded
    return (
        a.parts == b.parts
        and a.operator == b.operator
        and a.country == b.country
        and a.sender_type == b.sender_type
        and a.sent_at == b.sent_at
        and one.day == other.day
        and one.tenant_id == other.tenant_id
        and a.parameters == b.parameters
        and one.labels == other.labels
    )


def _columns(of: _Day, messages: list[_Counted], keys: list[ChosenKey]) -> Iterator[_Column]:
    """Yield the values of messages of a day by each key that counts it."""
    tenant_id, day = of
    earliest = min(row.message.folded.sent_at for row in messages)
    for key in keys:
        if day < key.figures_from:
            continue
        label, name = label_of(key.key), key.key
        if label is None:
            texts = [(row.message.folded.parameters or _NO_TEXTS).get(name) for row in messages]
        else:
            texts = [(row.message.labels or _NO_TEXTS).get(label) for row in messages]
        values = {text: indexed_value(text) if text else NO_VALUE for text in set(texts)}
        column: list[str | None] = [values[text] for text in texts]
        if earliest < key.counted_from:  # stored messages are still being counted
            for n, row in enumerate(messages):
                if row.message.folded.sent_at < key.counted_from:
                    column[n] = None
        yield _Column(Place(tenant_id, key, day.replace(day=1)), column)


def _registered(
    columns: dict[_Day, list[_Column]], by_day: dict[_Day, list[_Counted]]
) -> dict[Place, frozenset[str]]:
    """Register the new values; those of earlier states alone were registered when they were counted."""
    seen: dict[Place, dict[str, None]] = {}
    added: dict[Place, dict[str, None]] = {}
    for day, of_keys in columns.items():
        has_state = [row.state is not _NO_STATE for row in by_day[day]]
        for place, values in of_keys:
            seen.setdefault(place, {}).update((value, None) for value in set(values) if value is not None)
            new = dict.fromkeys(value for value, has in zip(values, has_state, strict=True) if has)
            new.pop(None, None)
            added.setdefault(place, {}).update(new)
    return register(seen, added)


def _rows(
    messages: list[_Counted], columns: list[_Column], registered: dict[Place, frozenset[str]]
) -> Iterator[tuple]:
    """Yield the rows of COLUMNS of messages of a day."""
    if not columns:
        return
    ids = [str(place.key.id) for place, _values in columns]
    counted = []
    for place, values in columns:
        known = registered[place]
        names = {value: counted_as(value, known) for value in set(values) if value is not None}
        counted.append([names.get(value) for value in values])
    is_whole = not any(None in values for values in counted)
    for (message, state, old), values in zip(messages, zip(*counted, strict=True), strict=True):
        segments = dict(zip(ids, values, strict=True))
        if not is_whole:
            segments = {id_: value for id_, value in segments.items() if value is not None}
        if segments:
            f = message.folded
            yield (
                *(message.tenant_id, message.day, f.account_id, f.country, f.operator, f.sender_type),
                *(orjson.dumps(segments).decode(), f.parts, *state, *old),
            )
