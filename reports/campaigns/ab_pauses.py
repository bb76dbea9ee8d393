"""Pauses in sending of an A/B test, after which it could be looked at as if it were over.

Steps from message to message, each to the last one within the pause, so a long test takes few look-ups by index.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from reports.campaigns.ab_figures import Variant
from reports.campaigns.ab_recipients import Chosen
from reports.campaigns.ab_verdict import QUIET

_REACHED = """
WITH RECURSIVE step (at) AS (
    SELECT %(first)s::timestamptz
    UNION ALL
    SELECT (
        SELECT max(later.sent_at) FROM unnest(%(keys)s::{type}[]) AS c (key) CROSS JOIN LATERAL (
            SELECT m.sent_at FROM message m WHERE m.tenant_id = %(tenant)s AND m.{column} = c.key {of_variants}
            AND m.sent_at > step.at AND m.sent_at <= step.at + %(pause)s
            AND m.day BETWEEN (step.at AT TIME ZONE 'UTC')::date - 1 AND (step.at AT TIME ZONE 'UTC')::date + 2
            ORDER BY m.sent_at DESC LIMIT 1
        ) AS later
    ) FROM step WHERE step.at < %(last)s
)
SELECT max(at) FROM step
"""
_BY_CAMPAIGN = _REACHED.format(type="int", column="campaign_id", of_variants="AND m.variant <> ''")
_BY_REF_ID = _REACHED.format(type="text", column="ref_id", of_variants="")


def has_resumed(chosen: Chosen, variants: Sequence[Variant]) -> bool:
    """Return whether sending resumed after a day or more without any stored message of the variants."""
    firsts = [one.first for one in variants if one.first is not None]
    lasts = [one.last for one in variants if one.last is not None]
    if not firsts or max(lasts) - min(firsts) <= QUIET:
        return False
    given: dict[str, Any] = {"tenant": chosen.tenant_id, "first": min(firsts), "last": max(lasts), "pause": QUIET}
    given["keys"] = list(chosen.ref_ids) or sorted(chosen.campaign_ids)
    with connection.cursor() as cursor:
        cursor.execute(_BY_REF_ID if chosen.ref_ids else _BY_CAMPAIGN, given)
        return cursor.fetchone()[0] < max(lasts)
