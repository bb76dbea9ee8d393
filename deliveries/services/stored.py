"""Messages as they lie in the table: read by identity, written in sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import orjson
from django.db import connection

from deliveries import partitions
from deliveries.dialects.codes import State
from deliveries.fold import NO_CODE, PARTNER_OVER_LIMIT, Folded

OTHER_PARTNER_IDS = "(other)"
SEARCH_WINDOW = timedelta(days=35)

Key = tuple[int, str]  # account id, message id

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
}
_LIST = ", ".join(COLUMNS)


@dataclass(slots=True)
class StoredMessage:
    """A message with what its tenant's rules add: whose it is, its day there, its campaign."""

    folded: Folded
    tenant_id: int
    day: date
    campaign_id: int
    variant: str
    labels: dict[str, str] | None

    @property
    def key(self) -> Key:
        return self.folded.account_id, self.folded.message_id


@dataclass(slots=True)
class Change:
    """A message before (None: it is new) and after."""

    before: StoredMessage | None
    after: StoredMessage


def counted_partner_id(folded: Folded) -> str:
    """Return the platformPartnerId under which a message is counted."""
    return OTHER_PARTNER_IDS if folded.flags & PARTNER_OVER_LIMIT else folded.partner_id


def read_messages(keys: Iterable[Key], *, around: tuple[datetime, datetime] | None) -> dict[Key, StoredMessage]:
    """Return the messages that exist, by identity.

    They are looked for first within SEARCH_WINDOW of `around` (earliest and latest time known of them), then, what is
    missing, in all other partitions.
    """
    wanted = sorted(set(keys))
    found: dict[Key, StoredMessage] = {}
    if around is not None:
        first, last = (around[0] - SEARCH_WINDOW).date(), (around[1] + SEARCH_WINDOW).date()
        _read(found, wanted, "m.day BETWEEN %s AND %s", [first, last])
        wanted = [key for key in wanted if key not in found]
        if wanted:
            _read(found, wanted, "m.day < %s", [first])
            _read(found, wanted, "m.day > %s", [last])
    else:
        _read(found, wanted, "true", [])
    return found


def _read(found: dict[Key, StoredMessage], keys: list[Key], where: str, parameters: list) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(f'm.{column}' for column in COLUMNS)}"
            " FROM unnest(%s::int[], %s::text[]) AS k (account_id, message_id)"
            f" JOIN message m ON m.account_id = k.account_id AND m.message_id = k.message_id WHERE {where}",
            [[key[0] for key in keys], [key[1] for key in keys], *parameters],
        )
        for row in cursor.fetchall():
            message = from_row(row)
            found[message.key] = message


def write_messages(changes: list[Change]) -> None:
    """Write the changed messages set-based, and move the reports of those whose tenant or day changed."""
    partitions.ensure_months({change.after.day for change in changes})
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS changed_message"
            f" (op text, old_tenant_id int, old_day date, {', '.join(f'{c} {t}' for c, t in COLUMNS.items())})"
            " ON COMMIT DELETE ROWS"
        )
        cursor.execute("TRUNCATE changed_message")
        ops = set()
        with cursor.copy(f"COPY changed_message (op, old_tenant_id, old_day, {_LIST}) FROM STDIN") as copy:
            for change in changes:
                before, after = change.before, change.after
                if before is None:
                    op = "new"
                else:
                    op = "same" if (before.tenant_id, before.day) == (after.tenant_id, after.day) else "moved"
                ops.add(op)
                copy.write_row((op, before and before.tenant_id, before and before.day, *to_row(after)))
        if "moved" in ops:
            _move(cursor)
        if "same" in ops:
            cursor.execute(
                f"UPDATE message m SET {', '.join(f'{c} = t.{c}' for c in COLUMNS if c not in _IDENTITY)}"
                " FROM changed_message t WHERE t.op = 'same' AND m.day = t.day AND m.account_id = t.account_id"
                " AND m.message_id = t.message_id"
            )
        if ops & {"new", "moved"}:
            cursor.execute(
                f"INSERT INTO message ({_LIST}) SELECT {_LIST} FROM changed_message WHERE op IN ('new', 'moved')"
            )


_IDENTITY = {"tenant_id", "day", "account_id", "message_id"}
_REPORT = (
    "account_id, message_id, part, result_code, status_at, sent_at, operator, operator_result_code,"
    " feed_id, inbox_id, received_at"
)


def _move(cursor) -> None:
    """Take away what lies under an old tenant or day: neither can be changed in place."""
    where = (
        "t.op = 'moved' AND m.tenant_id = t.old_tenant_id AND m.day = t.old_day"
        " AND m.account_id = t.account_id AND m.message_id = t.message_id"
    )
    cursor.execute(f"DELETE FROM message m USING changed_message t WHERE {where}")
    cursor.execute(
        f"WITH gone AS (DELETE FROM delivery_report m USING changed_message t WHERE {where}"
        " RETURNING t.tenant_id AS new_tenant_id, t.day AS new_day, m.*)"
        f" INSERT INTO delivery_report (tenant_id, day, {_REPORT}) SELECT new_tenant_id, new_day, {_REPORT} FROM gone"
    )


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
    )


def from_row(row: tuple) -> StoredMessage:
    """Return the message of one row of COLUMNS."""
    (
        tenant_id, day, account_id, message_id, partner_id, partner_rank, ref_id, campaign_id, variant, labels,
        parameters, source, destination, sender_type, country, operator, parts, status, result_code, final, status_at,
        part_states, flags, sent_at, sent_at_rank, delivered_at, latency_bucket, received_at,
    ) = row  # fmt: skip
    folded = Folded(
        account_id=account_id,
        message_id=message_id,
        partner_id=partner_id,
        partner_rank=partner_rank,
        ref_id=ref_id,
        source=source,
        sender_type=sender_type,
        destination=destination,
        operator=operator,
        country=country,
        parameters=_load(parameters),
        parts=parts,
        status=status,
        result_code=result_code,
        final=final,
        status_at=status_at,
        flags=flags,
        sent_at=sent_at,
        sent_at_rank=sent_at_rank,
        delivered_at=delivered_at,
        latency_bucket=latency_bucket,
        received_at=received_at,
    )
    if part_states is not None:
        _load_states(folded, _load(part_states))
    elif result_code != NO_CODE:
        folded.whole = State(result_code, status_at)
    return StoredMessage(folded, tenant_id, day, campaign_id, variant, _load(labels))


def _dump(value: dict | None) -> str | None:
    return orjson.dumps(value).decode() if value else None


def _load(value: str | dict | None) -> dict | None:
    return orjson.loads(value) if isinstance(value, str) else value


def _dump_states(folded: Folded) -> str | None:
    """Return the parts' states as JSON, None where there are none: the whole state is the message's own then.

    Except for the code that stands for "nothing heard" in the row: as a gateway's own code it must be told apart.
    """
    if not folded.part_states and (folded.whole is None or folded.whole.code != NO_CODE):
        return None
    states = {str(part): state for part, state in folded.part_states.items()}
    if folded.whole is not None:
        states["whole"] = folded.whole
    return orjson.dumps({name: [state.code, state.at] for name, state in states.items()}).decode()


def _load_states(folded: Folded, states: dict) -> None:
    for name, (code, at) in states.items():
        state = State(code, datetime.fromisoformat(at).astimezone(UTC) if at else None)
        if name == "whole":
            folded.whole = state
        else:
            folded.part_states[int(name)] = state
