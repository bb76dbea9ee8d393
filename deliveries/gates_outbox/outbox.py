"""Deliveries of gates as they are queued: one for each new delivery report and gate whose filter it passes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from django.db import connection
from msgspec import Struct

from deliveries.dialects.codes import CodeTable
from deliveries.gates_outbox.matching import Facts, Filter
from deliveries.messages.delivery_reports import NewReport
from deliveries.messages.row import StoredMessage
from deliveries.messages.store import Key
from portal.common.bulk import bulk_cursor, stage

CHANNEL = "gates"  # of NOTIFY; the dispatcher listens
_COLUMNS = {
    "tenant_id": "int",
    "gate_id": "bigint",
    "inbox_id": "bigint",
    "account_id": "int",
    "message_id": "text",
    "day": "date",
    "held_ms": "bigint",
}
# How long a gate was held until now, all in all.
HELD_MS = (
    "held_ms + CASE WHEN state = 'active' THEN 0"
    " ELSE (extract(epoch FROM greatest(now() - state_at, interval '0')) * 1000)::bigint END"
)
# A campaign that is merged into a chosen one counts as that one.
_GATES = (
    f"SELECT id, tenant_id, {HELD_MS}, partner_ids, final_only, statuses, countries,"  # noqa: S608  a constant expression
    " campaign_ids || ARRAY(SELECT c.id FROM campaigns_campaign c"
    " WHERE c.tenant_id = gate.tenant_id AND c.merged_into_id = ANY (campaign_ids)),"
    " ref_id_prefix, parameter_key, parameter_value, NOT forwards_reports FROM gate WHERE tenant_id = ANY (%s)"
)


class OpenGate(Struct, frozen=True, gc=False):
    """A gate as far as queueing needs it. `held_ms`: how long it was held until now, all in all."""

    id: int
    held_ms: int
    filter: Filter


def add_deliveries(
    reports: Iterable[NewReport],
    added: Collection[int],
    messages: Mapping[Key, StoredMessage],
    codes: Mapping[str, CodeTable],
) -> int:
    """Queue the new reports (their inbox ids are in `added`) at their tenants' gates and return how many were queued.

    Call it in the transaction that writes them. Reports from an archive's import are history and are not forwarded.
    """
    gates = gates_of({message.tenant_id for message in messages.values()}) if added else {}
    if not gates:
        return 0
    rows = []
    for item in reports:
        message = messages[item.key]
        some = gates.get(message.tenant_id)
        if not some or item.row.id not in added or item.row.import_run_id is not None:
            continue
        facts = facts_of(message, *codes[item.dialect].meaning(item.report.code))
        rows += [
            (message.tenant_id, gate.id, item.row.id, *item.key, message.day, gate.held_ms)
            for gate in some
            if gate.filter.matches(facts)
        ]
    insert(rows)
    return len(rows)


def gates_of(tenant_ids: Collection[int]) -> dict[int, list[OpenGate]]:
    """Return the gates of these tenants by tenant, without the tenants that have none."""
    found: dict[int, list[OpenGate]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_GATES, [sorted(tenant_ids)])
        for id_, tenant_id, held_ms, partners, final_only, statuses, countries, campaigns, *more in cursor.fetchall():
            sets = frozenset(statuses), frozenset(countries), frozenset(campaigns)
            found[tenant_id].append(OpenGate(id_, held_ms, Filter(frozenset(partners), final_only, *sets, *more)))
    return found


def facts_of(message: StoredMessage, status: str, is_final: bool) -> Facts:
    """Return what filters look at: of a message, and of a report with this status."""
    folded = message.folded
    return Facts(
        folded.partner_id,
        status,
        is_final,
        folded.country,
        message.campaign_id,
        folded.ref_id or "",
        folded.parameters or {},
    )


def insert(rows: list[tuple]) -> None:
    """Insert rows of the queue and wake the dispatcher at the commit; one that waits already is left as it is."""
    if not rows:
        return
    with bulk_cursor() as cursor:
        stage(cursor, "new_delivery", _COLUMNS, rows)
        names = ", ".join(_COLUMNS)
        cursor.execute(f"INSERT INTO gate_delivery ({names}) SELECT {names} FROM new_delivery ON CONFLICT DO NOTHING")  # noqa: S608  names and conditions of this module, constants
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
