"""Invoice checks for staff: how far each is, why it failed, and the claims of accounts that nobody owns."""

from django.contrib import admin

from portal.accounts.job_admin import JOB_COLUMNS, JobAdmin
from reports.models import InvoiceCheck


@admin.register(InvoiceCheck)
class InvoiceCheckAdmin(JobAdmin):
    """Checks of gateways' invoices. Those of shared accounts are made by `bin/portal check_invoice`."""

    list_display = ("account", "tenant", "month", "made_by", *JOB_COLUMNS, "problem")
    exclude = ("mapping", "result", "left_out", "file_name")
    list_select_related = ("account", "tenant")
    search_fields = ("=id", "=account__name", "=tenant__slug", "=made_by")
