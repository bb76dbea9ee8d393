"""A run over the gates of one account: list, compare, and where it is wanted create and correct them.

Nothing is deleted at LINK. No transaction is open during requests. One run of an account at a time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from deliveries.gates.at_link.access import access_of, add_kept_token, kept_token, target_of
from deliveries.gates.at_link.client import ANSWER_SECONDS, GateApiClient
from deliveries.gates.at_link.errors import OF_ALL_REQUESTS, GateApiError, Problem
from deliveries.gates.at_link.planning import Entry, State, masked, plan
from deliveries.gates.at_link.wanted import Target, corrected, differences, hides_others, new_gate, ours, partner_of
from portal.accounts.models import record
from portal.common.jobs import wake
from portal.tenants.models import GateApi, PartnerId

RUN_SECONDS = 1200.0  # of a run in the background; the command has no limit
MAX_UNDECLARED = 500  # newest partner IDs of the pool whose gates are looked at
MAX_FAILURES = 5  # in a row end a run
MAX_STORED = 500
_LOCK = "portal.gates_at_link"
_MASK = "•"  # of a partner ID whose number was erased


class RunUnderWay(Exception):
    """Another process works on the account's gates."""


@dataclass(slots=True)
class Outcome:
    """Result of a run; `error` ended it, `left` gates were not reached."""

    applied: bool
    entries: list[Entry] = field(default_factory=list)
    others: int = 0
    left: int = 0
    error: GateApiError | None = None

    def counts(self) -> dict[str, int]:
        """Return the number of gates in each state."""
        found = Counter(entry.state for entry in self.entries)
        return {state.value: found[state] for state in State}

    def stored(self) -> dict:
        """Return the result for the database, with phone numbers masked; gates that are right are counted alone."""
        rows = [masked(entry) for entry in self.entries if entry.state != State.RIGHT]
        error = self.error
        return {
            "applied": self.applied,
            "counts": self.counts(),
            "others": self.others,
            "left": self.left,
            "rows": rows[:MAX_STORED],
            "more": max(0, len(rows) - MAX_STORED),
            "error": {"problem": error.problem.value, "code": error.code, "detail": error.detail} if error else None,
        }


def ask(api: GateApi, *, apply: bool, actor: str, now: datetime) -> None:
    """Have a worker run over the account's gates after the commit."""
    GateApi.objects.filter(pk=api.pk).update(asked_at=now)
    transaction.on_commit(lambda: wake("deliveries.sync_gates", api.pk, int(apply), actor, expires=300), robust=True)


def run_asked(account_id: int, *, apply: bool, actor: str) -> None:
    """Run for a page that asked; a second request while a run is open has no effect."""
    api = GateApi.objects.select_related("account", "feed__account").filter(pk=account_id).first()
    with suppress(RunUnderWay):
        if api is not None:
            run(api, apply=apply, actor=actor, run_seconds=RUN_SECONDS)


def look_at_all() -> None:
    """Look at every account's gates, and change none; the standing check reads what was found."""
    for account_id in GateApi.objects.order_by("pk").values_list("pk", flat=True):
        run_asked(account_id, apply=False, actor="portal")


def run(
    api: GateApi,
    *,
    apply: bool,
    actor: str,
    run_seconds: float | None = None,
    answer_seconds: float = ANSWER_SECONDS,
) -> Outcome:
    """Look at the account's gates, with `apply` create and correct them; store the result. Raises RunUnderWay."""
    with _alone(api.pk):
        outcome = Outcome(applied=apply)
        until = time.monotonic() + run_seconds if run_seconds else float("inf")
        try:
            _work(api, outcome, actor=actor, until=until, answer_seconds=answer_seconds)
        except GateApiError as error:
            outcome.error = error
        finally:
            GateApi.objects.filter(pk=api.pk).update(asked_at=None)
        now = timezone.now()
        GateApi.objects.filter(pk=api.pk).update(checked_at=now, outcome=outcome.stored())
        counts = outcome.counts()
        if changed := {name: counts[name] for name in ("created", "corrected", "failed") if counts[name]}:
            record("gates_at_link.set", actor=actor, subject=api.account.name, details=_all_named(changed))
    return outcome


def _all_named(changed: dict[str, int]) -> dict[str, int]:
    return {"created": 0, "corrected": 0, "failed": 0} | changed


