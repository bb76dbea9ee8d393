"""Changes in the counts of a month since its report was created, for many reports at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection

from deliveries.dialects.codes import COUNTS_AS
from deliveries.models import CampaignCount, DailyCount
from portal.common.periods import Month
from reports.figures.rollups import sources, union_all
from reports.models import ReportRun
from reports.monthly.count_state import COUNTED, CountState
from reports.monthly.ledger import Reason, as_stored, cause_states, reasons, summed

_CLASSES = COUNTED[2:]
_DAILY_KEYS = tuple(field.attname for field in DailyCount._meta.pk.fields)
_CAMPAIGN_KEYS = ("tenant_id", "account_id", "campaign_id", "variant", "status", "result_code")

# Digests of rows are PostgreSQL's own, on which hash partitions rest: they stay the same from version to version.
# Campaigns are summed up by month and without their places first, as they are where they are condensed.
_STATES = """
WITH of_months AS (
    SELECT date_trunc('month', day)::date AS month, {campaign_keys}, sum(messages)::bigint AS messages,
        sum(parts)::bigint AS parts
    FROM ({campaigns}) AS c GROUP BY month, {campaign_keys}
)
SELECT date_trunc('month', day)::date, tenant_id, account_id, sum(messages), sum(parts), {classes},
    sum(hash_record_extended(ROW({daily_keys}, messages, parts), 0)) FILTER (WHERE messages <> 0 OR parts <> 0)
FROM ({daily}) AS d GROUP BY 1, 2, 3
UNION ALL
SELECT month, tenant_id, account_id, 0, 0, {zeros},
    sum(hash_record_extended(ROW(month, {campaign_keys}, messages, parts), 1))
FROM of_months WHERE messages <> 0 OR parts <> 0 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """Differences of the current counts of a month to those of its report.

    A report from before runs kept all their totals has only the messages. `reasons` are the causes of the differences;
    there are none for a report that was made before the ledger of causes.
    """

    differences: Mapping[str, int]
    reasons: tuple[Reason, ...] = ()

    @property
    def are_rows_moved(self) -> bool:
        """Return whether the totals are equal although figures have moved between rows."""
        return not any(self.differences.values())


def count_states(
    tenant_ids: Collection[int], months: Collection[date], account_id: int | None = None
) -> dict[tuple[date, int, int], CountState]:
    """Return the state of the counts in these months (their first days) by month, tenant and account.

    It takes two queries. With `account_id` only that account's counts are read.
    """
    if not months or not tenant_ids:
        return {}
    first, last = min(months), Month.of(max(months)).last_day
    daily = DailyCount.objects.filter(tenant_id__in=list(tenant_ids), day__range=(first, last))
    campaigns = sources(
        CampaignCount, tenant_ids=tenant_ids, first=first, last=last, columns=_CAMPAIGN_KEYS, by_day=False
    )
    if account_id is not None:
        daily = daily.filter(account_id=account_id)
        campaigns = [rows.filter(account_id=account_id) for rows in campaigns]
    daily_sql, daily_parameters = union_all([daily.values(*_DAILY_KEYS, "messages", "parts")])
    campaigns_sql, campaigns_parameters = union_all(
        [rows.values("day", *_CAMPAIGN_KEYS, "messages", "parts") for rows in campaigns]
    )
    of = {name: [status for status, counts_as in COUNTS_AS.items() if counts_as == name] for name in _CLASSES}
    sql = _STATES.format(
        daily=daily_sql,
        campaigns=campaigns_sql,
        daily_keys=", ".join(_DAILY_KEYS),
        campaign_keys=", ".join(_CAMPAIGN_KEYS),
        classes=", ".join("coalesce(sum(messages) FILTER (WHERE status = ANY(%s)), 0)" for _ in _CLASSES),
        zeros=", ".join("0" for _ in _CLASSES),
    )
    found: dict[tuple[date, int, int], CountState] = defaultdict(CountState)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*campaigns_parameters, *of.values(), *daily_parameters])
        for month, tenant_id, account, *sums, digest in cursor.fetchall():
            found[month, tenant_id, account] += CountState.of(sums, digest)
    return dict(found)


def changes_since(
    runs: Iterable[ReportRun], tenants_of: Mapping[int, Collection[int]], account_id: int | None = None
) -> dict[int, ChangedSince]:
    """Return what has changed since these runs, by their ids: of the finished ones that are final and not removed.

    `tenants_of` has the tenants whose figures are in a report, by the run's own tenant. `account_id` is the account of
    all the runs, where they are an account's. It takes as many queries for one run as for many: one more for the causes
    if something has changed.
    """
    final = [
        run
        for run in runs
        if run.state == ReportRun.State.DONE and run.kind == ReportRun.Kind.FINAL and run.removed_at is None
    ]
    tenant_ids = {tenant_id for run in final for tenant_id in tenants_of[run.tenant_id]}
    states = count_states(tenant_ids, {run.month for run in final}, account_id)
    of_month: dict[date, dict[int, CountState]] = defaultdict(lambda: defaultdict(CountState))
    for (month, tenant_id, _account), state in states.items():
        of_month[month][tenant_id] += state
    found = {}
    for run in final:
        by_tenant = of_month[run.month]
        now = sum((by_tenant[tenant_id] for tenant_id in set(tenants_of[run.tenant_id])), CountState())
        then = run.totals if run.totals is not None else {"messages": run.messages}
        changed = ChangedSince({name: now.totals[name] - count for name, count in then.items()})
        if any(changed.differences.values()) or run.rows_hash not in ("", now.rows_hash):
            found[run] = changed
    return _with_reasons(found, tenants_of, account_id)


def _with_reasons(
    found: Mapping[ReportRun, ChangedSince], tenants_of: Mapping[int, Collection[int]], account_id: int | None
) -> dict[int, ChangedSince]:
    tenant_ids = {tenant_id for run in found for tenant_id in tenants_of[run.tenant_id]}
    states = cause_states(tenant_ids, {run.month for run in found}, account_id)
    result = {}
    for run, changed in found.items():
        now = summed(states.get((run.month, tenant_id), {}) for tenant_id in set(tenants_of[run.tenant_id]))
        result[run.id] = replace(changed, reasons=reasons(run.causes, as_stored(now)))
    return result
