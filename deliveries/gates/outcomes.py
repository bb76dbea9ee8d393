"""Outcomes of rounds: what one means for each delivery in it, and when the next attempt is due."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from deliveries.gates.backoff import next_attempt
from deliveries.gates.forwarded import Event
from deliveries.gates.ready import Ready
from deliveries.gates.recording import INTERNAL_ERROR
from deliveries.gates.requests import part_of
from deliveries.gates.results import Attempt, Result
from deliveries.gates.rounds import Round, Sent, shown_headers
from deliveries.gates.settings import GateSettings


def results_of(gate: GateSettings, batch: Sequence[Ready], round_: Round) -> list[Result]:
    """Return what a round means for each delivery of its batch: its attempts, and when the next one is due."""
    shown = [shown_headers(sent.request) if sent.request else "" for sent in round_.sent]
    is_single = len(batch) == 1
    return [
        _result_of(
            one,
            round_,
            shown,
            None if is_single or isinstance(one.report, Event) else part_of(gate.sender, one.report),
        )
        for one in batch
    ]


def failures_of(batch: Sequence[Ready]) -> list[Result]:
    """Return what a fault of the portal itself means for deliveries: they are tried again, as after any failure."""
    now = datetime.now(UTC)
    attempt = Attempt(None, now, INTERNAL_ERROR)
    return [
        Result(one.claim, [attempt], one.claim.done, _next_at(one, now, timedelta(0)), one.report.received_at)
        for one in batch
    ]


def _result_of(one: Ready, round_: Round, headers: Sequence[str], part: bytes | None) -> Result:
    now = datetime.now(UTC)
    attempts = [
        _attempt(sent, shown, part, is_masked=one.report.is_masked)
        for sent, shown in zip(round_.sent, headers, strict=True)
    ]
    due_at = None if round_.is_success else _next_at(one, now, timedelta(seconds=round_.retry_after or 0))
    return Result(one.claim, attempts, round_.done, due_at, one.report.received_at, round_.is_gone)


def _attempt(sent: Sent, headers: str, part: bytes | None, *, is_masked: bool) -> Attempt:
    request = sent.request
    if request is None:
        return Attempt(sent.endpoint_id, sent.at, sent.outcome, sent.ms, answer=sent.answer, is_masked=is_masked)
    return Attempt(
        destination_id=sent.endpoint_id,
        at=sent.at,
        outcome=sent.outcome,
        ms=sent.ms,
        method=request.method,
        url=request.url,
        request_headers=headers,
        request_body=(request.body if part is None else part).decode("utf-8", "replace"),
        answer=sent.answer,
        is_masked=is_masked,
    )


def _next_at(one: Ready, now: datetime, at_least: timedelta) -> datetime | None:
    """Return when a failed delivery is sent again; None: its time to live ends before, or a replay sent it once."""
    if one.claim.replay_id is not None:
        return None
    due_at = now + max(next_attempt(one.claim.attempts + 1, random=random.random()), at_least)  # noqa: S311  no secret
    return due_at if due_at < one.dies_at else None
