"""/api/v1/reports/: monthly reports, queued, listed and fetched."""

from collections.abc import Collection, Mapping

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.accounts.downloads import record_download
from portal.api.operations import REPORTS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import TENANT, Parameter
from portal.api.problems import BadField, BadParameter, Gone, NotReady
from portal.api.views import ApiView
from portal.common.file_response import XLSX, file_response
from portal.common.periods import Month
from portal.tenants.models import Tenant
from portal.tenants.scope import descendants_of_each
from reports.models import ReportRun
from reports.monthly.changes_since import COUNTED, ChangedSince, changes_since
from reports.runs import runs
from reports.runs.cause_texts import reasons_of
from reports.runs.editions import open_edition
from reports.runs.examples import QUEUED, REPORT
from reports.runs.forms import MonthForm
from reports.runs.serializers import QueueReportSerializer, ReportPageSerializer, ReportSerializer

RUN_PATH = {"run_id": Parameter(name="run_id", text="The report's `id`.", kind="number", most=ROW_ID_MAX, example=17)}


class RunsView(ApiView):
    """Requested reports, newest first, and new requests."""

    operations = {
        "GET": Operation(
            id="list_reports",
            tag="Reports",
            summary="List reports",
            text=(
                "Monthly reports, newest first: those of the key's tenants, or, for an account's key, those of the"
                " account. Removed reports stay in the list with `removed_at`."
            ),
            parameters=(
                Parameter(name="month", text="Only this month.", pattern="^[0-9]{4}-[0-9]{2}$", example="2026-10"),
                Parameter(
                    name="state",
                    text="Only with this state.",
                    kind="choice",
                    choices=tuple(ReportRun.State.values),
                    example="done",
                ),
                TENANT,
                *LISTED,
            ),
            sample={"state": "done"},
            answer=ReportPageSerializer,
            answer_text="A page of reports.",
            answer_example=PAGE_EXAMPLE | {"data": [REPORT]},
        ),
        "POST": Operation(
            id="queue_report",
            tag="Reports",
            summary="Queue a report",
            text=(
                "Queue the report of a month as a workbook. If one is already waiting, the response is that"
                " report, so a repeated request creates nothing twice. With an `Idempotency-Key`, a retry gets the"
                " report of the first request even after it is done. Poll the report until its `state` is `done`,"
                " `failed` or `cancelled`, or let a gate tell `report.ready`. A report without changes against the"
                " newest revision of its month is `unchanged`: it has that revision's number and file. A month that was"
                " removed gets the next number."
            ),
            scope=REPORTS,
            body=QueueReportSerializer,
            body_example={"month": "2026-10"},
            answer=ReportSerializer,
            answer_text="The report is queued, or was already; `Location` is its URL.",
            answer_example=QUEUED,
            status=202,
            headers={"Location": "The report's address."},
        ),
    }

    def get(self, request: Request) -> Response:
        runs = visible(self.access)
        if "month" in self.given:
            try:
                runs = runs.filter(month=Month.parse(self.given.text("month")).first_day)
            except ValueError as error:
                raise BadParameter("month", str(error)) from error
        if state := self.given.choice("state"):
            runs = runs.filter(state=state)
        if (asked := self.given.tenants(self.access)) is not None:
            runs = runs.filter(tenant_id__in=asked.values())
        return self.answer(page_of(runs, self.given, self.access, self._shown, created="requested_at"))

    def post(self, request: Request) -> Response:
        """Queue a month's report; the answer is the run that waits already where there is one."""
        now, body = timezone.now(), self.body(request)
        tenant = self._tenant(body.get("tenant"))
        form = MonthForm({"month": body["month"]}, tenant=tenant, now=now)
        if not form.is_valid():
            raise BadField("month", " ".join(form.errors["month"]))
        run = runs.request_run(
            tenant=tenant,
            account=self.access.account,
            month=form.cleaned_data["month"],
            requested_by=str(self.access.key),
            now=now,
        )
        return self.answer(
            shown(run, self.access, changes([run], self.access)), Location=reverse("api:report", args=[run.id])
        )

    def _shown(self, page: list[ReportRun]) -> list[dict]:
        changed = changes(page, self.access)
        return [shown(run, self.access, changed) for run in page]

    def _tenant(self, slug: str | None) -> Tenant:
        """Return the tenant that the body names, the key's own where it names none."""
        if slug is None:
            return self.access.tenant
        if self.access.account is not None:
            raise BadField("tenant", "an account's key can only create reports of its own account")
        tenant = Tenant.objects.filter(id__in=self.access.tenant_ids, slug=slug).first()
        if tenant is None:
            raise BadField("tenant", "no tenant of this name that the key may see")
        return tenant


