"""Figures of any period, grouped and filtered by what the counts hold: the one engine of pages and API.

No message is read. `daily_count` holds the partner ID, `campaign_count` campaign and variant in its place,
`hour_count` the quarter of an hour and little else (hours.py), and `latency_count` what the first two have in common
and the campaign.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Expression, F, Q, QuerySet, Sum, Value
from django.db.models.functions import TruncMonth, TruncWeek

from campaigns.merging import ids_of_names, shown_names
from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID
from deliveries.dialects.codes import COUNTS_AS, QUEUED, SENT
from deliveries.messages.fold import NO_CODE
from deliveries.messages.row import OTHER_LABEL
from deliveries.models import (
    CampaignCount,
    CondensedCampaign,
    DailyCount,
    HourCount,
    LatencyCount,
    ResultCode,
    SegmentCount,
    SegmentLatencyCount,
)
from portal.tenants.models import Feed, Tenant
from reports.figures.billing import is_billed
from reports.figures.bucket_arrays import by_bucket
from reports.figures.hours import HOUR_COLUMNS, hour_of, hour_rows
from reports.figures.kpis import Kpis
from reports.figures.query import TIMES, StatisticsQuery, TooManyGroups, in_time, segment_key_of
from reports.figures.rollups import Ready, read_once, sources, spans_read_once
from reports.figures.volume import Volume

OTHER_NAME = OTHER_LABEL  # as a campaign too: what is over the daily limit of new ones
MAX_GROUPS = 50_000

# The others are called what they are called.
_COLUMNS = {
    "hour": HOUR_COLUMNS,
    "tenant": ("tenant_id",),
    "campaign": ("campaign_id",),
    "reason": ("account_id", "result_code"),
}
_NO_SUCH_CAMPAIGN = -2  # of names that are not known: Django makes no SQL of a condition that nothing can meet
OTHER_REASON = "other"  # of a code that is not in the table
_STATE = ("status", "result_code")  # which tell what is final
_CLASSES = ("delivered", "failed", "pending", "unknown")


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group. `key` has a value for each name of `group_by`, in that order.

    An hour is its local time with the offset from UTC, a day a date; a week reads `2026-W47` (ISO 8601), a month
    `2026-11`.
    Hours are not counted by what is final: `final` is 0 there.
    """

    key: dict[str, object]
    kpis: Kpis

    @property
    def totals(self) -> Volume:
        return self.kpis.volume

    @property
    def final(self) -> int:
        """Messages with a final state."""
        return self.kpis.final

    @property
    def latency(self) -> Mapping[int, int] | None:
        """Delivered messages by bucket; None if they were not requested or are not counted by these names."""
        return self.kpis.latency


@spans_read_once()
def statistics(query: StatisticsQuery, *, final: Q | None = None) -> list[Group]:
    """Return the groups that have messages: by time where that is grouped by, within it the largest first.

    Without `group_by` it is one group, which may be of nothing. `final` is `finality()`, for callers with several
    questions. Raises TooManyGroups and NotByHour.
    """
    columns = columns_of(query.group_by)
    rows = _volumes(query, columns, finality() if final is None else final)
    latency = _latency(query, columns)
    names = Names(query, rows)
    volumes: dict[tuple, Kpis] = {} if query.group_by else {(): Kpis()}
    for row in rows:
        key = names.key(row)
        volumes[key] = volumes[key] + kpis_of(row) if key in volumes else kpis_of(row)
    if latency is not None:
        times: dict[tuple, dict[int, int]] = {}
        for values, messages in latency.items():
            buckets = times.setdefault(names.key(dict(zip(columns, values, strict=True))), messages)
            if buckets is not messages:
                for bucket, n in messages.items():
                    buckets[bucket] = buckets.get(bucket, 0) + n
        # without the times of what came between the two queries
        volumes = {key: replace(kpis, latency=times.get(key, {})) for key, kpis in volumes.items()}
    groups = [Group(dict(zip(query.group_by, key, strict=True)), kpis) for key, kpis in volumes.items()]
    return sorted(groups, key=_order)


def total(query: StatisticsQuery, *, final: Q | None = None) -> Kpis:
    """Return the figures of all messages that the query's filters let through."""
    return statistics(replace(query, group_by=()), final=final)[0].kpis


