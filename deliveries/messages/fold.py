"""From delivery reports and submissions to a message: every rule of docs/link.md section 5, pure.

A part's state is the maximum of its reports under one total order, and the message is a function of its parts, so
order, repetition and batching cannot matter; the one exception is a contradiction between two reports'
attributes, where the first one in stays.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from campaigns.latency import bucket_of
from deliveries.dialects.codes import DELIVERED, OUTCOMES, QUEUED, SENT, UNKNOWN, CodeTable, State
from deliveries.dialects.report import FROM_CLAIM, FROM_NOWHERE, Report, Submission
from portal.common.hidden_numbers import without_number
from portal.common.msisdn import (
    HIDDEN,
    country_of_destination,
    destination_rank,
    mask_numbers,
    sender_type,
    tells_number,
)

NO_CODE = -1  # the part that decides has not been heard of

# Where `sent_at` came from, worst first: a better source replaces a lesser one (section 5.6)
BY_RECEIPT, BY_STATUS_TIME, BY_SUBMISSION, BY_SENT_TIMESTAMP = range(4)

# Bits of Message.flags
CONTRADICTING_STATES = 1  # both a final delivery and a final failure were reported; unknown (1010) is neither
CONTRADICTING_ATTRIBUTES = 2  # two reports disagreed; the first one stayed
CLOCK_OUT_OF_WINDOW = 4  # a gateway's time was taken as missing (section 5.6)
PARTNER_OVER_LIMIT = 8  # counted under "(other)": over the daily limit of new platformPartnerIds
SUBMITTED = 16  # the submission is known, its values win
REF_ID_CUT = 32  # the refId was longer than 256 bytes
NEGATIVE_LATENCY = 64  # delivered before it was sent, by the clocks; counted as 0 s
# The submission said it: its value stays, and a report that says another one contradicts no other report.
SUBMITTED_REF_ID, SUBMITTED_SOURCE, SUBMITTED_DESTINATION, SUBMITTED_PARAMETERS = 128, 256, 512, 1024
# The destination is a keyed hash (deliveries/erasure/erase.py): no report brings the number back, the country stays.
NUMBER_ERASED = 2048

_ADVANCE = {QUEUED: 0, SENT: 1, DELIVERED: 2}


class Folded(Struct, gc=False):
    """A message as far as the gateway's reports make it; what its tenant's rules add is not in here."""

    account_id: int
    message_id: str
    # attributes
    partner_id: str = ""
    partner_rank: int = FROM_NOWHERE
    ref_id: str | None = None
    source: str | None = None
    sender_type: str = ""
    destination: str | None = None
    operator: str = ""
    country: str = "ZZ"
    parameters: dict[str, str] | None = None
    parts: int = 1
    # states
    whole: State | None = None
    part_states: dict[int, State] = msgspec.field(default_factory=dict)
    status: str = ""
    result_code: int = NO_CODE
    final: bool = False
    status_at: datetime | None = None
    flags: int = 0
    # times
    sent_at: datetime | None = None
    sent_at_rank: int = BY_RECEIPT
    delivered_at: datetime | None = None
    latency_bucket: int | None = None
    received_at: datetime | None = None

    def copy(self) -> "Folded":
        """Return a copy that can be folded into without touching this one."""
        copied: Folded = self.__copy__()  # type: ignore[attr-defined] # not in the stubs of msgspec
        copied.parameters = self.parameters.copy() if self.parameters is not None else None
        copied.part_states = self.part_states.copy()
        return copied


def add_report(message: Folded, report: Report, *, received_at: datetime, codes: CodeTable) -> None:
    """Take one report in. Call `settle` after the last one; any order gives the same message."""
    part = report.part
    if part is None and message.whole is None:  # the way of most, kept short
        message.whole = State(report.code, report.at)
    else:
        _add_state(message, part, State(report.code, report.at), codes)
    parts = report.segments if part is None else max(report.segments, part + 1)
    if parts > message.parts:
        message.parts = parts
    if report.clock_oddity:
        message.flags |= CLOCK_OUT_OF_WINDOW
    if report.sent_at is not None:
        _sent_at(message, report.sent_at, BY_SENT_TIMESTAMP)
    elif report.at is not None:
        _sent_at(message, report.at, BY_STATUS_TIME)
    else:
        _sent_at(message, received_at, BY_RECEIPT)
    if message.received_at is None or received_at < message.received_at:
        message.received_at = received_at
    _add_attributes(message, report)


def restate(message: Folded, states: list[tuple[int | None, State]], *, codes: CodeTable) -> None:
    """Rebuild the states from all reports, each as (part or None, state), with the current codes."""
    message.whole, message.part_states = None, {}
    message.flags &= ~CONTRADICTING_STATES
    for part, state in states:
        _add_state(message, part, state, codes)
    settle(message, codes=codes)


def add_submission(message: Folded, submission: Submission) -> None:
    """Take the submission in: its values win over the reports' (section 5.11); a second one fills what is missing."""
    message.flags |= SUBMITTED
    _sent_at(message, submission.submitted_at, BY_SUBMISSION)
    if submission.ref_id and not message.flags & SUBMITTED_REF_ID and not has_masked_ref_id(message):
        message.ref_id = _text(message, submission.ref_id, submission.destination)
        message.flags = message.flags & ~REF_ID_CUT | SUBMITTED_REF_ID
    if submission.destination and _is_better(submission.destination, message):
        message.destination = submission.destination
        message.flags |= SUBMITTED_DESTINATION
    if not message.flags & SUBMITTED_SOURCE:
        if submission.source:
            message.source = _text(message, submission.source, submission.destination)
            message.sender_type = sender_type(submission.source)
            message.flags |= SUBMITTED_SOURCE
        message.sender_type = sender_type(None, submission.source_ton) or message.sender_type
    if submission.partner_id and message.partner_rank > submission.partner_rank:
        message.partner_id, message.partner_rank = submission.partner_id, submission.partner_rank
    if submission.parameters:
        known = message.parameters or {}
        said = _parameters(message, submission.parameters, submission.destination)
        is_first = not message.flags & SUBMITTED_PARAMETERS
        message.parameters = {**known, **said} if is_first else {**said, **known}
        message.flags |= SUBMITTED_PARAMETERS


