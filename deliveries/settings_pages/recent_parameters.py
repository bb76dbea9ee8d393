"""The custom parameters and labels that a tenant's newest messages have, for choosing segment keys."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from campaigns import segments
from portal.common.masking import Masking

LOOKED_AT = 3000  # messages
MAX_KEYS = 40  # keys
EXAMPLES = 3  # values of a key
EXAMPLE = 60  # characters

_NEWEST = """
WITH newest AS MATERIALIZED (
    SELECT custom_parameters, labels, sent_at FROM message WHERE tenant_id = %(tenant)s
    ORDER BY sent_at DESC LIMIT %(looked_at)s
), by_value AS (
    SELECT p.key, p.value, count(*) AS messages, max(m.sent_at) AS last
    FROM newest m CROSS JOIN LATERAL (
        SELECT key, value FROM jsonb_each_text(m.custom_parameters) WHERE NOT starts_with(key, %(prefix)s)
        UNION ALL SELECT %(prefix)s || key, value FROM jsonb_each_text(m.labels)
    ) AS p
    WHERE p.value <> '' GROUP BY p.key, p.value
)
SELECT key, sum(messages)::int, count(*), (SELECT count(*) FROM newest),
    (array_agg(value ORDER BY messages DESC, last DESC, value COLLATE "C"))[1:%(examples)s]
FROM by_value GROUP BY key ORDER BY 2 DESC, key COLLATE "C" LIMIT %(keys)s
"""


@dataclass(frozen=True, slots=True)
class SeenKey:
    """A key in the `looked_at` newest messages: how many have it, how many values it has, and the commonest of them."""

    key: str
    messages: int
    values: int
    looked_at: int
    examples: list[str]

    @property
    def share(self) -> float:
        """The share of the messages that have the key."""
        return self.messages / self.looked_at

    @property
    def is_nearly_unique(self) -> bool:
        """Return whether the key would get no figures, because it has nearly as many values as messages."""
        return segments.is_nearly_unique(messages=self.messages, values=self.values)


def recent_parameters(*, tenant_id: int) -> list[SeenKey]:
    """Return the keys of the newest LOOKED_AT messages that can be chosen, the most frequent first.

    No example reveals a phone number; values that look the same once numbers are masked are one example.
    """
    wanted: dict[str, Any] = {
        "tenant": tenant_id,
        "looked_at": LOOKED_AT,
        "examples": EXAMPLES,
        "keys": MAX_KEYS,
        "prefix": segments.LABEL_PREFIX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, wanted)
        return [
            SeenKey(key, messages, values, looked_at, list(dict.fromkeys(map(_example, examples))))
            for key, messages, values, looked_at, examples in cursor.fetchall()
            if not segments.problems(key)
        ]


def _example(value: str) -> str:
    text = Masking(in_full=False).text(value)
    return text if len(text) <= EXAMPLE else f"{text[:EXAMPLE]}…"
