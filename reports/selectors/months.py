"""The months of a Reports page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min

from deliveries.models import DailyCount
from portal.common.periods import Month, is_closed, local_day
from portal.tenants.models import Tenant
from reports.models import ReportRun
from reports.services.runs import OPEN
from reports.shelves import Shelf


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month: whether it has closed, when its report becomes final, and the runs that matter.

    `older` are the finished ones before the latest, newest first.
    """

    month: Month
    closed: bool
    final_after: datetime
    latest: ReportRun | None
    open: ReportRun | None
    failed: ReportRun | None
    older: list[ReportRun]


def report_months(*, shelf: Shelf, now: datetime) -> list[MonthRow]:
    """Return the months from the first with messages or a report to the current one, newest first.

    `failed` is set only while nothing newer was made or is being made.
    """
    tenant = shelf.tenant
    runs: dict[Month, list[ReportRun]] = {}
    for run in shelf.runs().order_by("-revision"):
        runs.setdefault(Month.of(run.month), []).append(run)
    counts = DailyCount.objects.filter(tenant_id__in=shelf.tenant_ids)
    if shelf.account is not None:
        counts = counts.filter(account_id=shelf.account.id)
    first = counts.aggregate(first=Min("day"))["first"]
    month = Month.of(local_day(now, tenant.timezone))
    earliest = min([*runs, *([Month.of(first)] if first else [])], default=None)
    result = []
    while earliest is not None and month >= earliest:
        result.append(_row(month, runs.get(month, []), tenant, now))
        month = month.previous()
    return result


def _row(month: Month, runs: list[ReportRun], tenant: Tenant, now: datetime) -> MonthRow:
    done = [run for run in runs if run.state == ReportRun.State.DONE]
    newest = runs[0] if runs else None
    return MonthRow(
        month=month,
        closed=is_closed(month, now, tenant.timezone),
        final_after=month.bounds(tenant.timezone)[1] + timedelta(hours=settings.REPORT_GRACE_HOURS),
        latest=done[0] if done else None,
        open=next((run for run in runs if run.state in OPEN), None),
        failed=newest if newest and newest.state == ReportRun.State.FAILED else None,
        older=done[1:],
    )
