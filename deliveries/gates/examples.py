"""The newest report that a gate would forward: for previews and tests of a gate, as it would be sent."""

from datetime import UTC, date, datetime, timedelta

from django.db import connection

from deliveries.gates.forwarded import Forwarded
from deliveries.gates.loading import Place, load
from deliveries.gates_outbox.matching import Facts, Filter

LOOKED_AT = 200  # newest messages of the tenant, of at most so many days
DAYS = 31

_NEWEST = """
SELECT m.account_id, m.message_id, m.day, m.partner_id, m.status, m.final, m.country, m.campaign_id, m.ref_id,
    m.custom_parameters, (
        SELECT max(r.inbox_id) FROM delivery_report r
        WHERE r.tenant_id = m.tenant_id AND r.day = m.day AND r.message_id = m.message_id
            AND r.account_id = m.account_id
    )
FROM message m WHERE m.tenant_id = %s AND m.day >= %s ORDER BY m.sent_at DESC, m.account_id, m.message_id LIMIT %s
"""

# Where a tenant has no message yet that fits: of an imaginary one.
SAMPLE = Forwarded(
    account_id=0,
    campaign_id=0,
    sender_type="alphanumeric",
    inbox_id=0,
    message_id="Dcshuhod0PMAAAFQ+/PbnR3x",
    part=None,
    result_code=1001,
    status_at=datetime(2026, 11, 20, 9, 37, 42, tzinfo=UTC),
    sent_at=datetime(2026, 11, 20, 9, 37, 35, tzinfo=UTC),
    received_at=datetime(2026, 11, 20, 9, 37, 43, tzinfo=UTC),
    operator="fi.elisa",
    operator_result_code="0",
    segments=1,
    ref_id="spring-a",
    partner_id="shop-1",
    source="SHOP",
    destination="+358400000000",
    custom_parameters={"store": "7"},
    is_masked=False,
    tenant_slug="",
    tenant_name="",
    country="FI",
    campaign="spring",
    variant="a",
    labels={},
    segments_of={},
    status="delivered",
    final=True,
)


def newest_report(tenant_id: int, chosen: Filter, *, today: date) -> Forwarded | None:
    """Return the newest report of the tenant that passes the filter, None if the newest 200 messages have none."""
    found = newest(tenant_id, chosen, today=today)
    return found[1] if found else None


def newest(tenant_id: int, chosen: Filter, *, today: date) -> tuple[Place, Forwarded] | None:
    """Return the same as `newest_report`, with the place of the report."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [tenant_id, today - timedelta(days=DAYS), LOOKED_AT])
        rows = cursor.fetchall()
    for (
        account_id,
        message_id,
        day,
        partner_id,
        status,
        final,
        country,
        campaign_id,
        ref_id,
        parameters,
        inbox_id,
    ) in rows:
        facts = Facts(partner_id, status, final, country, campaign_id, ref_id or "", parameters or {})
        if inbox_id is not None and chosen.matches(facts):
            place = Place(tenant_id, 0, inbox_id, account_id, message_id, day)
            found = load([place])[0, inbox_id]
            return (place, found) if isinstance(found, Forwarded) else None
    return None