def count_sources(
    query: StatisticsQuery, model: type, *, columns: Iterable[str] = (), ready: Ready | None = None
) -> list[QuerySet]:
    """Return querysets that together count each message once, from fewer rows if days are rolled up.

    `columns` are those used besides the query's groups and filters; `ready` as for `sources`.
    """
    asked = [*query.group_by, *query.filters]
    of_key = {"key"} if query.segment_key else set()
    found = sources(
        model,
        tenant_ids=query.tenant_ids,
        first=query.first,
        last=query.last,
        columns={*columns_of(name for name in asked if name not in TIMES), *columns, *of_key},
        by_day=any(name in TIMES and name != "month" for name in asked),
        ready=ready,
    )
    if query.account_id is not None:
        found = [rows.filter(account_id=query.account_id) for rows in found]
    if query.segment_key:
        found = [rows.filter(key=query.segment_key) for rows in found]
    return [_filtered(rows, query) for rows in found]


def columns_of(names: Iterable[str]) -> list[str]:
    """Return the columns of count tables that hold these names of groups or filters."""
    return list(dict.fromkeys(column for name in names for column in _columns_of(name)))


def _columns_of(name: str) -> tuple[str, ...]:
    return ("value",) if segment_key_of(name) else _COLUMNS.get(name, (name,))


def counts_for(query: StatisticsQuery) -> type[CampaignCount | DailyCount | SegmentCount]:
    """Return the counts by day that answer a query."""
    if query.segment_key:
        return SegmentCount
    return CampaignCount if query.is_of_campaigns else DailyCount


def _filtered(rows: QuerySet, query: StatisticsQuery) -> QuerySet:
    for name, values in query.filters.items():
        if name == "campaign":
            rows = rows.filter(campaign_id__in=campaign_ids(query, values))
        elif name == "tenant":
            rows = rows.filter(tenant_id__in=Tenant.objects.filter(slug__in=values).values("id"))
        else:
            rows = rows.filter(**{f"{name}__in": list(values)})
    return rows


def sums(model: type, column: Callable[[str], Expression | F] = F) -> dict[str, Sum]:
    """Return what is summed over the rows of a count table, or of what is condensed of it, for `kpis_of`.

    `column` is how a column is read.
    """
    if model is CondensedCampaign:
        return {f"n_{name}": Sum(column(name)) for name in ("messages", "parts", *_CLASSES)}
    of = {name: [status for status, counts_as in COUNTS_AS.items() if counts_as == name] for name in _CLASSES}
    return {
        "n_messages": Sum(column("messages")),
        "n_parts": Sum(column("parts")),
        **{f"n_{name}": Sum(column("messages"), filter=Q(status__in=of[name]), default=0) for name in _CLASSES},
    }


def part_sums(model: type) -> dict[str, Sum]:
    """Return the sums of delivered and of billed parts; hours are not counted by the codes that say billed."""
    delivered = [status for status, counts_as in COUNTS_AS.items() if counts_as == "delivered"]
    found = {"n_delivered_parts": Sum("parts", filter=Q(status__in=delivered), default=0)}
    if model is not HourCount:
        found["n_billed_parts"] = Sum("parts", filter=is_billed(), default=0)
    return found


def kpis_of(row: Mapping[str, int]) -> Kpis:
    """Return one row of `sums` as figures, with what else was counted: `n_final` and those of `part_sums`.

    Raises ValueError where the counts are not sound.
    """
    counts = {name: row[f"n_{name}"] for name in ("messages", "parts", *_CLASSES)}
    of_parts = {name: row.get(f"n_{name}") for name in ("delivered_parts", "billed_parts")}
    return Kpis(Volume(**counts, **of_parts), row.get("n_final"))


def finality() -> Q:
    """Return which count rows are of final messages: a final code of their account's dialect, and nothing pending."""
    accounts: dict[str, set[int]] = defaultdict(set)
    for account_id, dialect in Feed.objects.values_list("account_id", "dialect"):
        accounts[dialect].add(account_id)
    codes: dict[str, list[int]] = defaultdict(list)
    for dialect, code in ResultCode.objects.filter(final=True).order_by("code").values_list("dialect", "code"):
        codes[dialect].append(code)
    is_final = Q(result_code__any_of=[])
    for dialect in codes.keys() & accounts.keys():
        is_final |= Q(account_id__in=sorted(accounts[dialect]), result_code__any_of=codes[dialect])
    return is_final & ~Q(status__in=(QUEUED, SENT))


