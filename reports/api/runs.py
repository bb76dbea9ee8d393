"""/api/v1/reports/: monthly reports, queued, listed and fetched."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.accounts.models import record
from portal.api.pages import ROW_ID_MAX, page_by_id
from portal.api.problems import BadField, BadParameter, Conflict, Gone
from portal.api.views import ApiView
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.downloads import file_response
from reports.forms import MonthForm
from reports.models import ReportRun
from reports.services.runs import open_file, request_run


class RunsView(ApiView):
    """The reports that were asked for, newest first; asking for one."""

    single = frozenset({"month", "state", "tenant", "cursor", "size"})

    def get(self, request: Request) -> Response:
        runs = visible(self.access)
        if month := self.given.text("month"):
            try:
                runs = runs.filter(month=Month.parse(month).first_day)
            except ValueError as error:
                raise BadParameter("month", str(error)) from error
        if state := self.given.choice("state", tuple(ReportRun.State.values)):
            runs = runs.filter(state=state)
        if slug := self.given.text("tenant"):
            runs = runs.filter(tenant__slug=slug)
        page, cursor = page_by_id(runs, self.given)
        return Response({"data": [shown(run, self.access) for run in page], "next_cursor": cursor})

    def post(self, request: Request) -> Response:
        """Queue a month's report; the answer is the run that waits already where there is one."""
        now, body = timezone.now(), request.data
        for name in body:
            if name not in ("month", "tenant"):
                raise BadField(name, "there is no such field here; there is month, tenant")
        tenant = self._tenant(body.get("tenant"))
        if not isinstance(body.get("month"), str):
            raise BadField("month", "say which one, such as 2026-10")
        form = MonthForm({"month": body["month"]}, tenant=tenant, now=now)
        if not form.is_valid():
            raise BadField("month", " ".join(form.errors["month"]))
        run = request_run(
            tenant=tenant,
            account=self.access.account,
            month=form.cleaned_data["month"],
            requested_by=str(self.access.key),
            now=now,
        )
        address = reverse("api:report", args=[run.id])
        return Response(shown(run, self.access), status=202, headers={"Location": address})

    def _tenant(self, slug: object) -> Tenant:
        """Return the tenant that the body names, the key's own where it names none."""
        if slug is None:
            return self.access.tenant
        if self.access.account is not None:
            raise BadField("tenant", "an account's key makes reports of its account alone")
        mine = Tenant.objects.filter(id__in=self.access.tenant_ids)
        tenant = mine.filter(slug=slug).first() if isinstance(slug, str) and "\0" not in slug else None
        if tenant is None:
            raise BadField("tenant", "no tenant of this name that the key may see")
        return tenant


class RunView(ApiView):
    """One report and how far it is."""

    def get(self, request: Request, run_id: int) -> Response:
        return Response(shown(_run(self.access, run_id), self.access))


class DownloadView(ApiView):
    """A finished report's workbook; who fetched it is written down."""

    def get(self, request: Request, run_id: int) -> HttpResponse:
        run = _run(self.access, run_id)
        if run.state != ReportRun.State.DONE:
            raise Conflict(f"This report is not ready: {run.state}.")
        try:
            file = open_file(run)
        except FileNotFoundError as error:
            raise Gone("The file of this report is gone; ask for a new one.") from error
        name = f"{run.tenant.slug}_{run.month:%Y-%m}_r{run.revision}.xlsx"
        record("report.download", actor=str(self.access.key), tenant=run.tenant, subject=name, details={"run": run.id})
        return file_response(request._request, file, name)


def visible(access: Access) -> QuerySet[ReportRun]:
    """Return the reports of the key's tenants, of an account's key those of the account."""
    runs = ReportRun.objects.select_related("tenant")
    if access.account is not None:
        return runs.filter(account_id=access.account.id)
    return runs.filter(tenant_id__in=access.tenant_ids, account=None)


def shown(run: ReportRun, access: Access) -> dict:
    """Return a report as the API shows it."""
    is_done = run.state == ReportRun.State.DONE
    return {
        "id": run.id,
        "tenant": None if access.account else run.tenant.slug,
        "account": access.account.name if access.account else None,
        "month": f"{run.month:%Y-%m}",
        "kind": run.kind,
        "revision": run.revision,
        "state": run.state,
        "progress": run.progress,
        "requested_at": run.requested_at,
        "finished_at": run.finished_at,
        "data_as_of": run.data_as_of,
        "messages": run.messages,
        "maturity": run.maturity,
        "bytes": run.bytes,
        "sha256": run.sha256 or None,
        "url": reverse("api:report", args=[run.id]),
        "download_url": reverse("api:report_download", args=[run.id]) if is_done else None,
    }


def _run(access: Access, run_id: int) -> ReportRun:
    return get_object_or_404(visible(access), id=min(run_id, ROW_ID_MAX))
