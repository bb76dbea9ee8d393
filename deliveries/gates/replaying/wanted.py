"""Reports that a replay is for, as its row stores them, and the form in which they are read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from deliveries.models import Gate, GateReplay
from deliveries.search.query import MessageQuery
from deliveries.search.stored import parameters_of, query_of
from portal.common import sealed

PURPOSE = "gate-replay"

After = Sequence[Any]  # a position; values that JSON can hold


class Report(Struct, frozen=True, gc=False):
    """A report to be queued. `done` are the destinations that have it already."""

    inbox_id: int
    account_id: int
    message_id: str
    day: date
    done: tuple[int, ...] = ()


class Portion(Struct, frozen=True):
    """Some of the reports, and the position behind them; None: there are no more."""

    reports: list[Report]
    after: After | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Reports of one gate: failures or receipts in [since, until), or reports before `until` about found messages."""

    gate: Gate
    kind: str
    until: datetime
    since: datetime | None = None
    query: MessageQuery | None = None


def seal(query: MessageQuery | None) -> str:
    """Return a search as it is stored: encrypted, since its filters may be phone numbers."""
    return sealed.seal(json.dumps(query and parameters_of(query)), purpose=PURPOSE)


def seal_position(after: After) -> str:
    """Return a position as it is stored: encrypted, since message ids may hold phone numbers."""
    return sealed.seal(json.dumps(list(after)), purpose=PURPOSE)


def open_replay(replay: GateReplay, gate: Gate) -> tuple[Wanted, After]:
    """Return a replay's reports and its position. Raises sealed.Unreadable."""
    query = json.loads(sealed.unseal(replay.sealed, purpose=PURPOSE))
    after = json.loads(sealed.unseal(replay.position_sealed, purpose=PURPOSE)) if replay.position_sealed else ()
    return Wanted(gate, replay.kind, replay.until, replay.since, query and query_of(query)), after
