"""The event `report.ready` for gates: a month's report is made, or could not be made."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from deliveries.gates.events import queue_event
from deliveries.models import Gate
from portal.common.periods import Month
from portal.tenants.ownership import owned_accounts
from reports.models import ReportRun

KIND = "monthly"


def tell_made(run: ReportRun) -> None:
    """Queue the event of a report that is done, at the gates of its tenant, or of its account's owner.

    Call it in the transaction that writes so.
    """
    _tell(run, formats=["xlsx"])


def tell_failed(run: ReportRun) -> None:
    """Queue the event of a report that could not be made."""
    _tell(run, formats=[], skipped="failed")


def _tell(run: ReportRun, *, formats: list[str], skipped: str | None = None) -> None:
    account = run.account
    if account is not None and account not in owned_accounts([account.owner_id]):
        return  # it has no owner, or others use it, too
    reader = account.owner if account else run.tenant
    month = Month.of(run.month)
    place = reverse("reports:account_months", args=[reader.slug, account.name]) if account else None
    body = {
        "report": None,
        "run": run.id,
        "name": f"{account.name} {month}" if account else str(month),
        "kind": KIND,
        "first": month.first_day.isoformat(),
        "last": month.last_day.isoformat(),
        "state": run.kind,
        "formats": formats,
        "rows": run.rows if formats else None,
        "skipped": skipped,
        "data_as_of": run.data_as_of if formats else None,
        "url": settings.PUBLIC_URL + (place or reverse("reports:months", args=[reader.slug])),
        "api_url": settings.PUBLIC_URL + reverse("api:report", args=[run.id]),
    }
    queue_event(tenant_id=reader.id, event=Gate.Event.REPORT_READY, body=body, now=timezone.now())
