"""A stored message as a row of the table, and back."""

from datetime import UTC, date, datetime

import orjson
from msgspec import Struct

from deliveries.dialects.codes import State
from deliveries.messages.fold import NO_CODE, PARTNER_OVER_LIMIT, Folded

Key = tuple[int, str]  # account id, message id
OTHER_LABEL = "(other)"
COLUMNS = {
    "tenant_id": "int",
    "day": "date",
    "account_id": "int",
    "message_id": "text",
    "partner_id": "text",
    "partner_rank": "smallint",
    "ref_id": "text",
    "campaign_id": "int",
    "variant": "text",
    "labels": "jsonb",
    "custom_parameters": "jsonb",
    "source": "text",
    "destination": "text",
    "sender_type": "text",
    "country": "varchar",
    "operator": "text",
    "parts": "smallint",
    "status": "text",
    "result_code": "int",
    "final": "bool",
    "status_at": "timestamptz",
    "part_states": "jsonb",
    "flags": "smallint",
    "sent_at": "timestamptz",
    "sent_at_rank": "smallint",
    "delivered_at": "timestamptz",
    "latency_bucket": "smallint",
    "received_at": "timestamptz",
    "recipient_key": "bytea",
}


class StoredMessage(Struct, gc=False):
    """A message with what its tenant's rules add: whose it is, its day there, its campaign, its recipient."""

    folded: Folded
    tenant_id: int
    day: date
    campaign_id: int
    variant: str
    labels: dict[str, str] | None
    recipient_key: bytes | None = None  # deliveries/messages/recipients.py
    updated_at: datetime | None = None  # the database sets it (deliveries/search/changes.py)

    @property
    def key(self) -> Key:
        return self.folded.account_id, self.folded.message_id


class Change(Struct, gc=False):
    """A message before (None: it is new) and after."""

    before: StoredMessage | None
    after: StoredMessage


def copied(message: StoredMessage) -> StoredMessage:
    """Return a copy that can be changed without touching this one."""
    m = message
    labels = m.labels.copy() if m.labels else m.labels
    return StoredMessage(m.folded.copy(), m.tenant_id, m.day, m.campaign_id, m.variant, labels, m.recipient_key)


def counted_partner_id(folded: Folded) -> str:
    """Return the platformPartnerId under which a message is counted."""
    return OTHER_LABEL if folded.flags & PARTNER_OVER_LIMIT else folded.partner_id


def to_row(message: StoredMessage) -> tuple:
    """Return the values of COLUMNS."""
    f = message.folded
    return (
        message.tenant_id,
        message.day,
        f.account_id,
        f.message_id,
        f.partner_id,
        f.partner_rank,
        f.ref_id,
        message.campaign_id,
        message.variant,
        _dump(message.labels),
        _dump(f.parameters),
        f.source,
        f.destination,
        f.sender_type,
        f.country,
        f.operator,
        f.parts,
        f.status,
        f.result_code,
        f.final,
        f.status_at,
        _dump_states(f),
        f.flags,
        f.sent_at,
        f.sent_at_rank,
        f.delivered_at,
        f.latency_bucket,
        f.received_at,
        message.recipient_key,
    )


def from_row(row: tuple) -> StoredMessage:
    """Return the message of one row of COLUMNS."""
    (
        tenant_id, day, account_id, message_id, partner_id, partner_rank, ref_id, campaign_id, variant, labels,
        parameters, source, destination, sender_type, country, operator, parts, status, result_code, final, status_at,
        part_states, flags, sent_at, sent_at_rank, delivered_at, latency_bucket, received_at, recipient_key,
    ) = row  # fmt: skip
    folded = Folded(  # by place: every message's way leads through here
        account_id, message_id, partner_id, partner_rank, ref_id, source, sender_type, destination, operator, country,
        _load(parameters), parts, None, {}, status, result_code, final, status_at, flags, sent_at, sent_at_rank,
        delivered_at, latency_bucket, received_at,
    )  # fmt: skip
    if part_states is not None:
        _load_states(folded, _load(part_states))
    elif result_code != NO_CODE:
        folded.whole = State(result_code, status_at, delivered_at if delivered_at != status_at else None)
    return StoredMessage(folded, tenant_id, day, campaign_id, variant, _load(labels), recipient_key)


def _dump(value: dict | None) -> str | None:
    return orjson.dumps(value).decode() if value else None


def _load(value: str | None) -> dict | None:
    return orjson.loads(value) if value is not None else None


def _dump_states(folded: Folded) -> str | None:
    """Return the states of parts and whole as JSON, None if the row's own columns hold all of them.

    They do if there is only the whole, unless its code is the row's "no report" (which a gateway's own code must not
    be), or its delivery is to be kept while another state wins. The third value of a state is its delivery, left out if
    code and time give it (CodeTable.delivery).
    """
    whole = folded.whole
    if not folded.part_states and (
        whole is None or (whole.code != NO_CODE and whole.delivery in (None, folded.delivered_at))
    ):
        return None
    states = {str(part): state for part, state in folded.part_states.items()}
    if whole is not None:
        states["whole"] = whole
    return orjson.dumps({name: _dump_state(state) for name, state in states.items()}).decode()


def _dump_state(state: State) -> list:
    return [state.code, state.at] if state.delivery is None else [state.code, state.at, state.delivery]


def _load_states(folded: Folded, states: dict) -> None:
    for name, (code, *times) in states.items():
        state = State(code, *(datetime.fromisoformat(time).astimezone(UTC) if time else None for time in times))
        if name == "whole":
            folded.whole = state
        else:
            folded.part_states[int(name)] = state
