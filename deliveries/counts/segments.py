"""Counts by segment: what changes of messages add to them.

A tenant may have ten keys, so messages are first grouped by everything else that they are counted by.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from campaigns.segments import NO_VALUE, indexed_value, value_of
from deliveries.counts.segment_values import Place, counted_as, register
from deliveries.messages.parameter_rows import ChosenKey, ChosenKeys
from deliveries.messages.row import Change, StoredMessage

Deltas = dict[tuple, list[int]]
_Groups = dict[tuple, list[StoredMessage]]
_Tally = tuple[Place, tuple, Counter[str]]  # a group's key, and its numbers of messages by value


def segment_deltas(changes: Iterable[Change], chosen: ChosenKeys) -> tuple[Deltas, Deltas]:
    """Return what the changes add to `segment_count` and `segment_latency_count`; new values are registered."""
    counted = {tenant_id: [key for key in keys if key.counted_from is not None] for tenant_id, keys in chosen.items()}
    chosen = {tenant_id: keys for tenant_id, keys in counted.items() if keys}
    states, latencies = _grouped(changes, chosen) if chosen else ({}, {})
    of_states, of_latencies = list(_tallies(states, chosen)), list(_tallies(latencies, chosen))
    seen: dict[Place, dict[str, None]] = {}
    added: dict[Place, dict[str, None]] = {}  # what is subtracted was registered when it was added
    for place, group, numbers in of_states:
        values = dict.fromkeys(numbers)
        seen.setdefault(place, {}).update(values)
        if group[-1] > 0:
            added.setdefault(place, {}).update(values)
    registered = register(seen, added)
    messages: Deltas = {}
    for place, (head, tail, parts, sign), numbers in of_states:
        for value, count in numbers.items():
            key = (*head, place.key.key, counted_as(value, registered[place]), *tail)
            delta = messages.setdefault(key, [0, 0])
            delta[0] += sign * count
            delta[1] += sign * count * parts
    delivered: Deltas = {}
    for place, (head, tail, sign), numbers in of_latencies:
        for value, count in numbers.items():
            key = (*head, place.key.key, counted_as(value, registered[place]), *tail)
            delivered.setdefault(key, [0])[0] += sign * count
    return messages, delivered


def _grouped(changes: Iterable[Change], chosen: ChosenKeys) -> tuple[_Groups, _Groups]:
    """Return the messages by what they are counted by besides the segment: states, and latencies of delivered ones."""
    states: _Groups = {}
    latencies: _Groups = {}
    for before, after in ((change.before, change.after) for change in changes):
        if before is not None and _counts_alike(before, after):
            continue
        for message, sign in ((before, -1), (after, +1)):
            if message is None or message.tenant_id not in chosen:
                continue
            f = message.folded
            head = (message.tenant_id, message.day, f.account_id)
            place = (f.country, f.operator, f.sender_type)
            states.setdefault((head, (*place, f.status, f.result_code), f.parts, sign), []).append(message)
            if f.latency_bucket is not None:
                latencies.setdefault((head, (*place, f.latency_bucket), sign), []).append(message)
    return states, latencies


def _counts_alike(one: StoredMessage, other: StoredMessage) -> bool:
    a, b = one.folded, other.folded
    return (
        a.status == b.status
        and a.result_code == b.result_code
        and a.latency_bucket == b.latency_bucket
        and a.parts == b.parts
        and a.operator == b.operator
        and a.country == b.country
        and a.sender_type == b.sender_type
        and a.sent_at == b.sent_at
        and one.day == other.day
        and one.tenant_id == other.tenant_id
        and a.parameters == b.parameters
        and one.labels == other.labels
    )


def _tallies(groups: _Groups, chosen: ChosenKeys) -> Iterable[_Tally]:
    for group, messages in groups.items():
        tenant_id, day, _account_id = group[0]
        earliest = min(message.folded.sent_at for message in messages)
        for key in chosen[tenant_id]:
            if counted := _by_value(messages, key, day, earliest):
                yield Place(tenant_id, key, day.replace(day=1)), group, counted


def _by_value(messages: list[StoredMessage], key: ChosenKey, day: date, earliest: datetime) -> Counter[str]:
    """Return how many of these messages of a day are counted by the key, by its value."""
    counted_from = key.counted_from
    if counted_from is None or day < key.figures_from:
        return Counter()
    if earliest < counted_from:  # stored messages are still being counted
        messages = [message for message in messages if message.folded.sent_at >= counted_from]
    raw = Counter([value_of(key.key, message.folded.parameters, message.labels) for message in messages])
    values: Counter[str] = Counter()
    for value, count in raw.items():
        values[indexed_value(value) or NO_VALUE] += count
    return values
