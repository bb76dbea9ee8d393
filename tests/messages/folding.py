"""Reports and submissions of one message, and what they fold into."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from msgspec.structs import replace

from deliveries.dialects.codes import CodeTable
from deliveries.dialects.link_codes import CODES
from deliveries.dialects.report import FROM_NOWHERE, Report, Submission
from deliveries.messages import fold
from deliveries.messages.fold import Folded

TABLE = CodeTable(CODES)
RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SENT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else SENT + timedelta(seconds=seconds)


def report(code: int, seconds: float | None = None, *, part: int | None = None, **fields) -> Report:
    """Return a report of `code`, `seconds` after SENT."""
    empty = Report(
        message_id="X",
        part=part,
        code=code,
        at=at(seconds),
        sent_at=None,
        operator=None,
        operator_code=None,
        ref_id=None,
        segments=0,
        partner_id="",
        partner_rank=FROM_NOWHERE,
        source=None,
        destination=None,
        parameters={},
        clock_oddity=False,
        ref_id_cut=False,
    )
    return replace(empty, **fields)


def part(number: int, code: int, seconds: float | None = None, **fields) -> Report:
    return report(code, seconds, part=number, **fields)


def folded(*inputs: Report | Submission) -> Folded:
    """Fold reports, received a second after each other, and submissions."""
    message = Folded(1, "X")
    for number, item in enumerate(inputs):
        if isinstance(item, Submission):
            fold.add_submission(message, item)
        else:
            fold.add_report(message, item, received_at=RECEIVED + timedelta(seconds=number), codes=TABLE)
    fold.settle(message, codes=TABLE)
    return message


def state(*inputs: Report | Submission) -> tuple[str, int, bool]:
    message = folded(*inputs)
    return message.status, message.result_code, message.final


def in_any_order(*inputs: Report) -> tuple[str, int, bool]:
    """Return the state, which must be the same for every order of arrival."""
    found = {state(*order) for order in permutations(inputs)}
    assert len(found) == 1
    return found.pop()
