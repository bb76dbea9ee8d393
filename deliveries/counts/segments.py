"""Counts by segment: what changes of messages add to them, as rows of `segment_change`.

A row costs the same however many keys and values there are; the worker counts it later
(deliveries/counts/segment_fold.py).
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import compress
from typing import NamedTuple

import psycopg
from django.db import transaction

from campaigns.segments import indexed_value, label_of
from deliveries.counts import segment_fold
from deliveries.counts.segment_values import NOT_COUNTED, Place, Registered, cached, member_of, register
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
_Counted = tuple[StoredMessage, tuple, tuple]  # a message with its present and its earlier state; one may be _NO_STATE


class _Column(NamedTuple):
    """A key with the text of each message of a day (or NOT_COUNTED), and the values of texts that seem new."""

    place: Place
    texts: list[str | None]
    new: dict[str, str]
    added: set[str | None]  # the texts of messages that are counted from now on, if some seem new


def add_segment_changes(changes: Iterable[Change], chosen: ChosenKeys) -> None:
    """Insert what the changes add to the counts by segment; new values are registered.

    In the transaction of the messages, and before other counts: values of a month are registered one after the other.
    """
    counted = {tenant_id: [key for key in keys if key.counted_from is not None] for tenant_id, keys in chosen.items()}
    by_day = _by_day(changes, {tenant_id for tenant_id, keys in counted.items() if keys})
    if not by_day:
        return
    known: dict[Place, Registered] = {}  # read once: other threads change what is cached
    columns = {day: list(_columns(day, messages, counted[day[0]], known)) for day, messages in by_day.items()}
    found = _register(known, [column for of_keys in columns.values() for column in of_keys])
    rows = [row for day, messages in by_day.items() for row in _rows(messages, columns[day], found)]
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
    for change in changes:
        before, after = change.before, change.after
        state, old = _state(after), _NO_STATE
        if before is not None:
            old = _state(before)
            if not _counts_alike(before, after):
                if before.tenant_id in tenant_ids:
                    found.setdefault((before.tenant_id, before.day), []).append((before, _NO_STATE, old))
                old = _NO_STATE
            elif state == old:
                continue
        if after.tenant_id in tenant_ids:
            found.setdefault((after.tenant_id, after.day), []).append((after, state, old))
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


def _columns(
    of: _Day, messages: list[_Counted], keys: list[ChosenKey], known: dict[Place, Registered]
) -> Iterator[_Column]:
    """Yield the texts of messages of a day by each key that counts it; `known` gets what is cached of its place."""
    tenant_id, day = of
    times = [_sent_at(message) for message, _state, _old in messages]
    earliest = min(times)
    parameters = [message.folded.parameters or _NO_TEXTS for message, _state, _old in messages]
    labels = [message.labels or _NO_TEXTS for message, _state, _old in messages]
    has_state = [state is not _NO_STATE for _message, state, _old in messages]
    for key in keys:
        if day < key.figures_from:
            continue
        label, name = label_of(key.key), key.key
        texts = [text.get(name) for text in parameters] if label is None else [text.get(label) for text in labels]
        if key.counted_from is not None and earliest < key.counted_from:  # stored messages are still being counted
            texts = [text if at >= key.counted_from else NOT_COUNTED for text, at in zip(texts, times, strict=True)]
        place = Place(tenant_id, key, day.replace(day=1))
        if place not in known:
            known[place] = cached(place)
        seem_new = set(texts).difference(known[place].members)
        if not seem_new:
            yield _Column(place, texts, {}, set())
            continue
        new = {text: indexed_value(text) for text in dict.fromkeys(texts) if text and text in seem_new}
        yield _Column(place, texts, new, set(compress(texts, has_state)))


def _sent_at(message: StoredMessage) -> datetime:
    at = message.folded.sent_at
    assert at is not None  # of every stored message
    return at


def _register(known: dict[Place, Registered], columns: list[_Column]) -> dict[Place, Registered]:
    """Register the new values; those of earlier states alone were registered when they were counted."""
    seen: dict[Place, dict[str, None]] = {}
    added: dict[Place, dict[str, None]] = {}
    for place, _texts, new, of_added in columns:
        seen.setdefault(place, {}).update(dict.fromkeys(new.values()))
        added.setdefault(place, {}).update(dict.fromkeys(value for text, value in new.items() if text in of_added))
    return register(known, seen, added)


def _rows(messages: list[_Counted], columns: list[_Column], found: dict[Place, Registered]) -> Iterator[tuple]:
    """Yield the rows of COLUMNS of messages of a day."""
    if not columns:
        return
    pieces = []
    for place, texts, new, _added in columns:
        members = found[place].members
        others: dict[str | None, str] = {
            text: member_of(new[text], found[place]) for text in new if text not in members
        }
        if others:
            members = {**members, **others}
        pieces.append(list(map(members.__getitem__, texts)))
    for (message, state, old), of_one in zip(messages, zip(*pieces, strict=True), strict=True):
        if segments := "".join(of_one):
            f = message.folded
            yield (
                *(message.tenant_id, message.day, f.account_id, f.country, f.operator, f.sender_type),
                *(f"{{{segments[:-1]}}}", f.parts, *state, *old),
            )
