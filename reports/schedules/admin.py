"""Runs of report definitions for staff: how far each is and why it failed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from portal.accounts.job_admin import JOB_COLUMNS, JobAdmin
from reports.models import DefinitionRun


@admin.register(DefinitionRun)
class DefinitionRunAdmin(JobAdmin):
    list_display = ("tenant", "kind_name", "first", "last", "cause", "skipped", *JOB_COLUMNS, "requested_by")
    list_filter = ("state", "cause", "skipped", "definition__kind")
    list_select_related = ("tenant", "definition")
    search_fields = ("=id", "=tenant__slug", "tenant__name", "=requested_by")
    search_help_text = _("A run number, a customer's name or slug, or the person who asked.")
    readonly_fields = (*JobAdmin.readonly_fields, "kind_name")
    exclude = ("content_hash", "oldest")

    @admin.display(description=_("report"))
    def kind_name(self, run: DefinitionRun) -> str:
        return run.definition.get_kind_display()
