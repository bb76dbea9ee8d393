"""The custom parameters that a tenant's newest messages have, for choosing those to find messages by."""

from dataclasses import dataclass

from django.db import connection

from campaigns import segments
from portal.common.masking import Masking

LOOKED_AT = 3000  # messages
MAX_KEYS = 40  # keys
EXAMPLE = 60  # characters

_NEWEST = """
SELECT p.key, count(*), count(DISTINCT p.value), (array_agg(p.value ORDER BY m.sent_at DESC))[1]
FROM (
    SELECT custom_parameters, sent_at FROM message WHERE tenant_id = %s ORDER BY sent_at DESC LIMIT %s
) AS m CROSS JOIN LATERAL jsonb_each_text(m.custom_parameters) AS p
WHERE p.value <> '' GROUP BY p.key ORDER BY 2 DESC, p.key COLLATE "C" LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class SeenKey:
    """A key, its number of messages among those read, its number of values, and the newest value as an example."""

    key: str
    messages: int
    values: int
    example: str


def recent_parameters(*, tenant_id: int) -> list[SeenKey]:
    """Return the keys of the newest LOOKED_AT messages that can be chosen, the most frequent first.

    No example reveals a phone number.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [tenant_id, LOOKED_AT, MAX_KEYS])
        return [
            SeenKey(key, messages, values, _example(value))
            for key, messages, values, value in cursor.fetchall()
            if not segments.problems(key)
        ]


def _example(value: str) -> str:
    text = Masking(in_full=False).text(value)
    return text if len(text) <= EXAMPLE else f"{text[:EXAMPLE]}…"
