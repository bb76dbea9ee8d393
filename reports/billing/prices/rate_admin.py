"""The operator's exchange rates for staff: entered one by one or from a file, and deleted."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from portal.accounts.admin_base import ListAdmin
from reports.billing.prices.rate_forms import MAX_SHOWN, RateFileForm, RateForm, read_rate_file, saved_text
from reports.billing.prices.rates import RateRow, delete_rate, plain_rate, set_rates
from reports.billing.profiles import profile_of
from reports.models import ExchangeRate

LIST = "admin:reports_exchangerate_changelist"


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ListAdmin):
    """Rates of the operator. A rate replaces one of the same day and currencies; none is changed otherwise."""

    list_display = ("day", "base", "quote", "shown_rate", "entered_by", "entered_at")
    list_filter = ("base", "quote")
    search_fields = ("=base", "=quote")
    ordering = ("-day", "base", "quote")
    fields = ("day", "base", "quote", "shown_rate", "entered_by", "entered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExchangeRate]:
        return super().get_queryset(request).filter(issuer=None)

    def has_change_permission(self, request: HttpRequest, obj: ExchangeRate | None = None) -> bool:
        return False

    @admin.display(description=pgettext_lazy("currency", "Rate"))
    def shown_rate(self, rate: ExchangeRate) -> str:
        return plain_rate(rate.rate)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Enter one rate, or those of a file."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        currency = profile_of(None).currency
        is_file = request.method == "POST" and "upload" in request.POST
        form = RateForm(request.POST if request.method == "POST" and not is_file else None, currency=currency)
        file_form = RateFileForm(request.POST if is_file else None, request.FILES if is_file else None)
        problems: list[str] = []
        found = [form.row()] if form.is_bound and form.is_valid() else []
        if file_form.is_bound and file_form.is_valid():
            found, problems = read_rate_file(file_form, currency=currency)
        if found and not problems:
            return self._entered(request, found)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enter exchange rates"),
            "opts": self.opts,
            "form": form,
            "file_form": file_form,
            "problems": problems[:MAX_SHOWN],
        }
        status = 422 if request.method == "POST" else 200
        return TemplateResponse(request, "admin/reports/exchangerate/enter.html", context, status=status)

    def delete_model(self, request: HttpRequest, obj: ExchangeRate) -> None:
        delete_rate(obj, actor=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ExchangeRate]) -> None:
        for rate in queryset:
            self.delete_model(request, rate)

    def _entered(self, request: HttpRequest, found: list[RateRow]) -> HttpResponse:
        number = set_rates(None, found, actor=request.user.get_username(), now=timezone.now())
        messages.success(request, saved_text(number))
        return redirect(LIST)