class RunView(ApiView):
    """One report and how far it is."""

    operations = {
        "GET": Operation(
            id="get_report",
            tag="Reports",
            summary="One report",
            text=("A report and its progress. Poll every few seconds; `download_url` is set when the report is done."),
            path=RUN_PATH,
            answer=ReportSerializer,
            answer_text="The report.",
            answer_example=REPORT,
        )
    }

    def get(self, request: Request, run_id: int) -> Response:
        run = _run(self.access, run_id)
        return self.answer(shown(run, self.access, changes([run], self.access)))


class DownloadView(ApiView):
    """A finished report's workbook; who fetched it is written down."""

    operations = {
        "GET": Operation(
            id="download_report",
            tag="Reports",
            summary="A report's file",
            text=(
                "The workbook (xlsx) of a report that is done. Each download is recorded in the audit log. A key"
                " without the scope `numbers` gets the edition with masked phone numbers. A file never changes:"
                " send its `ETag` as `If-None-Match`, and the response is 304 without the file."
            ),
            path=RUN_PATH,
            answer_text="The workbook.",
            media=XLSX,
            also={304: "The file still has the `ETag` in `If-None-Match`."},
            headers={"Content-Disposition": "The file's name.", "ETag": "The file's SHA-256."},
            problems=("not-ready", "gone"),
        )
    }

    def get(self, request: Request, run_id: int) -> HttpResponse:
        run = _run(self.access, run_id)
        if run.state != ReportRun.State.DONE:
            raise NotReady(f"This report is not ready: {run.state}.")
        if run.removed_at is not None:
            raise Gone("The report was removed, and its file was deleted. Queue the report again.")
        if run.file_erased_at is not None:
            raise Gone(
                "The file was deleted because a phone number in it was erased. The newest revision does not"
                " contain the number."
            )
        edition = run.edition(self.access.masking)
        if edition is None:
            raise NotReady("This report has no edition with masked numbers. Queue the report again.")
        etag = f'"{edition.sha256}"'
        if (unchanged := get_conditional_response(request._request, etag=etag)) is not None:
            return unchanged
        try:
            file = open_edition(run, self.access.masking)
        except FileNotFoundError as error:
            raise Gone("The file of this report was deleted. Queue a new report.") from error
        name = run.file_name(run.tenant.slug, edition)
        record_download(
            request,
            "report.download",
            actor=str(self.access.key),
            tenant=run.tenant,
            subject=name,
            details={"run": run.id},
        )
        response = file_response(request._request, file, name)
        response.headers["ETag"] = etag
        return response


def visible(access: Access) -> QuerySet[ReportRun]:
    """Return the reports of the key's tenants, of an account's key those of the account."""
    runs = ReportRun.objects.select_related("tenant", "same_as")
    if access.account is not None:
        return runs.filter(account_id=access.account.id)
    return runs.filter(tenant_id__in=access.tenant_ids, account=None)


def changes(runs: Collection[ReportRun], access: Access) -> dict[int, ChangedSince]:
    """Return what has changed since the final ones of these reports, by id."""
    if access.account is not None:
        tenants_of = {run.tenant_id: access.tenant_ids for run in runs}
        return changes_since(runs, tenants_of, access.account.id)
    return changes_since(runs, descendants_of_each({run.tenant_id for run in runs}))


def shown(run: ReportRun, access: Access, changed: Mapping[int, ChangedSince]) -> dict:
    """Return a report as the API shows it; `changed` is that of `changes`."""
    since = changed.get(run.id)
    edition = run.edition(access.masking)
    return {
        "id": run.id,
        "tenant": None if access.account else run.tenant.slug,
        "account": access.account.name if access.account else None,
        "month": f"{run.month:%Y-%m}",
        "timezone": access.account.timezone if access.account else run.tenant.timezone,
        "kind": run.kind,
        "revision": run.number,
        "unchanged": run.same_as_id is not None,
        "state": run.state,
        "waits_for_delivery_reports": run.is_waiting,
        "progress": run.percent,
        "requested_at": run.requested_at,
        "finished_at": run.finished_at,
        "data_as_of": run.data_as_of,
        "messages": run.messages,
        "maturity": run.maturity,
        "changed_since": since
        and {name: since.differences.get(name) for name in COUNTED} | {"rows_moved": since.are_rows_moved},
        "causes": [{"cause": reason.cause, **reason.differences} for reason in since.reasons] if since else [],
        "revision_changes": run.changes
        and {
            "since_revision": run.changes["since"],
            **run.changes["differences"],
            "causes": [{"cause": reason.cause, **reason.differences} for reason in reasons_of(run.changes)],
        },
        "bytes": edition and edition.bytes,
        "sha256": edition and edition.sha256,
        "url": reverse("api:report", args=[run.id]),
        "download_url": reverse("api:report_download", args=[run.id]) if run.has_file else None,
        "file_erased_at": run.file_erased_at,
        "removed_at": run.removed_at,
    }


def _run(access: Access, run_id: int) -> ReportRun:
    return get_object_or_404(visible(access), id=min(run_id, ROW_ID_MAX))
