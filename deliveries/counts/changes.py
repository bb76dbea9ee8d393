"""Counts of a message, and the differences that a change of it adds to them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from campaigns.models import NO_CAMPAIGN_ID
from deliveries.counts import causes, segment_facts
from deliveries.counts.causes import Cause
from deliveries.counts.rollups import invalidate_rollups
from deliveries.counts.segments import add_segment_changes
from deliveries.dialects.codes import QUEUED
from deliveries.messages.fold import NO_CODE, SUBMITTED
from deliveries.messages.parameter_rows import ChosenKeys
from deliveries.messages.row import Change, StoredMessage, counted_partner_id
from portal.common.bulk import Sums, add_to_counts

__all__ = ["NO_CAMPAIGN_ID", "TABLES", "CountTable", "add_changes"]


@dataclass(frozen=True, slots=True)
class CountTable:
    """One count table: its key columns with their types, what it sums, and the same as SQL over `message`.

    Rows for which `unfinished` holds are being deleted, and say nothing. If `name` is a view, `stored` is the table
    below it, and the view's rows are to be summed by the key columns.
    """

    name: str
    keys: dict[str, str]
    values: tuple[str, ...]
    facts: str
    unfinished: str = "false"
    of_view: str = ""

    @property
    def stored(self) -> str:
        """The table that is written to: not `name` if that is a view."""
        return self.of_view or self.name

    @property
    def time(self) -> str:
        """The key column with the time: `day`, `quarter` or `hour`."""
        return next(name for name in ("day", "quarter", "hour") if name in self.keys)


_DAILY_KEYS = {
    "tenant_id": "int",
    "day": "date",
    "account_id": "int",
    "partner_id": "text",
    "country": "text",
    "operator": "text",
    "sender_type": "text",
    "status": "text",
    "result_code": "int",
}
_CAMPAIGN_KEYS = {
    "tenant_id": "int",
    "day": "date",
    "account_id": "int",
    "campaign_id": "int",
    "variant": "text",
    "country": "text",
    "operator": "text",
    "sender_type": "text",
}
_STATE_KEYS = {"status": "text", "result_code": "int"}

DAILY = CountTable(
    "daily_count",
    _DAILY_KEYS,
    ("messages", "parts"),
    "SELECT tenant_id, day, account_id, CASE WHEN flags & 8 > 0 THEN '(other)' ELSE partner_id END AS partner_id,"
    " country, operator, sender_type, status, result_code, count(*) AS messages, sum(parts) AS parts"
    " FROM message WHERE {where} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
)
CAMPAIGN = CountTable(
    "campaign_count",
    _CAMPAIGN_KEYS | _STATE_KEYS,
    ("messages", "parts"),
    "SELECT tenant_id, day, account_id, campaign_id, variant, country, operator, sender_type, status, result_code,"
    " count(*) AS messages, sum(parts) AS parts FROM message WHERE {where} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
)
HOUR = CountTable(
    "hour_count",
    {
        "tenant_id": "int",
        "quarter": "timestamptz",
        "account_id": "int",
        "country": "text",
        "operator": "text",
        "status": "text",
    },
    ("messages", "parts"),
    "SELECT tenant_id, date_bin('15 minutes', sent_at, '2000-01-01T00:00Z') AS quarter, account_id, country, operator,"
    " status, count(*) AS messages, sum(parts) AS parts FROM message WHERE {where} GROUP BY 1, 2, 3, 4, 5, 6",
)
LATENCY = CountTable(
    "latency_count",
    _CAMPAIGN_KEYS | {"bucket": "smallint"},
    ("messages",),
    "SELECT tenant_id, day, account_id, campaign_id, variant, country, operator, sender_type,"
    " latency_bucket AS bucket, count(*) AS messages FROM message WHERE latency_bucket IS NOT NULL AND {where}"
    " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
)
# Messages that were handed in alone. Nothing was heard of one that is queued without any code.
SUBMISSION = CountTable(
    "submission_count",
    {"tenant_id": "int", "account_id": "int", "partner_id": "text", "hour": "timestamptz"},
    ("messages", "unanswered"),
    "SELECT tenant_id, account_id, CASE WHEN flags & 8 > 0 THEN '(other)' ELSE partner_id END AS partner_id,"
    " date_trunc('hour', sent_at, 'UTC') AS hour, count(*) AS messages,"
    " count(*) FILTER (WHERE status = 'queued' AND result_code = -1) AS unanswered"
    " FROM message WHERE flags & 16 > 0 AND {where} GROUP BY 1, 2, 3, 4",
)
_SEGMENT_KEYS = {
    "tenant_id": "int",
    "day": "date",
    "account_id": "int",
    "key": "text",
    "value": "text",
    "country": "text",
    "operator": "text",
    "sender_type": "text",
}
SEGMENT = CountTable(
    "segment_count",
    _SEGMENT_KEYS | _STATE_KEYS,
    ("messages", "parts"),
    segment_facts.states(),
    segment_facts.unfinished("segment_count"),
    of_view="stored_segment_count",
)
SEGMENT_LATENCY = CountTable(
    "segment_latency_count",
    _SEGMENT_KEYS | {"bucket": "smallint"},
    ("messages",),
    segment_facts.latencies(),
    segment_facts.unfinished("segment_latency_count"),
    of_view="stored_segment_latency_count",
)
_OF_ALL = (DAILY, CAMPAIGN, HOUR, LATENCY)
_ADDED = (*_OF_ALL, SUBMISSION)
TABLES = (*_ADDED, SEGMENT, SEGMENT_LATENCY)


_Deltas = dict[tuple, list[int]]


def quarter_of(instant: datetime) -> datetime:
    """Return the beginning of the quarter of an hour that an instant (UTC) falls in."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def add_changes(changes: list[Change], chosen: ChosenKeys, *further: Sums, cause: Cause | None) -> None:
    """Add the difference of each change (old key -1, new key +1) to the counts, inside the rows' own transaction.

    `chosen` are the segment keys that write_messages returned. Call it last, with what else is to be counted: the hot
    rows stay locked only for the commit. `cause` is noted where a closed month changes (deliveries/counts/causes.py);
    without one nothing is noted.
    """
    deltas: list[_Deltas] = [{} for _ in _OF_ALL]
    for change in changes:
        if change.before is not None:
            _count(*deltas, change.before, -1)
        _count(*deltas, change.after, +1)
    submitted = [change for change in changes if change.after.folded.flags & SUBMITTED]
    added = [*deltas, _of_submissions(submitted)]
    if chosen:
        add_segment_changes(changes, chosen)
    tenant_days = {key[:2] for key in deltas[0]}
    invalidate_rollups(tenant_days)
    sums = [Sums(table.name, table.keys, table.values, of_it) for table, of_it in zip(_ADDED, added, strict=True)]
    if cause is not None:
        days = {day for _tenant_id, day in tenant_days}
        sums.append(causes.of_changes(changes, days, cause, now=datetime.now(UTC)))
    add_to_counts(*sums, *further)


