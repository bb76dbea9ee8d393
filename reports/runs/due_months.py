"""Due months: provisional when the month has ended, final when its grace has passed."""

from datetime import datetime

from deliveries.models import DailyCount
from portal.common.periods import Month, is_closed, last_closed_month
from portal.tenants.models import GatewayAccount
from portal.tenants.undone import customers
from reports.models import ReportRun
from reports.monthly.selector import MonthScope
from reports.runs.runs import final_or_provisional, request_run

LOOK_BACK = 3  # months, for a portal that was down

ACTOR = "schedule"


def queue_due_runs(*, now: datetime) -> list[ReportRun]:
    """Queue the report of every closed month that has none yet (or no final one although it could); return the runs."""
    queued = []
    for scope in _scopes():
        for month in _closed_months(scope, now):
            kind = final_or_provisional(scope, month, now)
            made = set(
                ReportRun.objects.filter(tenant=scope.tenant, month=month.first_day).values_list("kind", flat=True)
            )
            if (kind not in made) and not (kind == ReportRun.Kind.PROVISIONAL and made):
                queued.append(
                    request_run(
                        tenant=scope.tenant, month=month, account=scope.account, kind=kind, requested_by=ACTOR, now=now
                    )
                )
    return queued


def _scopes() -> list[MonthScope]:
    tenants = [MonthScope(tenant) for tenant in customers().order_by("id")]
    accounts = GatewayAccount.objects.select_related("pool").order_by("id")
    return tenants + [MonthScope(account.pool, account) for account in accounts]


def _closed_months(scope: MonthScope, now: datetime) -> list[Month]:
    """Return the last months that have closed in every zone of the scope: those with messages, and always the last
    one that the tenant saw the end of."""
    zones = scope.timezones()
    month = min(last_closed_month(now, zone) for zone in zones)
    result = []
    for number in range(LOOK_BACK):
        was_there = number == 0 and not is_closed(month, scope.tenant.created_at, scope.timezone)
        if was_there or scope.counts(DailyCount, month).exists():
            result.append(month)
        month = month.previous()
    return result
