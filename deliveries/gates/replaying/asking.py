"""Asking for replays: what one would send, starting it, replaying one report, and cancelling."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import QueryCanceled

from deliveries.gates.replaying import failures, found, queueing
from deliveries.gates.replaying.pace import Pace, pace_of
from deliveries.gates.replaying.wanted import Report, Wanted, seal
from deliveries.models import Gate, GateAttempt, GateReplay
from deliveries.search.find import SearchTooSlow
from portal.accounts.models import record
from portal.common import jobs
from portal.common.masking import Masking

COUNT_SECONDS = 5.0
TASK = "deliveries.run_gate_replay"
_MAX_TITLE = 300


class ReplayRefused(Exception):
    """A replay cannot be started now; the text says why."""

    def __init__(self, text: object) -> None:
        super().__init__(str(text))
        self.text = text


@dataclass(frozen=True, slots=True)
class Preview:
    """Preview of a replay: its number of reports (None: counting takes too long), pace, and time at least."""

    reports: int | None
    is_exact: bool
    pace: Pace

    @property
    def duration(self) -> timedelta | None:
        """Return how long it takes at least; None if that is not known."""
        return None if self.reports is None else self.pace.duration(self.reports)

    @property
    def seconds(self) -> float | None:
        """Return the duration in seconds."""
        return None if self.duration is None else self.duration.total_seconds()


def preview(wanted: Wanted) -> Preview:
    """Return what a replay would send, how quickly and for how long. Raises BadFilter."""
    number = _count(wanted)
    if number is None:
        return Preview(None, False, pace_of(wanted.gate))
    return Preview(number.reports, number.is_exact, pace_of(wanted.gate))


def _count(wanted: Wanted) -> found.Number | None:
    until = monotonic() + COUNT_SECONDS
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{COUNT_SECONDS:g}s"])
            if wanted.kind == GateReplay.Kind.FAILED:
                number = found.Number(failures.count(wanted))
            else:
                number = found.count(wanted, until=until)
            transaction.set_rollback(True)  # nothing was written; the setting goes with it
            return number
    except SearchTooSlow:
        return None
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def start(wanted: Wanted, *, actor: str, title: str = "", expected: int | None = None) -> GateReplay:
    """Start a replay and wake a worker. Raises ReplayRefused if one of the gate is under way."""
    gate = wanted.gate
    replay = GateReplay(
        tenant_id=gate.tenant_id,
        gate=gate,
        made_by=actor[:254],
        kind=wanted.kind,
        title=Masking(in_full=False).text(title)[:_MAX_TITLE],
        since=wanted.since,
        until=wanted.until,
        total=expected or 0,
        sealed=seal(wanted.query),
    )
    try:
        with transaction.atomic():
            replay.save(force_insert=True)
    except IntegrityError as error:
        if "gate_replay_one_open" not in str(error):
            raise
        raise ReplayRefused(
            _("Another replay of this gate is under way. Wait until it is done, or cancel it.")
        ) from error
    _record("gate.replay_started", replay, actor, {"kind": replay.kind, "reports": replay.total})
    transaction.on_commit(lambda: jobs.wake(TASK, replay.pk, expires=60))
    return replay


def replay_one(gate: Gate, attempt: GateAttempt, *, actor: str, now: datetime) -> GateReplay:
    """Queue the report of one attempt at once, for one attempt more. Raises ReplayRefused."""
    if attempt.inbox_id is None or attempt.account_id is None or attempt.day is None or not attempt.number:
        raise ReplayRefused(_("This was a test. Send another test in its place."))
    report = Report(attempt.inbox_id, attempt.account_id, attempt.message_id, attempt.day)
    with transaction.atomic():
        locked = queueing.lock_gate(gate.tenant_id, gate.pk)
        if locked is None:
            raise ReplayRefused(_("The gate was deleted."))
        replay = GateReplay.objects.create(
            tenant_id=gate.tenant_id,
            gate=gate,
            made_by=actor[:254],
            kind=GateReplay.Kind.ATTEMPT,
            until=now,
            total=1,
            is_read=True,
            queued=1,
            sealed=seal(None),
        )
        if not queueing.add(replay, [report], held_ms=locked[1]):
            raise ReplayRefused(_("This report waits to be sent already."))
        _record("gate.replay_started", replay, actor, {"kind": replay.kind, "reports": 1})
    return replay


def cancel(replay: GateReplay, *, actor: str) -> bool:
    """Cancel a replay: what waits of it is not sent. Return False if it has ended already."""
    with transaction.atomic():
        # Waits for a portion that is being queued; the next one finds the wish.
        if not jobs.cancel(GateReplay, ids=[replay.pk]):
            return False
        withdrawn = queueing.withdraw(replay)
        replay.refresh_from_db()
        GateReplay.objects.filter(pk=replay.pk).update(withdrawn=replay.withdrawn + withdrawn)
        _record("gate.replay_cancelled", replay, actor, {"kind": replay.kind, "withdrawn": withdrawn})
        transaction.on_commit(lambda: jobs.wake(TASK, replay.pk, expires=60))
    return True


def _record(action: str, replay: GateReplay, actor: str, details: Mapping[str, object]) -> None:
    gate = replay.gate
    details = {"gate": gate.public_id, "replay": replay.pk} | dict(details)
    record(action, actor=actor, tenant=gate.tenant, subject=gate.name, details=details)
