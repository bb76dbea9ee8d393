"""Report runs for staff: how far each is, what failed, and the accounts' workbooks, which no tenant reaches."""

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.accounts.downloads import record_download
from portal.accounts.job_admin import JOB_COLUMNS, JobAdmin
from portal.common.file_response import file_response
from portal.common.masking import Masking
from portal.common.periods import Month
from portal.tenants.scope import descendants_of_each
from reports.models import ReportRun
from reports.monthly.changes_since import changes_since
from reports.monthly.selector import MonthScope
from reports.runs.changed_texts import changed_text
from reports.runs.editions import NoMaskedEdition, open_edition
from reports.runs.runs import request_run, retry_run


@admin.register(ReportRun)
class ReportRunAdmin(JobAdmin):
    list_display = (
        "tenant",
        "account",
        "month_name",
        "kind",
        "number",
        "changed_since",
        *JOB_COLUMNS,
        "requested_by",
    )
    list_filter = ("state", "kind")
    list_select_related = ("tenant", "account", "same_as")
    list_per_page = 50  # what has changed is counted for each
    search_fields = ("=id", "=tenant__slug", "tenant__name", "=account__name", "=requested_by")
    search_help_text = _("A run number, a customer's name or slug, an account name, or the person who asked.")
    readonly_fields = (*JobAdmin.readonly_fields, "changed_since", "download")
    actions = (*JobAdmin.actions, "make_next")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<int:run_id>/download/", view, name="reports_reportrun_download"), *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Count what has changed for all runs of the list together."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        _set_changes(changelist.result_list)
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ReportRun | None:
        run = super().get_object(request, object_id, from_field)
        if run is not None:
            _set_changes([run])
        return run

    @admin.display(description=_("revision"), ordering="revision")
    def number(self, run: ReportRun) -> str:
        return str(run.number) if run.same_as is None else _("%(revision)s, unchanged") % {"revision": run.number}

    @admin.display(description=_("changed since then"))
    def changed_since(self, run: ReportRun) -> str:
        return changed_text(run.changed) if run.changed else "–"

    @admin.display(description=_("month"), ordering="month")
    def month_name(self, run: ReportRun) -> str:
        return f"{run.month:%Y-%m}"

    @admin.display(description=_("workbook"))
    def download(self, run: ReportRun) -> str:
        if run.state != ReportRun.State.DONE:
            return "–"
        if run.removed_at is not None:
            return _("Removed by the customer")
        if run.file_erased_at is not None:
            return _("Deleted because a phone number in it was erased")
        url = reverse("admin:reports_reportrun_download", args=[run.id])
        return format_html('<a href="{}">{}</a>', url, _("Download"))

    @admin.action(description=_("Retry the selected jobs"), permissions=["retry"])
    def retry(self, request: HttpRequest, runs: QuerySet[ReportRun]) -> None:
        """Queue what failed or was cancelled, each as requested by this person now."""
        failed = [run for run in runs.order_by("id") if run.is_stopped and run.removed_at is None]
        count = sum(retry_run(run=run, requested_by=request.user.email, now=timezone.now()) for run in failed)
        text = ngettext("%(count)d run is queued again.", "%(count)d runs are queued again.", count)
        messages.success(request, text % {"count": count})
        if left := len(failed) - count:
            text = ngettext(
                "%(count)d run was skipped: the report of its month is already being created.",
                "%(count)d runs were skipped: the reports of their months are already being created.",
                left,
            )
            messages.warning(request, text % {"count": left})

    @admin.action(description=_("Create next revision"), permissions=["retry"])
    def make_next(self, request: HttpRequest, runs: QuerySet[ReportRun]) -> None:
        """Queue the reports of the runs' months, one for each tenant and month."""
        wanted = {(run.tenant_id, run.month): run for run in runs.select_related("tenant", "account").order_by("id")}
        for run in wanted.values():
            request_run(
                tenant=run.tenant,
                account=run.account,
                month=Month.of(run.month),
                requested_by=request.user.email,
                now=timezone.now(),
            )
        text = ngettext(
            "%(count)d report is queued. It becomes a revision if its contents have changed.",
            "%(count)d reports are queued. They become revisions if their contents have changed.",
            len(wanted),
        )
        messages.success(request, text % {"count": len(wanted)})

    def download_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self.get_object(request, str(run_id))
        if run is None or not self.has_view_permission(request, run) or run.state != ReportRun.State.DONE:
            raise Http404
        owner = run.account.name if run.account else run.tenant.slug
        masking = Masking(in_full=False)  # staff see numbers masked
        try:
            file = open_edition(run, masking)
        except NoMaskedEdition:
            messages.error(
                request,
                _("This workbook has no edition with masked numbers. Create the next revision."),
            )
            return redirect("admin:reports_reportrun_change", run.id)
        except FileNotFoundError as error:
            raise Http404 from error
        name = run.file_name(owner, run.edition(masking))
        record_download(
            request,
            "report.download",
            actor=request.user.email,
            tenant=run.tenant,
            subject=name,
            details={"run": run.id},
        )
        return file_response(request, file, name)


def _set_changes(runs: list[ReportRun]) -> None:
    """Set `changed` of each run: a few queries for all tenants together and for each account."""
    of_tenants = [run for run in runs if run.account_id is None]
    found = changes_since(of_tenants, descendants_of_each({run.tenant_id for run in of_tenants}))
    for account in {run.account for run in runs if run.account_id is not None}:
        of_account = [run for run in runs if run.account_id == account.id]
        tenant = of_account[0].tenant
        found |= changes_since(of_account, {tenant.id: MonthScope(tenant, account).tenant_ids()}, account.id)
    for run in runs:
        run.changed = found.get(run.id)