@contextmanager
def _alone(account_id: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", [_LOCK, account_id])
        if not cursor.fetchone()[0]:
            raise RunUnderWay
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", [_LOCK, account_id])


def _work(api: GateApi, outcome: Outcome, *, actor: str, until: float, answer_seconds: float) -> None:
    now = timezone.now()
    access = access_of(api)
    target_of(api, token=None, now=now)  # before a token is made: the feed must be usable
    token = kept_token(api)
    if token is None and outcome.applied:
        token = add_kept_token(api, actor=actor, now=now)
    target = target_of(api, token=token, now=now)
    with GateApiClient(access, platform_id=target.platform_id, answer_seconds=answer_seconds) as client:
        _list(client, api, target, outcome, until=until)
        if outcome.applied:
            _apply(client, target, outcome, until=until)


def _list(client: GateApiClient, api: GateApi, target: Target, outcome: Outcome, *, until: float) -> None:
    """Put the state of each gate into the outcome."""
    for owner, partner_ids in _owners(api):
        if time.monotonic() > until:
            raise GateApiError(Problem.TIMED_OUT)
        try:
            found = plan(client.gates(owner), owner=owner, partner_ids=partner_ids, target=target)
        except GateApiError as error:
            if api.partner_id or error.problem in OF_ALL_REQUESTS:
                raise
            outcome.entries += [_failed(Entry(State.FAILED, owner, value, ""), error) for value in partner_ids]
            _stop_after_failures(outcome.entries, error)
            continue
        outcome.entries += found.entries
        outcome.others += found.others


def _owners(api: GateApi) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each partner that has gates at LINK, with the partner IDs that need one.

    Erased partner IDs need none: LINK never sends their masked values.
    """
    of_account = PartnerId.objects.filter(account_id=api.account_id).exclude(value__contains=_MASK)
    declared = list(of_account.exclude(declared_at=None).order_by("value").values_list("value", flat=True))
    if api.partner_id:
        yield api.partner_id, declared
        return
    for value in declared:
        yield value, [value]
    for value in of_account.filter(declared_at=None).order_by("-id").values_list("value", flat=True)[:MAX_UNDECLARED]:
        yield value, []


def _apply(client: GateApiClient, target: Target, outcome: Outcome, *, until: float) -> None:
    waiting = [entry for entry in outcome.entries if entry.state in (State.MISSING, State.DIFFERS)]
    for done, entry in enumerate(waiting):
        if time.monotonic() > until:
            outcome.left = len(waiting) - done
            return
        try:
            if entry.state == State.MISSING:
                _create(client, target, entry)
            else:
                _correct(client, target, entry)
        except GateApiError as error:
            _failed(entry, error)
            try:
                if error.problem in OF_ALL_REQUESTS:
                    raise
                _stop_after_failures(waiting[: done + 1], error)
            except GateApiError:
                outcome.left = len(waiting) - done - 1
                raise


def _create(client: GateApiClient, target: Target, entry: Entry) -> None:
    try:
        entry.gate_id = client.add(new_gate(target, owner=entry.owner, partner_id=entry.partner_id))
    except GateApiError as error:
        if error.problem != Problem.CONFLICT:
            raise
        _adopt(client, target, entry, error)
    else:
        entry.state = State.CREATED


def _adopt(client: GateApiClient, target: Target, entry: Entry, conflict: GateApiError) -> None:
    """Use the gate that has the refId already, as after a request that timed out; one that delivers elsewhere stays."""
    gate = client.by_ref_id(entry.owner, entry.ref_id)
    if gate is None:
        raise conflict
    entry.gate, entry.gate_id = gate, str(gate.get("id") or "")
    if not ours(gate, target) or partner_of(gate) not in ("", entry.partner_id):
        entry.state = State.TAKEN
        return
    entry.differences = differences(gate, target, partner_id=entry.partner_id)
    if entry.differences:
        _correct(client, target, entry)
    else:
        entry.state = State.RIGHT


def _correct(client: GateApiClient, target: Target, entry: Entry) -> None:
    if hides_others(entry.gate, target):
        raise GateApiError(Problem.HIDDEN)
    gate = corrected(entry.gate, target, owner=entry.owner, partner_id=entry.partner_id)
    try:
        client.change(entry.owner, entry.gate_id, gate)
    except GateApiError as error:
        if error.problem not in (Problem.GONE, Problem.NO_SUCH_GATE):
            raise
        entry.ref_id = str(gate.get("refId") or "")
        entry.gate_id = client.add(gate)  # somebody deleted it since it was listed
        entry.state = State.CREATED
    else:
        entry.state = State.CORRECTED


def _failed(entry: Entry, error: GateApiError) -> Entry:
    entry.state, entry.problem, entry.code, entry.detail = State.FAILED, error.problem.value, error.code, error.detail
    return entry


def _stop_after_failures(entries: Sequence[Entry], error: GateApiError) -> None:
    """Raise the error if the last gates all failed."""
    last = entries[-MAX_FAILURES:]
    if len(last) == MAX_FAILURES and all(entry.state == State.FAILED for entry in last):
        raise error
