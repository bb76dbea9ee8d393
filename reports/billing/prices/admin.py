"""Price lists for staff: the operator's are created, changed and imported here; those of customers are shown."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliveries.conversions.error_texts import file_text
from deliveries.conversions.files import FileProblem
from portal.accounts.access import PageRequest
from portal.accounts.admin_base import RecordedAdmin
from portal.common.csv_file import MACHINE
from portal.tenants.models import GatewayAccount
from reports.billing.prices import changing
from reports.billing.prices.files import read_file
from reports.billing.prices.forms import PriceFileForm
from reports.billing.prices.list_views import file_answer
from reports.billing.prices.pending import Pending
from reports.billing.prices.reading import content_of, customers_of, issued_by
from reports.billing.prices.shown import MAX_SHOWN, shown, shown_differences
from reports.billing.prices.table import TableProblem
from reports.billing.prices.texts import LIST_PROBLEMS, line_text, problem_text, table_text
from reports.models import PriceChange, PriceList

PAGE = "admin:reports_pricelist_change"
IMPORT = "admin:reports_pricelist_import"
_TERMS = ("name", "basis", "per")


class OperatorListForm(ModelForm):
    """A list of the operator: for a shared account, for a customer without a parent, or the default."""

    class Meta:
        model = PriceList
        fields = ("account", "customer", *_TERMS, "currency")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.instance.pk is None and not self.errors:
            target = {"account": data.get("account"), "customer": data.get("customer")}
            if all(target.values()):
                raise forms.ValidationError(str(LIST_PROBLEMS["account"]))
            if issued_by(None).filter(archived_at=None, **target).exists():
                raise forms.ValidationError(str(LIST_PROBLEMS["exists"]))
        return data

    def _post_clean(self) -> None:
        """The kind follows from the account; the checks of the model need it."""
        self.instance.kind = PriceList.Kind.COST if self.cleaned_data.get("account") else self.instance.kind or "sale"
        super()._post_clean()  # type: ignore[misc]  # a method of Django's that its types leave out


@admin.register(PriceList)
class PriceListAdmin(RecordedAdmin):
    """Lists are archived, never deleted."""

    form = OperatorListForm
    list_display = ("name", "issuer_name", "kind", "account", "customer", "currency", "revision", "archived_at")
    list_filter = ("kind",)
    list_select_related = ("issuer", "account", "customer")
    search_fields = ("name", "issuer__name", "customer__name")
    ordering = ("-id",)
    actions = ("archive",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:price_list_id>/import/", view(self.import_view), name="reports_pricelist_import"),
            path("<int:price_list_id>/file/", view(self.file_view), name="reports_pricelist_file"),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: PriceList | None = None) -> tuple[str, ...]:
        return ("account", "customer", *_TERMS, "currency", *(("issuer_name", "revision", "rows") if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: PriceList | None = None) -> tuple[str, ...]:
        return ("account", "customer", "currency", "issuer_name", "revision", "rows") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        chosen = {"account": GatewayAccount.objects.filter(owner=None).order_by("name"), "customer": customers_of(None)}
        return super().formfield_for_foreignkey(db_field, request, queryset=chosen[db_field.name], **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: PriceList | None = None) -> bool:
        is_operators = obj is None or (obj.issuer_id is None and obj.archived_at is None)
        return is_operators and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: PriceList | None = None) -> bool:
        return False

    def save_model(self, request: PageRequest, obj: PriceList, form: ModelForm, change: bool) -> None:
        actor, now, terms = request.user.email, timezone.now(), changing.Terms.of(obj)
        if change:
            changing.change_terms(PriceList.objects.get(pk=obj.pk), terms, actor=actor, now=now)
            return
        made = changing.create_list(
            issuer=None, terms=terms, currency=obj.currency, actor=actor, now=now, account=obj.account,
            customer=obj.customer,
        )  # fmt: skip
        obj.pk, obj.revision = made.pk, made.revision
        obj._state.adding = False

    @admin.display(description=gettext_lazy("Issuer"))
    def issuer_name(self, price_list: PriceList) -> str:
        return price_list.issuer.name if price_list.issuer else _("The operator")

    @admin.display(description=gettext_lazy("Prices"))
    def rows(self, price_list: PriceList) -> str:
        found = [shown(row, price_list.currency) for row in content_of(price_list).rows[:MAX_SHOWN]]
        lines = ((one.key, "; ".join(one.amounts), one.days) for one in found)
        return format_html_join("", "<div>{}: {} ({})</div>", lines) or "–"

    @admin.action(description=gettext_lazy("Archive lists of the operator"), permissions=["change"])
    def archive(self, request: PageRequest, lists: QuerySet[PriceList]) -> None:
        own = lists.filter(issuer=None).select_related("issuer", "account", "customer")
        done = [changing.archive(one, actor=request.user.email, now=timezone.now()) for one in own]
        messages.success(request, _("Archived lists: %(number)s.") % {"number": sum(done)})

    def file_view(self, request: HttpRequest, price_list_id: int) -> HttpResponse:
        """Hand out a list as a workbook."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(PriceList, pk=price_list_id)
        return file_answer(found, content_of(found), MACHINE, "xlsx")

    def import_view(self, request: PageRequest, price_list_id: int) -> HttpResponse:
        """Take a file, show its check, and apply it once it is confirmed."""
        found = get_object_or_404(issued_by(None), pk=price_list_id)
        if not self.has_change_permission(request, found):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import prices: %(name)s") % {"name": found.name},
            "opts": self.opts,
            "list": found,
        }
        if "checked" in request.POST:
            return self._confirmed(request, found)
        form = PriceFileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            context |= _check(form, found)
        return TemplateResponse(request, "admin/reports/pricelist/import.html", context | {"form": form})

    def _confirmed(self, request: PageRequest, found: PriceList) -> HttpResponse:
        pending = Pending.opened(request.POST["checked"], found)
        try:
            if pending is None:
                raise changing.Outdated
            now = timezone.now()
            changing.replace_content(
                found, pending.content, revision=pending.revision, cause=pending.cause, actor=request.user.email,
                now=now, today=now.date(),
            )  # fmt: skip
        except changing.Outdated:
            messages.error(request, _("The list was changed meanwhile, or the check is too old. Nothing was changed."))
            return redirect(IMPORT, found.pk)
        messages.success(request, _("Saved."))
        return redirect(PAGE, found.pk)


def _check(form: PriceFileForm, found: PriceList) -> dict[str, Any]:
    """Return what the page says about a file."""
    try:
        read = read_file(form.cleaned_data["file"].read(), currency=found.currency)
    except FileProblem as problem:
        return {"problems": [file_text(problem.code, problem.line)]}
    except TableProblem as problem:
        return {"problems": [table_text(problem)]}
    if read.problems:
        return {"problems": [line_text(problem) for problem in read.problems[:MAX_SHOWN]]}
    proposal = changing.propose(found, read.content, today=timezone.now().date())
    pending = Pending(proposal.content, found.revision, PriceChange.Cause.IMPORTED)
    may_apply = proposal.differences and not proposal.checked.errors
    return {
        "problems": [problem_text(one, found.currency) for one in proposal.checked.errors[:MAX_SHOWN]],
        "warnings": [problem_text(one, found.currency) for one in proposal.checked.warnings[:MAX_SHOWN]],
        "differences": shown_differences(proposal.differences, found.currency),
        "is_checked": True,
        "checked": pending.sealed(found) if may_apply else "",
    }