def is_anothers(message: Folded, submission: Submission) -> bool:
    """Return whether a tenant's submission names a message of another platformPartnerId, and must be ignored."""
    return (
        submission.partner_rank == FROM_CLAIM
        and message.partner_rank <= FROM_CLAIM
        and message.partner_id != submission.partner_id
    )


def settle(message: Folded, *, codes: CodeTable) -> None:
    """Derive what follows from the states and attributes: status, latency, country."""
    if not message.flags & NUMBER_ERASED:
        message.country = country_of_destination(message.destination, message.operator)
    _settle_state(message, codes)
    message.flags &= ~NEGATIVE_LATENCY
    message.latency_bucket = None
    if message.delivered_at is not None:
        assert message.sent_at is not None  # every report brings it
        seconds = (message.delivered_at - message.sent_at).total_seconds()
        if seconds < 0:
            message.flags |= NEGATIVE_LATENCY
            seconds = 0.0
        message.latency_bucket = bucket_of(seconds)


def _add_state(message: Folded, part: int | None, state: State, codes: CodeTable) -> None:
    known = message.whole if part is None else message.part_states.get(part)
    state = state if known is None else _greater(message, known, state, codes)
    if part is None:
        message.whole = state
    else:
        message.part_states[part] = state


def _greater(message: Folded, known: State, state: State, codes: CodeTable) -> State:
    if state == known:
        return known
    if codes.contradict(known, state):
        message.flags |= CONTRADICTING_STATES
    return codes.greater(known, state)


def _sent_at(message: Folded, instant: datetime, rank: int) -> None:
    if message.sent_at is None or rank > message.sent_at_rank:
        message.sent_at, message.sent_at_rank = instant, rank
    elif rank == message.sent_at_rank and instant < message.sent_at:
        message.sent_at = instant


def _add_attributes(message: Folded, report: Report) -> None:
    """Fill what is missing; of two that disagree the first stays and the message is flagged (section 5.11)."""
    if _says_nothing_new(message, report):
        return
    submitted, contradiction = message.flags, False
    if report.ref_id is not None:
        if message.ref_id is None:
            message.ref_id = _text(message, report.ref_id, report.destination)
        if message.ref_id != report.ref_id:
            # The one that stayed may have lost its number since: so it is with the source and the parameters.
            contradiction |= not submitted & (SUBMITTED_REF_ID | NUMBER_ERASED)
        elif report.ref_id_cut and not submitted & SUBMITTED_REF_ID:
            message.flags |= REF_ID_CUT
    if report.operator is not None:
        message.operator = message.operator or _text(message, report.operator, report.destination)
        contradiction |= message.operator != report.operator and not submitted & NUMBER_ERASED
    if report.destination is not None and not submitted & NUMBER_ERASED:
        if message.destination is None:
            message.destination = report.destination
        elif message.destination != report.destination:
            ours, its = destination_rank(message.destination), destination_rank(report.destination)
            if ours == its:
                contradiction |= not submitted & SUBMITTED_DESTINATION
            elif its > ours:
                message.destination = report.destination
                message.flags &= ~SUBMITTED_DESTINATION
    if report.source is not None:
        if message.source is None:
            message.source = _text(message, report.source, report.destination)
            message.sender_type = message.sender_type or sender_type(report.source)  # the submission's type stays
        elif message.source != report.source:
            contradiction |= not submitted & (SUBMITTED_SOURCE | NUMBER_ERASED)
    if report.partner_rank < message.partner_rank:
        message.partner_id, message.partner_rank = report.partner_id, report.partner_rank
    elif report.partner_rank == message.partner_rank:
        contradiction |= report.partner_id != message.partner_id
    if report.parameters:
        known = message.parameters
        if known is None:
            message.parameters = _parameters(message, report.parameters, report.destination) or None
        elif known != report.parameters:
            if any(known.get(key, value) != value for key, value in report.parameters.items()):
                contradiction |= not submitted & (SUBMITTED_PARAMETERS | NUMBER_ERASED)
            message.parameters = {**_parameters(message, report.parameters, report.destination), **known}
    if contradiction:
        message.flags |= CONTRADICTING_ATTRIBUTES


