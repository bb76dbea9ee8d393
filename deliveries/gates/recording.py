"""Results of the dispatcher as they are stored: attempts, changes of the queue, counts, and states of gates.

One transaction for many results. A result whose claim is another's by now changes nothing in the queue, its attempt is
stored all the same: it took place.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import DataError, connection, transaction
from msgspec.structs import replace

from campaigns.latency import bucket_of
from deliveries.checks.reconcile_gates import NOT_FIRST
from deliveries.erasure.gate_attempts import wait_for_erasures
from deliveries.gates.claims import Claim
from deliveries.gates.erased_meanwhile import without_erased
from deliveries.gates.results import DELIVERED, Attempt, Result
from deliveries.models import Gate
from portal.common.bulk import Sums, add_to_counts, bulk_cursor, stage
from portal.common.safe_text import make_encodable

logger = logging.getLogger(__name__)

INTERNAL_ERROR = "internal_error"  # the outcome of what the portal itself could not send or record
MAX_ANSWER = 4_000  # characters that are kept

_ATTEMPTS = {
    "tenant_id": "int",
    "gate_id": "bigint",
    "destination_id": "bigint",
    "at": "timestamptz",
    "inbox_id": "bigint",
    "account_id": "int",
    "message_id": "text",
    "day": "date",
    "number": "smallint",
    "outcome": "text",
    "is_last": "bool",
    "ms": "int",
    "method": "text",
    "url": "text",
    "request_headers": "text",
    "request_body": "text",
    "answer": "text",
    "is_masked": "bool",
    "replay_id": "bigint",
}
_QUEUE = {
    "tenant_id": "int",
    "gate_id": "bigint",
    "inbox_id": "bigint",
    "token": "bigint",
    "due_at": "timestamptz",
    "attempts": "smallint",
    "done": "bigint[]",
}
_SAME = "d.tenant_id = t.tenant_id AND d.gate_id = t.gate_id AND d.inbox_id = t.inbox_id AND d.token = t.token"
_COUNT_KEYS = {"tenant_id": "int", "gate_id": "bigint", "hour": "timestamptz", "outcome": "text", "bucket": "smallint"}


_REFUSED = (DataError, UnicodeError, OverflowError)  # a value that a column cannot hold


def record(results: Sequence[Result], *, now: datetime) -> None:
    """Store results in one transaction; where the database refuses a value, each in one of its own.

    A result that is refused by itself is stored without what a database cannot hold, or its delivery ends.
    """
    if not results:
        return
    try:
        _write(results, now=now)
    except _REFUSED:
        for result in results:
            _write_one(result, now=now)


def _write_one(result: Result, *, now: datetime) -> None:
    try:
        return _write([_storable(result)], now=now)
    except _REFUSED:
        name = result.claim.gate_id, result.claim.inbox_id
        logger.exception("gate %s: an attempt for inbox row %s cannot be stored; its delivery ends", *name)
    try:
        _write([_ended(result.claim, now=now)], now=now)
    except _REFUSED:
        logger.exception("gate %s: the delivery of inbox row %s cannot be ended; it is due again", *name)


def _storable(result: Result) -> Result:
    """Return the result with U+FFFD for the characters that PostgreSQL cannot hold."""
    return replace(result, attempts=[replace(one, **_storable_texts(one)) for one in result.attempts])


def _storable_texts(attempt: Attempt) -> dict[str, str]:
    texts = ("url", "request_headers", "request_body", "answer")
    return {name: make_encodable(getattr(attempt, name)).replace("\x00", "\ufffd") for name in texts}


def _ended(claim: Claim, *, now: datetime) -> Result:
    """Return the end of a delivery without anything that was sent or answered."""
    return Result(claim, [Attempt(None, now, INTERNAL_ERROR)], claim.done, None, None)


def _write(results: Sequence[Result], *, now: datetime) -> None:
    with transaction.atomic():
        wait_for_erasures()
        results = without_erased(results)
        write_attempts(results)
        _settle_queue(results)
        _change_states(results, now=now)
        add_to_counts(Sums("gate_hour", _COUNT_KEYS, ("number",), _counts(results)))


def write_attempts(results: Iterable[Result]) -> None:
    """Insert the attempts of the results."""
    rows = []
    for result in results:
        claim = result.claim
        for index, one in enumerate(result.attempts, start=1):
            is_last = result.due_at is None and index == len(result.attempts)
            rows.append(
                (
                    *(claim.tenant_id, claim.gate_id, one.destination_id, one.at, claim.inbox_id, claim.account_id),
                    *(
                        claim.message_id,
                        claim.day,
                        claim.attempts + 1,
                        one.outcome,
                        is_last,
                        one.ms,
                        one.method,
                        one.url,
                    ),
                    *(one.request_headers, one.request_body, one.answer, one.is_masked, claim.replay_id),
                )
            )
    with bulk_cursor() as cursor:
        stage(cursor, "new_attempt", _ATTEMPTS, rows)
        names = ", ".join(_ATTEMPTS)
        cursor.execute(f"INSERT INTO gate_attempt ({names}) SELECT {names} FROM new_attempt")  # noqa: S608  names and conditions of this module, constants


def _settle_queue(results: Sequence[Result]) -> None:
    with bulk_cursor() as cursor:
        rows = [(*result.claim.key, result.due_at, result.claim.attempts + 1, list(result.done)) for result in results]
        stage(cursor, "settled_delivery", _QUEUE, rows)
        cursor.execute(f"DELETE FROM gate_delivery d USING settled_delivery t WHERE {_SAME} AND t.due_at IS NULL")  # noqa: S608  names and conditions of this module, constants
        cursor.execute(
            "UPDATE gate_delivery d SET token = NULL, due_at = t.due_at, attempts = t.attempts, done = t.done"  # noqa: S608  names and conditions of this module, constants
            f" FROM settled_delivery t WHERE {_SAME} AND t.due_at IS NOT NULL"
        )


def _change_states(results: Sequence[Result], *, now: datetime) -> None:
    """Note failures and recoveries of gates, and switch those off whose receiver is gone for good."""
    tried = [result for result in results if result.attempts and result.attempts[-1].destination_id is not None]
    well = {result.claim.gate_id for result in tried if result.is_delivered}
    ill = {result.claim.gate_id for result in tried if not result.is_delivered} - well
    with connection.cursor() as cursor:
        if well:
            cursor.execute(
                "UPDATE gate SET failing_since = NULL, mailed = 0 WHERE id = ANY (%s) AND failing_since IS NOT NULL"
                " AND state <> 'off'",  # its mails are not sent twice
                [sorted(well)],
            )
        if ill:
            cursor.execute(
                "UPDATE gate SET failing_since = %s WHERE id = ANY (%s) AND failing_since IS NULL", [now, sorted(ill)]
            )
        if gone := sorted({result.claim.gate_id for result in results if result.is_gone} - well):
            cursor.execute(
                "UPDATE gate SET state = %s, state_at = now(), off_reason = %s WHERE id = ANY (%s) AND state = %s",
                [Gate.State.OFF, Gate.OffReason.GONE, gone, Gate.State.ACTIVE],
            )


def _counts(results: Sequence[Result]) -> dict[tuple, tuple[int]]:
    counts: Counter[tuple] = Counter()
    for result in results:
        claim = result.claim
        for one in result.attempts:
            hour = one.at.replace(minute=0, second=0, microsecond=0)
            bucket = NOT_FIRST
            if one.outcome == DELIVERED and not claim.attempts and claim.replay_id is None and result.received_at:
                ended = one.at.timestamp() + (one.ms or 0) / 1000
                bucket = bucket_of(max(ended - result.received_at.timestamp(), 0) * 1000)
            counts[claim.tenant_id, claim.gate_id, hour, one.outcome, bucket] += 1
    return {key: (number,) for key, number in counts.items()}
