"""Gates and their attempts as pages and the API show them; reads only.

A gate's figures are of its last 24 clock hours, the present one included.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from campaigns.latency import percentile
from deliveries.gates.ending import EXPIRED
from deliveries.gates.events import NO_ACCOUNT
from deliveries.gates.loading import GONE, MOVED
from deliveries.gates.recording import DELIVERED, NOT_FIRST
from deliveries.models import Gate, GateAttempt, GateHour
from portal.common import keyset
from portal.tenants.models import GatewayAccount

HOURS = 24
MAX_WAITING = 10_000  # so far the waiting deliveries of a gate are counted
NOT_SENT = (EXPIRED, MOVED, GONE)  # outcomes without a request

# `+ 0`: of the indexes only that by gate fits, also where PostgreSQL believes the table empty.
_WAITING = """
SELECT g.id, (
    SELECT count(*) FROM (
        SELECT 1 FROM gate_delivery d WHERE d.gate_id = g.id AND d.tenant_id + 0 = g.tenant_id LIMIT %s
    ) counted
) FROM gate g WHERE g.id = ANY (%s)
"""
_NEWEST = """
SELECT a.id FROM gate g CROSS JOIN LATERAL (
    SELECT id FROM gate_attempt WHERE gate_id = g.id AND tenant_id = g.tenant_id ORDER BY at DESC, id DESC LIMIT 1
) a WHERE g.id = ANY (%s)
"""


@dataclass(frozen=True)
class GateFigures:
    """A gate with its state, its newest attempt, its last 24 hours, and what waits.

    `outcomes` are the numbers of attempts by outcome, `p95_ms` is the time from a report's receipt to the end of its
    successful first attempt. `waiting` above MAX_WAITING means: more than that.
    """

    gate: Gate
    newest: GateAttempt | None
    outcomes: dict[str, int] = field(default_factory=dict)
    p95_ms: float | None = None
    waiting: int = 0

    @property
    def sent(self) -> int:
        """Return the number of requests; what ended without one is left out."""
        return sum(number for outcome, number in self.outcomes.items() if outcome not in NOT_SENT)

    @property
    def delivered(self) -> int:
        """Return the number of requests that succeeded."""
        return self.outcomes.get(DELIVERED, 0)

    @property
    def success_share(self) -> float | None:
        """Return the share of requests that succeeded, None without requests."""
        return self.delivered / self.sent if self.sent else None

    @property
    def has_more_waiting(self) -> bool:
        """Tell whether more wait than are counted."""
        return self.waiting > MAX_WAITING


def gates_of_tenants(tenant_ids: Collection[int]) -> QuerySet[Gate]:
    """Return the gates of these tenants with their tenants and destinations."""
    return Gate.objects.filter(tenant_id__in=tenant_ids).select_related("tenant").prefetch_related("destinations")


def with_figures(gates: Iterable[Gate], *, now: datetime) -> list[GateFigures]:
    """Return the gates in their order with what is shown of them."""
    gates = list(gates)
    ids, tenant_ids = [gate.pk for gate in gates], {gate.tenant_id for gate in gates}
    outcomes: dict[int, Counter[str]] = defaultdict(Counter)
    buckets: dict[int, Counter[int]] = defaultdict(Counter)
    hours = GateHour.objects.filter(tenant_id__in=tenant_ids, gate_id__in=ids, hour__gt=now - timedelta(hours=HOURS))
    for gate_id, outcome, bucket, number in hours.values_list("gate_id", "outcome", "bucket").annotate(Sum("number")):
        outcomes[gate_id][outcome] += number
        if bucket != NOT_FIRST:
            buckets[gate_id][bucket] += number
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [MAX_WAITING + 1, ids])
        waiting = dict(cursor.fetchall())
        cursor.execute(_NEWEST, [ids])
        newest_ids = [id_ for (id_,) in cursor.fetchall()]
    newest = {one.gate_id: one for one in GateAttempt.objects.filter(id__in=newest_ids)}
    return [
        GateFigures(
            gate=gate,
            newest=newest.get(gate.pk),
            outcomes=dict(outcomes[gate.pk]),
            p95_ms=percentile(buckets[gate.pk], 0.95),
            waiting=waiting.get(gate.pk, 0),
        )
        for gate in gates
    ]


@dataclass(frozen=True)
class AttemptFilter:
    """The attempts that are looked for. A message id with a part (`X$0`) means its message; an event's id fits, too."""

    outcome: Literal["", "ok", "failed"] = ""
    message_id: str = ""
    since: datetime | None = None
    until: datetime | None = None  # excluded


@dataclass(frozen=True)
class AttemptPage:
    """Attempts, newest first, with the cursors of the pages before (newer) and after (older); None: there is none."""

    attempts: Sequence[GateAttempt]
    newer: str | None
    older: str | None


def attempts_of(gate: Gate, chosen: AttemptFilter, *, cursor: str = "", size: int = 50) -> AttemptPage:
    """Return a page of the gate's attempts. Raises keyset.BadCursor."""
    found = _filtered(gate, chosen)
    backwards = False
    if cursor:
        (at, id_), backwards = keyset.decode(cursor, length=2)
        if type(id_) is not int or not 0 <= id_ < 2**63:
            raise keyset.BadCursor("not a cursor of this list")
        found = found.filter(_beyond(_instant(at), id_, newer=backwards))
    order = ("at", "id") if backwards else ("-at", "-id")
    rows = list(found.order_by(*order)[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_newer, has_older = (has_more, True) if backwards else (bool(cursor), has_more)
    return AttemptPage(
        rows,
        newer=keyset.encode((rows[0].at, rows[0].pk), backwards=True) if rows and has_newer else None,
        older=keyset.encode((rows[-1].at, rows[-1].pk)) if rows and has_older else None,
    )


def attempt_of(gate: Gate, attempt_id: int) -> GateAttempt | None:
    """Return one attempt of the gate, None if there is none."""
    return GateAttempt.objects.filter(tenant_id=gate.tenant_id, gate_id=gate.pk, id=attempt_id).first()


def _filtered(gate: Gate, chosen: AttemptFilter) -> QuerySet[GateAttempt]:
    found = GateAttempt.objects.filter(tenant_id=gate.tenant_id, gate_id=gate.pk)
    if chosen.outcome == "ok":
        found = found.filter(outcome=DELIVERED)
    elif chosen.outcome == "failed":
        found = found.exclude(outcome=DELIVERED)
    if chosen.message_id:
        whole, sign, part = chosen.message_id.rpartition("$")
        id_ = whole if sign and part.isdecimal() else chosen.message_id
        # With the accounts named there is an index for it.
        accounts = list(GatewayAccount.objects.values_list("id", flat=True))
        found = found.filter(account_id__in=[NO_ACCOUNT, *accounts], message_id=id_)
    if chosen.since:
        found = found.filter(at__gte=chosen.since)
    if chosen.until:
        found = found.filter(at__lt=chosen.until)
    return found


def _beyond(at: datetime, id_: int, *, newer: bool) -> Q:
    """Return the attempts after the key in the list's order, or before it."""
    if newer:
        return Q(at__gte=at) & (Q(at__gt=at) | Q(id__gt=id_))
    return Q(at__lte=at) & (Q(at__lt=at) | Q(id__lt=id_))


def _instant(text: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise keyset.BadCursor("not a cursor of this list") from None
    if at.tzinfo is None:
        raise keyset.BadCursor("not a cursor of this list")
    return at
