"""The months of a Reports page."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Min

from deliveries.models import DailyCount
from portal.common.periods import Month, is_closed, local_day
from portal.tenants.models import Tenant
from reports.models import ReportRun
from reports.monthly.changes_since import ChangedSince, changes_since
from reports.runs.report_scope import ReportScope

# Which months have messages: one look into the index for each month, instead of reading all of their rows.
_MONTHS_WITH_MESSAGES = """
SELECT month::date FROM generate_series(%s::date, %s::date, interval '1 month') AS month
WHERE EXISTS (
    SELECT FROM daily_count
    WHERE tenant_id = ANY(%s) AND day >= month::date AND day < (month + interval '1 month')::date AND messages <> 0
        {of_account}
)
"""


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month: whether it has ended and has messages, when its report becomes final, and its relevant runs.

    `latest` is the newest finished revision, `older` are those before it, newest first. `failed` is the newest run if
    it failed or was cancelled. `unchanged` is the newest run if it equals the latest revision, `changed` are
    the changes since a final one.
    """

    month: Month
    closed: bool
    final_after: datetime
    latest: ReportRun | None
    open: ReportRun | None
    failed: ReportRun | None
    older: list[ReportRun]
    unchanged: ReportRun | None = None
    changed: ChangedSince | None = None
    has_messages: bool = True

    @property
    def asks_first(self) -> bool:
        """Return whether making the month's report needs a confirmation: there is nothing in it, and none yet."""
        return not (self.has_messages or self.latest or self.open or self.failed)

    @property
    def is_removable(self) -> bool:
        """Return whether the month has a report that can be removed now."""
        return self.open is None and (self.latest is not None or self.failed is not None)


def report_months(*, report_scope: ReportScope, now: datetime) -> list[MonthRow]:
    """Return the months that have messages or a report, and the current one, newest first; none if there are neither.

    `failed` is set only while nothing newer was made or is being made.
    """
    tenant = report_scope.tenant
    runs: dict[Month, list[ReportRun]] = {}
    for run in report_scope.runs().filter(removed_at=None).select_related("same_as").order_by("-id"):
        runs.setdefault(Month.of(run.month), []).append(run)
    used = months_with_messages(report_scope=report_scope, now=now)
    shown = {*runs, *used}
    if shown:
        shown.add(Month.of(local_day(now, tenant.timezone)))
    return [_row(month, runs.get(month, []), tenant, now, month in used) for month in sorted(shown, reverse=True)]


def newest_with_report(rows: Iterable[MonthRow]) -> MonthRow | None:
    """Return the first of the rows that has a finished report."""
    return next((row for row in rows if row.latest is not None), None)


def months_with_messages(*, report_scope: ReportScope, now: datetime) -> set[Month]:
    """Return the months of the scope's messages up to the current month."""
    counts = DailyCount.objects.filter(tenant_id__in=report_scope.tenant_ids)
    if report_scope.account is not None:
        counts = counts.filter(account_id=report_scope.account.id)
    first = counts.aggregate(first=Min("day"))["first"]
    if first is None:
        return set()
    last = Month.of(local_day(now, report_scope.tenant.timezone)).first_day
    parameters: list = [first.replace(day=1), last, list(report_scope.tenant_ids)]
    of_account = ""
    if report_scope.account is not None:
        of_account = "AND account_id = %s"
        parameters.append(report_scope.account.id)
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS_WITH_MESSAGES.format(of_account=of_account), parameters)
        return {Month.of(day) for (day,) in cursor.fetchall()}


def _row(month: Month, runs: list[ReportRun], tenant: Tenant, now: datetime, has_messages: bool) -> MonthRow:
    done = [run for run in runs if run.state == ReportRun.State.DONE and run.revision is not None]
    done.sort(key=lambda run: run.revision, reverse=True)
    newest = runs[0] if runs else None
    return MonthRow(
        month=month,
        closed=is_closed(month, now, tenant.timezone),
        final_after=month.bounds(tenant.timezone)[1] + timedelta(hours=settings.REPORT_GRACE_HOURS),
        latest=done[0] if done else None,
        open=next((run for run in runs if run.is_open), None),
        failed=newest if newest and newest.is_stopped else None,
        older=done[1:],
        unchanged=newest if newest and done and newest.same_as_id == done[0].id else None,
        has_messages=has_messages,
    )


def with_changes(rows: Iterable[MonthRow], *, report_scope: ReportScope) -> list[MonthRow]:
    """Return the rows with the changes since their latest reports; the number of queries is constant.

    Months whose next report is being created are skipped.
    """
    rows = list(rows)
    latest = [row.latest for row in rows if row.latest is not None and row.open is None]
    account_id = report_scope.account.id if report_scope.account else None
    found = changes_since(latest, {report_scope.tenant.id: report_scope.tenant_ids}, account_id)
    return [replace(row, changed=found.get(row.latest.id) if row.latest else None) for row in rows]


def newest_run(report_scope: ReportScope, month: Month) -> ReportRun | None:
    """Return the newest finished revision of the month's report."""
    done = report_scope.runs().filter(month=month.first_day, state=ReportRun.State.DONE, revision__isnull=False)
    return done.order_by("-revision").first()
