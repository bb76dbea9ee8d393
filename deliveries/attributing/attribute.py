"""Works through the notes: decides events again by the rule, and freezes those of sealed days.

One process at a time, in small transactions. Who has read an older state of the messages can so never write over a
newer result.
"""

from django.db import connection, transaction

from campaigns.conversions.models import ConversionEvent
from deliveries.attributing.rule import ATTRIBUTED, DIFFERS, RESULT, results
from deliveries.messages.slices import wait_for_running_batches
from deliveries.messages.store import same_message
from portal.common.bulk import EACH, plan_for_small_sets

BATCH = 1000  # notes in one transaction
EVENTS = 5000  # events that one statement decides

_LOCK = "portal.conversions"
_TAKE = """
CREATE TEMP TABLE IF NOT EXISTS taken_note (
    tenant_id int, recipient_key bytea, account_id int, message_id text, event_pk bigint,
    since timestamptz
) ON COMMIT DELETE ROWS;
DELETE FROM taken_note;
"""
_MOVE = """
WITH taken AS (
    DELETE FROM conversion_due WHERE id = ANY (ARRAY(SELECT id FROM conversion_due ORDER BY id LIMIT %s))
    RETURNING tenant_id, recipient_key, account_id, message_id, event_pk, since
)
INSERT INTO taken_note
SELECT tenant_id, recipient_key, account_id, message_id, event_pk, min(since) FROM taken GROUP BY 1, 2, 3, 4, 5
"""
_NEW_TENANTS = """
INSERT INTO conversion_tenant (tenant_id)
SELECT DISTINCT tenant_id FROM (SELECT tenant_id FROM conversion_due ORDER BY id LIMIT %s) AS due
WHERE NOT EXISTS (SELECT FROM conversion_tenant t WHERE t.tenant_id = due.tenant_id)
ON CONFLICT DO NOTHING
"""
# A note of a tenant becomes notes of its events, which are as old.
_SPREAD = """
INSERT INTO conversion_due (tenant_id, event_pk, since)
SELECT e.tenant_id, e.id, n.since FROM taken_note n JOIN conversion_event e ON e.tenant_id = n.tenant_id
WHERE n.recipient_key IS NULL AND n.message_id IS NULL AND n.event_pk IS NULL AND NOT e.is_frozen
"""
# Each look-up has one index that fits, whatever PostgreSQL believes of the table's size. Of several that begin with the
# tenant, or hold the same events, only one has the order that is asked for, and sorting is switched off.
_OF_NOTE = "SELECT e.id FROM taken_note n CROSS JOIN LATERAL (SELECT id FROM conversion_event WHERE"
_AFFECTED = f"""
{_OF_NOTE} id = ANY (ARRAY[n.event_pk]) AND tenant_id + 0 = n.tenant_id {EACH}) e
UNION {_OF_NOTE} tenant_id = n.tenant_id AND recipient_key = ANY (ARRAY[n.recipient_key])
    ORDER BY recipient_key {EACH}) e
UNION {_OF_NOTE} message_id = ANY (ARRAY[n.message_id]) AND tenant_id + 0 = n.tenant_id
    AND (account_id IS NULL OR account_id + 0 = n.account_id) {EACH}) e
UNION {_OF_NOTE} attributed_message_id = ANY (ARRAY[n.message_id]) AND tenant_id + 0 = n.tenant_id
    AND attributed_account_id + 0 = n.account_id ORDER BY attributed_message_id {EACH}) e
UNION SELECT e.id FROM (
    SELECT n.* FROM taken_note n WHERE (
        SELECT parameter_key FROM conversion_event WHERE tenant_id = n.tenant_id AND parameter_key > ''
        ORDER BY parameter_key LIMIT 1
    ) IS NOT NULL
) n CROSS JOIN LATERAL (
    SELECT m.custom_parameters FROM message m WHERE m.tenant_id + 0 = n.tenant_id AND {same_message("m", "n")} {EACH}
) m CROSS JOIN LATERAL jsonb_each_text(m.custom_parameters) p CROSS JOIN LATERAL (
    SELECT id FROM conversion_event WHERE tenant_id = n.tenant_id AND parameter_key = p.key
    AND parameter_value = ANY (ARRAY[p.value]) ORDER BY parameter_value {EACH}
) e
"""  # noqa: S608  constants of this module
_SET = ATTRIBUTED.replace("e.", "")
# Two statements: joined in one, the planner may decide all events again for each of them.
_MAKE_DECIDED = """
CREATE TEMP TABLE IF NOT EXISTS decided_event (
    id bigint, account_id int, message_id text, day date, campaign_id int, variant text, delivered_at timestamptz,
    reason text
) ON COMMIT DELETE ROWS;
DELETE FROM decided_event;
"""
_DECIDE = f"INSERT INTO decided_event {results('e.id = ANY (%s)')}"
_WRITE = f"""
UPDATE conversion_event e SET ({_SET}) = ({RESULT}), attributed_at = now()
FROM decided_event r WHERE e.id = ANY (ARRAY[r.id]) AND {DIFFERS}
"""  # noqa: S608  constants of this module
_FREEZE = """
UPDATE conversion_event e SET is_frozen = true FROM retention_mark r
WHERE r.tenant_id = e.tenant_id AND NOT e.is_frozen AND e.attributed_message_day < r.messages_before
"""


def attribute_due(*, wait: bool = False) -> int | None:
    """Work through the notes; return how many events changed, None if another process is doing it.

    With `wait` it takes its turn after the other process, and never returns None.
    """
    changed = 0
    while (step := _step(wait=wait)) is not None:
        notes, of_step = step
        changed += of_step
        if not notes:
            return changed
    return None


def freeze() -> int:
    """Freeze the attributed events of sealed days; return how many. Call it before messages are deleted."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_LOCK])
        cursor.execute(_FREEZE)
        return cursor.rowcount


def _step(*, wait: bool) -> tuple[int, int] | None:
    """Work through the next notes; return how many notes and changed events, None if another process does it."""
    _watch_new_tenants()
    with transaction.atomic(), connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_LOCK])
        else:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [_LOCK])
            if not cursor.fetchone()[0]:
                return None
        cursor.execute(_TAKE)
        cursor.execute(_MOVE, [BATCH])
        notes = cursor.rowcount
        if not notes:
            return 0, 0
        plan_for_small_sets()
        cursor.execute(_SPREAD)
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(_AFFECTED)
        ids = sorted(id_ for (id_,) in cursor.fetchall())
        cursor.execute("SET LOCAL enable_sort = on")
        changed = 0
        for start in range(0, len(ids), EVENTS):
            cursor.execute(_MAKE_DECIDED)
            cursor.execute(_DECIDE, [ids[start : start + EVENTS]])
            cursor.execute(_WRITE)
            changed += cursor.rowcount
        return notes, changed


def _watch_new_tenants() -> None:
    """Let changes of messages be noted for tenants with their first event, from before that event is decided."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NEW_TENANTS, [BATCH])
        is_new = cursor.rowcount
    if is_new:
        wait_for_running_batches()


def waiting_events(tenant_id: int) -> int:
    """Count the events of a tenant that nothing has decided yet."""
    return ConversionEvent.objects.filter(tenant_id=tenant_id, attributed_at=None, reason="not_yet").count()
