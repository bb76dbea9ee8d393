"""The admin's list of a kind of jobs, with the actions that retry and cancel them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.accounts.admin_base import ReadOnlyAdmin, ids_of
from portal.accounts.models import record
from portal.common import jobs
from portal.common.jobs import Job

JOB_COLUMNS = ("state", "progress", "attempts", "error", "created_at", "finished_at")


class JobAdmin(ReadOnlyAdmin):
    """Jobs of one kind: how far each is, why it failed; they can be retried and cancelled."""

    list_filter: tuple[str, ...] = ("state",)
    readonly_fields: tuple[str, ...] = ("progress",)
    actions = ("retry", "cancel")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    @admin.display(description=_("progress"))
    def progress(self, job: Job) -> str:
        done, total = (number_format(number, force_grouping=True) for number in (job.done, job.total))
        return _("%(done)s of %(total)s") % {"done": done, "total": total} if job.total else done

    @admin.action(description=_("Retry the selected jobs"), permissions=["retry"])
    def retry(self, request: HttpRequest, rows: QuerySet) -> None:
        count = len(jobs.retry(self.model, ids=ids_of(rows)))
        record(f"{self.opts.model_name}.retried", actor=request.user.get_username(), details={"jobs": count})
        text = ngettext(
            "%(count)d job is queued again and begins within half a minute.",
            "%(count)d jobs are queued again and begin within half a minute.",
            count,
        )
        messages.success(request, text % {"count": count})

    @admin.action(description=_("Cancel the selected jobs"), permissions=["retry"])
    def cancel(self, request: HttpRequest, rows: QuerySet) -> None:
        count = jobs.cancel(self.model, ids=ids_of(rows))
        record(f"{self.opts.model_name}.cancelled", actor=request.user.get_username(), details={"jobs": count})
        text = ngettext(
            "%(count)d job is cancelled; if it is running, it stops after its present step.",
            "%(count)d jobs are cancelled; those that are running stop after their present step.",
            count,
        )
        messages.success(request, text % {"count": count})