def _is_better(destination: str, message: Folded) -> bool:
    """Return whether a submission's destination replaces the message's: what tells more does, else the first one.

    So a country that is known stays known.
    """
    if message.flags & NUMBER_ERASED:
        return False
    if message.destination is not None:
        known, said = destination_rank(message.destination), destination_rank(destination)
        if known != said:
            return said > known
    return not message.flags & SUBMITTED_DESTINATION


def _says_nothing_new(message: Folded, report: Report) -> bool:
    """Return whether the report has the message's own attributes, like the second report of most messages."""
    return (
        report.operator == message.operator
        and report.destination == message.destination
        and report.parameters == message.parameters
        and report.partner_id == message.partner_id
        and report.partner_rank == message.partner_rank
        and report.ref_id == message.ref_id
        and report.source == message.source
        and not report.ref_id_cut
    )


def has_masked_ref_id(message: Folded) -> bool:
    """Return whether the number was erased in the message's refId; then the refId and its derived values stay."""
    return bool(message.flags & NUMBER_ERASED) and message.ref_id is not None and HIDDEN in message.ref_id


def _text(message: Folded, text: str, number: str | None) -> str:
    """Return the text of a report with `number`, without the number if it was erased in the message.

    If the report has no number, every possible number in the text is masked.
    """
    if not message.flags & NUMBER_ERASED:
        return text
    return without_number(text, number) if number else mask_numbers(text)


def _parameters(message: Folded, parameters: dict[str, str], number: str | None) -> dict[str, str]:
    """Return custom parameters of a report; after an erasure, without those that hold the number."""
    if not message.flags & NUMBER_ERASED:
        return parameters
    return {
        key: value
        for key, value in parameters.items()
        if not any(tells_number(text, number) or (not number and mask_numbers(text) != text) for text in (key, value))
    }


def _settle_state(message: Folded, codes: CodeTable) -> None:
    """Set status, code, finality and the times that go with them (section 5.4)."""
    whole, parts = message.whole, message.part_states
    if whole is None and not parts:
        _take(message, QUEUED, State(NO_CODE, None), False, None)  # submitted, nothing heard yet
        return
    if parts:
        _settle_parts(message, codes)
    if whole is None:
        return
    status, final = codes.meaning(whole.code)
    if not parts or (final and not (status == UNKNOWN and message.status in OUTCOMES)):
        _take(message, status, whole, final, codes.delivery(whole))
    for state in parts.values():
        if codes.contradict(whole, state):
            message.flags |= CONTRADICTING_STATES


def _settle_parts(message: Folded, codes: CodeTable) -> None:
    states = [state for _number, state in sorted(message.part_states.items())]
    delivered = []
    for state in states:
        status, final = codes.meaning(state.code)
        if status == DELIVERED:
            delivered.append(state)
        elif final:
            _take(message, status, state, True, None)
            return
    if len(delivered) >= message.parts:
        # Billing may still be open for one of them (1007): then so it is for the message.
        deciding = next((state for state in delivered if not codes.is_final(state.code)), delivered[0])
        last = _last(state.at for state in delivered)
        delivery = _last(codes.delivery(state) for state in delivered)
        _take(message, DELIVERED, State(deciding.code, last), codes.is_final(deciding.code), delivery)
        return
    if len(states) < message.parts:
        states.append(State(NO_CODE, None))
    deciding = min(states, key=lambda state: _ADVANCE.get(codes.status(state.code), _ADVANCE[SENT]))
    status = codes.status(deciding.code)
    _take(message, status if status in _ADVANCE else SENT, deciding, False, None)


def _last(times: Iterable[datetime | None]) -> datetime | None:
    """Return the last of the parts' times, None where one of them is not known."""
    times = list(times)
    known = [time for time in times if time is not None]
    return max(known) if len(known) == len(times) else None


def _take(message: Folded, status: str, state: State, final: bool, delivery: datetime | None) -> None:
    message.status, message.result_code, message.final, message.status_at = (
        status,
        state.code,
        final,
        state.at,
    )
    message.delivered_at = delivery if status == DELIVERED else None
