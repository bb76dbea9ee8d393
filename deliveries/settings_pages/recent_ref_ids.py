"""The refIds that a tenant used last, for trying a scheme on them."""

from django.db import connection

LOOKED_AT = 3000  # messages: a tenant with one campaign all day must not cost a scan

_NEWEST = """
SELECT ref_id, max(sent_at) FROM (
    SELECT ref_id, sent_at FROM message WHERE tenant_id = %s ORDER BY sent_at DESC LIMIT %s
) newest WHERE ref_id IS NOT NULL GROUP BY ref_id ORDER BY 2 DESC, 1 LIMIT %s
"""


def recent_ref_ids(*, tenant_id: int, limit: int = 10) -> list[str]:
    """Return up to `limit` different refIds among the tenant's newest LOOKED_AT messages, the last used first."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [tenant_id, LOOKED_AT, limit])
        return [ref_id for ref_id, _sent_at in cursor.fetchall()]