def _volumes(query: StatisticsQuery, columns: list[str], final: Q) -> list[dict]:
    wanted = {"n_final": Sum("messages", filter=final, default=0)}
    if query.is_by_hour:
        model, rows = HourCount, [_filtered(hour_rows(query), query)]
        wanted = {"n_final": Value(0)}
    else:
        model = counts_for(query)
        rows = [with_times(source, query) for source in count_sources(query, model, columns=_STATE)]
    wanted |= sums(model) | part_sums(model)
    found, keys = [], set()
    for source in rows:
        found += _summed(source, columns, wanted)
        keys |= {tuple(row[column] for column in columns) for row in found}
        if len(keys) > MAX_GROUPS:
            raise TooManyGroups(
                "group_by", f"More than {MAX_GROUPS} groups: choose a shorter period or fewer dimensions."
            )
    return found


def _summed(rows: QuerySet, columns: list[str], wanted: Mapping) -> list[dict]:
    if columns:
        return list(rows.values(*columns).annotate(**wanted).filter(n_messages__gt=0)[: MAX_GROUPS + 1])
    everything = rows.aggregate(**wanted)  # `values()` of no columns would be by all of them
    return [everything] if (everything["n_messages"] or 0) > 0 else []


def _latency(query: StatisticsQuery, columns: list[str]) -> dict[tuple, dict[int, int]] | None:
    if not query.with_latency or query.without_latency():
        return None
    model = SegmentLatencyCount if query.segment_key else LatencyCount
    return by_bucket([with_times(source, query) for source in count_sources(query, model)], columns)


def with_times(rows: QuerySet, query: StatisticsQuery) -> QuerySet:
    """Return count rows with the week or month that the query groups by."""
    wanted = {"week": TruncWeek("day"), "month": TruncMonth("day")}
    return rows.annotate(**{name: wanted[name] for name in query.group_by if name in wanted})


def campaign_ids(query: StatisticsQuery, names: Iterable[str]) -> list[int]:
    """Return the ids of the campaigns shown by these names in the query's tenants, merged ones included."""
    special = {"": NO_CAMPAIGN_ID, OTHER_NAME: OTHER_CAMPAIGNS_ID}
    tenant_ids, asked = frozenset(query.tenant_ids), frozenset(names)
    known = read_once(("campaigns", tenant_ids, asked), lambda: ids_of_names(tenant_ids, asked))
    found = [*(special[name] for name in names if name in special), *sorted(id_ for _tenant, id_ in known)]
    return found or [_NO_SUCH_CAMPAIGN]


def _order(group: Group) -> tuple:
    times = [in_time(value) for name, value in group.key.items() if name in TIMES]
    return (times, -group.totals.messages, [str(value) for value in group.key.values()])


class Names:
    """Names for values that the tables store by number; reads only those needed by the query for these rows."""

    def __init__(self, query: StatisticsQuery, rows: list[dict]) -> None:
        self.group_by = query.group_by
        self.tenants: dict[int, str] = {}
        self.campaigns = {NO_CAMPAIGN_ID: "", OTHER_CAMPAIGNS_ID: OTHER_NAME}
        if "tenant" in query.group_by:
            self.tenants = dict(Tenant.objects.filter(id__in=query.tenant_ids).values_list("id", "slug"))
        if "reason" in query.group_by:
            dialects = dict(Feed.objects.values_list("account_id", "dialect"))
            reasons = {(d, c): reason for d, c, reason in ResultCode.objects.values_list("dialect", "code", "reason")}
            pairs = {(row["account_id"], row["result_code"]) for row in rows}
            self.reasons = {(account, code): reasons.get((dialects.get(account), code)) for account, code in pairs}
        if "campaign" in query.group_by:
            self.campaigns |= shown_names({row["campaign_id"] for row in rows})

    def key(self, row: Mapping[str, object]) -> tuple:
        """Return the row's values of the names that the query groups by."""
        return tuple(self._value(name, row) for name in self.group_by)

    def _value(self, name: str, row: Mapping) -> object:
        if name == "hour":
            return hour_of(row)
        if name == "tenant":
            return self.tenants[row["tenant_id"]]
        if name == "campaign":
            return self.campaigns.get(row["campaign_id"])
        if name == "reason":
            found = self.reasons[row["account_id"], row["result_code"]]
            return OTHER_REASON if found is None and row["result_code"] != NO_CODE else found or ""
        if name == "week":
            year, week, _day = row["week"].isocalendar()
            return f"{year}-W{week:02d}"
        if name == "month":
            return f"{row['month']:%Y-%m}"
        return row[_columns_of(name)[0]]
