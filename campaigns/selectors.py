"""Campaign names for completion while a person types."""

from typing import Any

from django.db import connection

from portal.common.masking import Masking
from portal.common.prefixes import after_prefix

MAX_NAMES = 50

_NEWEST = """
SELECT DISTINCT name FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN LATERAL (
    SELECT name FROM campaigns_campaign c
    WHERE c.tenant_id = t.id AND c.merged_into_id IS NULL ORDER BY created_at DESC LIMIT %(most)s
) AS found ORDER BY name LIMIT %(most)s
"""
_BY_PREFIX = """
SELECT DISTINCT name FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN LATERAL (
    SELECT name FROM campaigns_campaign c
    WHERE c.tenant_id = t.id AND c.merged_into_id IS NULL
      AND c.name >= %(prefix)s AND (%(end)s::text IS NULL OR c.name < %(end)s)
    ORDER BY name LIMIT %(most)s
) AS found ORDER BY name LIMIT %(most)s
"""


def campaign_names(*, tenant_ids: frozenset[int], prefix: str = "", masking: Masking) -> list[str]:
    """Return up to MAX_NAMES names that begin with `prefix`, in the order of their bytes; without one the newest.

    Merged campaigns are left out. A refId may hold a phone number: names with a number that is hidden are left out.
    """
    parameters: dict[str, Any] = {"tenants": sorted(tenant_ids), "most": MAX_NAMES}
    with connection.cursor() as cursor:
        if prefix:
            cursor.execute(_BY_PREFIX, parameters | {"prefix": prefix, "end": after_prefix(prefix)})
        else:
            cursor.execute(_NEWEST, parameters)
        names = [name for (name,) in cursor.fetchall()]
    return [name for name in names if not masking.hides(name)]