def _of_submissions(changes: list[Change]) -> _Deltas:
    deltas: _Deltas = {}
    for change in changes:
        for message, sign in ((change.before, -1), (change.after, +1)):
            if message is None or not message.folded.flags & SUBMITTED:
                continue
            f = message.folded
            hour = f.sent_at.replace(minute=0, second=0, microsecond=0)
            delta = deltas.setdefault((message.tenant_id, f.account_id, counted_partner_id(f), hour), [0, 0])
            delta[0] += sign
            delta[1] += sign * (f.status == QUEUED and f.result_code == NO_CODE)
    return deltas


def _count(
    daily: _Deltas, campaigns: _Deltas, quarters: _Deltas, latencies: _Deltas, message: StoredMessage, sign: int
) -> None:
    """Add one message, or subtract it, in the order of each table's keys."""
    f = message.folded
    place = (f.country, f.operator, f.sender_type)
    state = (f.status, f.result_code)
    tenant_day = (message.tenant_id, message.day, f.account_id)
    campaign = (*tenant_day, message.campaign_id, message.variant, *place)
    parts = sign * f.parts
    for deltas, key in (
        (daily, (*tenant_day, counted_partner_id(f), *place, *state)),
        (campaigns, campaign + state),
        (quarters, (message.tenant_id, quarter_of(f.sent_at), f.account_id, f.country, f.operator, f.status)),
    ):
        if delta := deltas.get(key):
            delta[0] += sign
            delta[1] += parts
        else:
            deltas[key] = [sign, parts]
    if f.latency_bucket is not None:
        key = (*campaign, f.latency_bucket)
        if delta := latencies.get(key):
            delta[0] += sign
        else:
            latencies[key] = [sign]
