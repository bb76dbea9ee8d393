"""Attempts of gates as pages show them: in words, and masked as the role of the person has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from deliveries.gates_outbox.outcomes import Outcome, in_words
from deliveries.messages.store import read_messages
from deliveries.models import Gate, GateAttempt, GateEvent
from portal.common.masking import Masking

_OF_SIGNATURE = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """An attempt. `target` is its host and path, `message_id` and the texts are masked if they have to be.

    `event` is the type of the event that was sent, '' of a report. Events hold no phone numbers.
    """

    attempt: GateAttempt
    outcome: Outcome
    target: str
    message_id: str
    is_hidden_id: bool
    url: str
    body: str
    answer: str
    event: str = ""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Headers as (name, value)."""
        found = [line.partition(":") for line in self.attempt.request_headers.splitlines()]
        return [(name.strip(), value.strip()) for name, _colon, value in found]

    @property
    def signature(self) -> dict[str, str]:
        """The three headers of the signature by name with underscores; empty where nothing was sent."""
        return {name.replace("-", "_"): value for name, value in self.headers if name.lower() in _OF_SIGNATURE}

    @property
    def event_name(self) -> str:
        """The event's name for people; '' of a report."""
        return str(Gate.Event(self.event).label) if self.event else ""

    @property
    def is_test(self) -> bool:
        return self.attempt.number == 0


def shown(attempts: Sequence[GateAttempt], masking: Masking) -> list[ShownAttempt]:
    """Return the attempts in their order."""
    own = {} if masking.in_full else _own_numbers(attempts)
    events, found = _event_types(attempts), []
    for attempt in attempts:
        number = own.get((attempt.account_id, attempt.message_id))
        parts = urlsplit(attempt.url)
        found.append(
            ShownAttempt(
                attempt=attempt,
                outcome=in_words(attempt.outcome),
                target=masking.text(f"{parts.netloc}{parts.path}", number),
                message_id=attempt.message_id if attempt.is_event else masking.id(attempt.message_id, number) or "",
                is_hidden_id=not attempt.is_event and masking.hides_id(attempt.message_id, number),
                url=masking.text(attempt.url, number),
                body=attempt.request_body if attempt.is_event else masking.text(attempt.request_body, number),
                answer=masking.text(attempt.answer, number),
                event=events.get(attempt.inbox_id or 0, ""),
            )
        )
    return found


def _event_types(attempts: Sequence[GateAttempt]) -> dict[int, str]:
    """Return the types of the events among them by inbox id."""
    ids = {-one.inbox_id for one in attempts if one.inbox_id is not None and one.is_event}
    rows = GateEvent.objects.filter(id__in=ids).values_list("id", "type") if ids else ()
    return {-id_: type_ for id_, type_ in rows}


def _own_numbers(attempts: Sequence[GateAttempt]) -> dict[tuple[int | None, str], str | None]:
    keys = {(one.account_id, one.message_id) for one in attempts if one.account_id}
    messages = read_messages(sorted(keys), around=None) if keys else {}
    return {key: message.folded.destination for key, message in messages.items()}
