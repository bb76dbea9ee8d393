"""Report runs for staff: how far each is, what failed, and the accounts' workbooks, which no tenant reaches."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.accounts.admin_base import ReadOnlyAdmin
from portal.accounts.models import record
from reports.downloads import file_response
from reports.models import ReportRun
from reports.services.runs import open_file, retry_run


@admin.register(ReportRun)
class ReportRunAdmin(ReadOnlyAdmin):
    list_display = (
        "tenant",
        "account",
        "month_name",
        "kind",
        "revision",
        "state",
        "progress",
        "attempts",
        "requested_by",
        "finished_at",
    )
    list_filter = ("state", "kind")
    list_select_related = ("tenant", "account")
    search_fields = ("=id", "=tenant__slug", "tenant__name", "=account__name", "=requested_by")
    search_help_text = _("A run's number, a tenant's name or slug, an account's name, or who asked.")
    readonly_fields = ("download",)
    actions = ("retry",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        return [path("<int:run_id>/download/", view, name="reports_reportrun_download"), *super().get_urls()]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.change_reportrun")

    @admin.display(description=_("month"), ordering="month")
    def month_name(self, run: ReportRun) -> str:
        return f"{run.month:%Y-%m}"

    @admin.display(description=_("workbook"))
    def download(self, run: ReportRun) -> str:
        if run.state != ReportRun.State.DONE:
            return "–"
        url = reverse("admin:reports_reportrun_download", args=[run.id])
        return format_html('<a href="{}">{}</a>', url, _("Download"))

    @admin.action(description=_("Make the failed ones again"), permissions=["retry"])
    def retry(self, request: HttpRequest, runs: QuerySet[ReportRun]) -> None:
        failed = list(runs.filter(state=ReportRun.State.FAILED).order_by("id"))
        for run in failed:
            retry_run(run=run, requested_by=request.user.email, now=timezone.now())
        text = ngettext("%(count)d run is queued again.", "%(count)d runs are queued again.", len(failed))
        messages.success(request, text % {"count": len(failed)})

    def download_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self.get_object(request, str(run_id))
        if run is None or not self.has_view_permission(request, run) or run.state != ReportRun.State.DONE:
            raise Http404
        owner = run.account.name if run.account else run.tenant.slug
        name = f"{owner}_{run.month:%Y-%m}_r{run.revision}.xlsx"
        try:
            file = open_file(run)
        except FileNotFoundError as error:
            raise Http404 from error
        record("report.download", actor=request.user.email, tenant=run.tenant, subject=name, details={"run": run.id})
        return file_response(request, file, name)
