"""Revisions that are made by themselves, once the figures of a final report have changed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Max, Min

from portal.common import jobs
from portal.common.periods import Month
from portal.tenants.models import GatewayAccount
from portal.tenants.scope import descendants_of_each
from reports.models import ReportRun
from reports.monthly.changes_since import changes_since
from reports.monthly.ledger import as_stored, cause_states, summed
from reports.monthly.selector import MonthScope
from reports.runs.runs import request_run

ACTOR = "revision"
FOR_DAYS = timedelta(days=40)  # after the first final report of the month; later ones are made on request
AT_MOST_EVERY = timedelta(days=1)
_OLDEST_MONTH = FOR_DAYS + timedelta(days=70)  # since its first day: a final report may come late


def queue_revisions(*, now: datetime) -> list[ReportRun]:
    """Queue the next revision of each final report whose figures have changed since; return the runs.

    A month gets one a day at most.
    """
    return [
        request_run(
            tenant=run.tenant,
            account=run.account,
            month=Month.of(run.month),
            kind=ReportRun.Kind.FINAL,
            requested_by=ACTOR,
            now=now,
        )
        for run in _outdated(_revisable(now))
    ]


def _revisable(now: datetime) -> list[ReportRun]:
    """Return the newest revision of each month that became final within FOR_DAYS and got no report lately."""
    runs = ReportRun.objects.filter(month__gte=(now - _OLDEST_MONTH).date(), removed_at=None)
    final = runs.filter(kind=ReportRun.Kind.FINAL, state=ReportRun.State.DONE)
    by_month = final.values("tenant_id", "month").annotate(since=Min("finished_at"))
    young = {(row["tenant_id"], row["month"]) for row in by_month.filter(since__gt=now - FOR_DAYS)}
    lately = runs.values("tenant_id", "month").annotate(last=Max("requested_at")).filter(last__gt=now - AT_MOST_EVERY)
    busy = {(row["tenant_id"], row["month"]) for row in lately}
    busy |= set(jobs.open_jobs(ReportRun).values_list("tenant_id", "month"))
    newest = final.filter(revision__isnull=False).order_by("tenant_id", "month", "-revision")
    newest = newest.distinct("tenant_id", "month").select_related("tenant", "account")
    return [run for run in newest if run.has_file and (run.tenant_id, run.month) in young - busy]


def _outdated(runs: Sequence[ReportRun]) -> list[ReportRun]:
    """Return the runs whose figures have changed: the ledger is read first, the counts only where it has changed."""
    of_tenants = [run for run in runs if run.account_id is None]
    found = _changed(of_tenants, descendants_of_each({run.tenant_id for run in of_tenants}))
    by_account: dict[GatewayAccount, list[ReportRun]] = {}
    for run in runs:
        if run.account is not None:
            by_account.setdefault(run.account, []).append(run)
    for account, of_account in by_account.items():
        tenant = of_account[0].tenant
        found += _changed(of_account, {tenant.id: MonthScope(tenant, account).tenant_ids()}, account.id)
    return found


def _changed(
    runs: Sequence[ReportRun], tenants_of: Mapping[int, Collection[int]], account_id: int | None = None
) -> list[ReportRun]:
    tenant_ids = {tenant_id for run in runs for tenant_id in tenants_of[run.tenant_id]}
    states = cause_states(tenant_ids, {run.month for run in runs}, account_id)
    noted = []
    for run in runs:
        now = summed(states.get((run.month, tenant_id), {}) for tenant_id in set(tenants_of[run.tenant_id]))
        if run.causes != as_stored(now):
            noted.append(run)
    found = changes_since(noted, tenants_of, account_id)
    return [run for run in noted if run.id in found]
