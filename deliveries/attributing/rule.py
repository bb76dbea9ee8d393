"""The rule of attribution as SQL: the message that an event belongs to, or the reason why there is none.

Each event is decided by itself from what is stored now, so the order in which things happened does not matter. The one
exception is the reason `moved`, which only an event that was attributed before can have.
"""

from campaigns.segments import INDEXED_VALUE
from deliveries.messages.store import same_message
from deliveries.models.conversions import DEFAULT_WINDOW
from portal.common.bulk import EACH

AT = "coalesce(m.delivered_at, m.status_at, m.sent_at)"
RESULT = "r.account_id, r.message_id, r.day, r.campaign_id, r.variant, r.delivered_at, r.reason"

# Sealed days are closed: their messages may be deleted at any time.
_OPEN = "m.tenant_id + 0 = e.tenant_id AND m.day >= e.open_from"
# Of the indexes only the one by recipient fits: of a table believed empty PostgreSQL takes any for as good as another.
_OF_RECIPIENT = f"FROM message m WHERE {_OPEN} AND m.recipient_key = ANY (ARRAY[e.recipient_key])"
# An event may name the message alone, without its gateway account.
_OF_MESSAGE = (
    f"FROM message m WHERE {_OPEN} AND m.message_id = ANY (ARRAY[e.message_id])"
    " AND (e.account_id IS NULL OR m.account_id + 0 = e.account_id)"
)
_OF_PARAMETER = (
    f"FROM message_parameter p CROSS JOIN LATERAL (SELECT m.* FROM message m WHERE {_OPEN} AND m.day = p.day"  # noqa: S608  constants of this module
    f" AND {same_message('m', 'p')} AND m.custom_parameters ->> e.parameter_key = e.parameter_value {EACH}) AS m"
    " WHERE p.tenant_id = e.tenant_id AND p.key = e.parameter_key"
    f" AND p.value = {INDEXED_VALUE.format(value='e.parameter_value')}"
)
_IN_CAMPAIGN = "(e.campaign_id IS NULL OR m.campaign_id = ANY (e.campaign_ids))"
_DELIVERED = f"m.status = 'delivered' AND {AT} <= e.occurred_at"
_WINDOW = (
    "coalesce((SELECT w.minutes FROM campaigns_campaign c JOIN conversion_window w ON w.tenant_id = c.tenant_id"
    " AND w.campaign_id = coalesce(c.merged_into_id, c.id) WHERE c.id = m.campaign_id), e.window_minutes)"
)
_NOT_LATE = f"e.occurred_at - {AT} <= make_interval(mins => {_WINDOW})"

_BELONGS = {
    "message": ("e.message_id IS NOT NULL", _OF_MESSAGE, "true", "true"),
    "parameter": ("e.parameter_key IS NOT NULL", _OF_PARAMETER, _DELIVERED, _NOT_LATE),
    "recipient": ("e.recipient_key IS NOT NULL", _OF_RECIPIENT, _DELIVERED, _NOT_LATE),
}

EVENTS = f"""
SELECT e.*, coalesce(r.messages_before, '-infinity'::date) AS open_from,
       coalesce(k.window_minutes, t.minutes, {DEFAULT_WINDOW}) AS window_minutes,
       ARRAY(SELECT c.id FROM campaigns_campaign named
             JOIN campaigns_campaign c ON c.tenant_id = named.tenant_id
              AND coalesce(named.merged_into_id, named.id) IN (c.id, c.merged_into_id)
             WHERE named.id = e.campaign_id) AS campaign_ids
FROM conversion_event e JOIN conversion_kind k ON k.id = e.kind_id
LEFT JOIN conversion_window t ON t.tenant_id = e.tenant_id AND t.campaign_id IS NULL
LEFT JOIN retention_mark r ON r.tenant_id = e.tenant_id
WHERE NOT e.is_frozen AND coalesce(e.attributed_message_day >= r.messages_before, true)
"""  # noqa: S608  constants of this module


def _one(kind: str) -> str:
    """Return the SELECT of the results of the events that belong to messages in one way."""
    belongs, source, delivered, in_time = _BELONGS[kind]
    unchosen = (
        "WHEN NOT EXISTS (SELECT FROM campaigns_segmentkey s WHERE s.tenant_id = e.tenant_id"
        " AND s.key = e.parameter_key AND NOT s.removed AND s.state = 'done') THEN 'not_indexed'"
        if kind == "parameter"
        else ""
    )
    return f"""
    SELECT e.id, b.*, CASE WHEN b.message_id IS NOT NULL THEN '' WHEN {_MOVED} THEN 'moved' {unchosen}
        WHEN NOT EXISTS (SELECT {source}) THEN 'no_message'
        WHEN NOT EXISTS (SELECT {source} AND {_IN_CAMPAIGN}) THEN 'other_campaign'
        WHEN NOT EXISTS (SELECT {source} AND {_IN_CAMPAIGN} AND {delivered}) THEN 'not_delivered'
        ELSE 'outside_window' END AS reason
    FROM wanted e LEFT JOIN LATERAL (
        SELECT m.account_id, m.message_id, m.day, m.campaign_id, m.variant, {AT} AS delivered_at {source}
        AND {_IN_CAMPAIGN} AND {delivered} AND {in_time}
        ORDER BY {AT} DESC, m.sent_at DESC, m.message_id DESC, m.account_id DESC LIMIT 1
    ) AS b ON true WHERE {belongs}
    """  # noqa: S608  constants of this module


# The message that an event was attributed to is another tenant's now.
_MOVED = (
    "(e.reason = 'moved' OR e.attributed_message_id IS NOT NULL AND EXISTS (SELECT FROM message m WHERE"
    " m.message_id = ANY (ARRAY[e.attributed_message_id]) AND m.account_id + 0 = e.attributed_account_id"
    " AND m.tenant_id + 0 <> e.tenant_id))"
)


def results(where: str) -> str:
    """Return the SELECT `r` of ids and results of the events that match, frozen ones left out."""
    return f"WITH wanted AS MATERIALIZED ({EVENTS} AND {where}) " + " UNION ALL ".join(_one(kind) for kind in _BELONGS)


# What of an event's row differs from its result `r`.
ATTRIBUTED = (
    ", ".join(f"e.attributed_{name}" for name in ("account_id", "message_id", "message_day", "campaign_id", "variant"))
    + ", e.delivered_at, e.reason"
)
DIFFERS = f"({ATTRIBUTED}) IS DISTINCT FROM ({RESULT})"
