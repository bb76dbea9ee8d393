"""The operator's statements in the admin: closing a month, issuing, crediting, profiles, terms and numbers."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin_base import ReadOnlyAdmin, RecordedAdmin
from portal.accounts.downloads import record_download
from portal.accounts.job_admin import JOB_COLUMNS, JobAdmin
from portal.common.file_response import file_response
from portal.common.masking import Masking
from reports.billing import issuing
from reports.billing.closing import request_closing
from reports.billing.files.making import FORMATS, formats_of, make_file
from reports.billing.files.ubl import NoFile
from reports.billing.masked import document_for
from reports.billing.pages.forms import CloseForm, ProfileForm
from reports.billing.pages.statement_views import FORMAT_NAMES
from reports.billing.reading import document_of
from reports.billing.texts import remark_text, state_text
from reports.models import BillingProfile, BillingTerms, ClosingRun, NumberSeries, Statement
from reports.monthly.writers.pdf import PdfFailed, PdfTooLong
from reports.templatetags.money import money

OPERATOR = None


class OfOperator(ReadOnlyAdmin):
    """Rows of which staff see those that the operator issues."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(issuer=OPERATOR)


@admin.register(Statement)
class StatementAdmin(OfOperator):
    """The operator's statements. Actions issue drafts, credit what was wrong, and mark payments."""

    list_display = ("name", "customer", "month_name", "kind", "shown_state", "shown_total", "issued_on", "due_on")
    fields = (*list_display, "paid_on", "reference", "refers_to", "what_to_look_at", "files")
    readonly_fields = ("name", "month_name", "shown_state", "shown_total", "what_to_look_at", "files")
    list_filter = ("state", "kind")
    list_select_related = ("customer", "refers_to")
    search_fields = ("=number", "=reference", "=customer__slug", "customer__name")
    search_help_text = _("A number, a reference, or a customer's name or slug.")
    actions = ("issue", "credit", "mark_paid")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        name = "reports_statement_file"
        return [path("<int:statement_id>/files/<slug:format_name>/", view, name=name), *super().get_urls()]

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.change_statement")

    @admin.display(description=_("number"), ordering="sequence")
    def name(self, statement: Statement) -> str:
        return statement.number or gettext("Draft")

    @admin.display(description=_("month"), ordering="month")
    def month_name(self, statement: Statement) -> str:
        return f"{statement.month:%Y-%m}"

    @admin.display(description=_("state"), ordering="state")
    def shown_state(self, statement: Statement) -> str:
        return str(state_text(statement, issuing.today_of(OPERATOR, statement.customer, timezone.now())))

    @admin.display(description=_("total"))
    def shown_total(self, statement: Statement) -> str:
        return money(statement.total, statement.currency)

    @admin.display(description=_("What to look at"))
    def what_to_look_at(self, statement: Statement) -> str:
        if statement.state != Statement.State.DRAFT:
            return "–"
        missing = issuing.missing_for(statement)
        texts = [remark_text(remark, statement.currency) for remark in statement.remarks]
        if missing:
            texts.append(str(issuing.Incomplete(missing)))
        return " ".join(texts) or "–"

    @admin.display(description=_("files"))
    def files(self, statement: Statement) -> str:
        def address(name: str) -> str:
            return reverse("admin:reports_statement_file", args=[statement.pk, name])

        links = ((address(name), FORMAT_NAMES[name]) for name in formats_of(document_of(statement)))
        return format_html_join(", ", '<a href="{}">{}</a>', links)

    @admin.action(description=_("Issue the selected drafts"), permissions=["issue"])
    def issue(self, request: HttpRequest, rows: QuerySet[Statement]) -> None:
        self._each(request, rows, partial(issuing.issue, actor=request.user.get_username(), now=timezone.now()))

    @admin.action(description=_("Credit the selected statements"), permissions=["issue"])
    def credit(self, request: HttpRequest, rows: QuerySet[Statement]) -> None:
        self._each(request, rows, partial(issuing.credit, actor=request.user.get_username(), now=timezone.now()))

    @admin.action(description=_("Mark as paid today"), permissions=["issue"])
    def mark_paid(self, request: HttpRequest, rows: QuerySet[Statement]) -> None:
        today: datetime = timezone.now()
        self._each(request, rows, partial(issuing.mark_paid, on=today.date(), actor=request.user.get_username()))

    def _each(self, request: HttpRequest, rows: QuerySet[Statement], change: Callable[[int], Statement]) -> None:
        done = 0
        for row in rows.select_related("customer").order_by("id"):
            try:
                change(row.pk)
                done += 1
            except issuing.NotPossible as error:
                messages.error(request, f"{row}: {error}")
        if done:
            text = ngettext("%(count)d statement was changed.", "%(count)d statements were changed.", done)
            messages.success(request, text % {"count": done})

    def file_view(self, request: HttpRequest, statement_id: int, format_name: str) -> HttpResponse:
        """Hand out a file of a statement, with phone numbers masked."""
        statement = self.get_object(request, str(statement_id))
        if statement is None or not self.has_view_permission(request, statement) or format_name not in FORMATS:
            raise Http404
        try:
            file = make_file(document_for(Masking(in_full=False), statement), format_name)
        except (NoFile, PdfTooLong, PdfFailed) as error:
            raise Http404 from error
        record_download(
            request,
            "statement.downloaded",
            actor=request.user.get_username(),
            tenant=statement.customer,
            subject=file.name,
        )
        return file_response(request, ContentFile(file.content), file.name, content_type=file.media_type)


@admin.register(ClosingRun)
class ClosingRunAdmin(JobAdmin):
    """Closings of months, the operator's and those of customers. A page of its own closes the operator's months."""

    list_display = ("month_name", "issuer", "is_issuing", *JOB_COLUMNS, "requested_by")
    list_select_related = ("issuer",)
    search_fields = ("=id", "=issuer__slug", "=requested_by")
    search_help_text = _("A number, an issuer's slug, or the person who asked.")
    change_list_template = "admin/reports/closingrun/change_list.html"

    @admin.display(description=_("month"), ordering="month")
    def month_name(self, run: ClosingRun) -> str:
        return f"{run.month:%Y-%m}"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.close_view)
        return [path("close/", view, name="reports_closingrun_close"), *super().get_urls()]

    def close_view(self, request: HttpRequest) -> HttpResponse:
        """Show a form for a month, and close it for the operator's customers."""
        if not request.user.has_perm("reports.change_closingrun"):
            raise PermissionDenied
        now = timezone.now()
        form = CloseForm(request.POST or None, issuer=OPERATOR, now=now)
        if request.method == "POST" and form.is_valid():
            try:
                request_closing(issuer=OPERATOR, actor=request.user.get_username(), now=now, **form.cleaned_data)
            except issuing.NotPossible as error:
                form.add_error("month", str(error))
            else:
                messages.success(request, gettext("The month is being closed. Its statements appear as they are made."))
                return HttpResponseRedirect(reverse("admin:reports_closingrun_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Close a month"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/reports/closingrun/close.html", context)


class AdminProfileForm(ProfileForm):
    """A profile of any customer, or of the operator."""

    class Meta(ProfileForm.Meta):
        fields = ("tenant", *ProfileForm.Meta.fields)


@admin.register(BillingProfile)
class BillingProfileAdmin(RecordedAdmin):
    """Names, addresses and accounts as statements state them; without a customer the operator's own."""

    form = AdminProfileForm
    list_display = ("owner", "legal_name", "business_id", "country", "updated_at")
    list_select_related = ("tenant",)
    autocomplete_fields = ("tenant",)
    search_fields = ("legal_name", "=business_id", "=tenant__slug")
    ordering = ("id",)

    @admin.display(description=_("customer"))
    def owner(self, profile: BillingProfile) -> str:
        return profile.tenant.name if profile.tenant else gettext("Operator")

    def save_model(self, request: HttpRequest, obj: BillingProfile, form: forms.ModelForm, change: bool) -> None:
        obj.updated_at = timezone.now()
        super().save_model(request, obj, form, change)


class TermsForm(forms.ModelForm):
    """Terms of the operator; the database refuses a rate of another category, the form says so first."""

    class Meta:
        model = BillingTerms
        fields = ("customer", "valid_from", "vat_category", "vat_rate", "vat_reason", "payment_days")

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        is_standard = data.get("vat_category") == BillingTerms.VatCategory.STANDARD
        if is_standard != bool(data.get("vat_rate")):
            self.add_error("vat_rate", gettext("The standard rate is above 0, that of all other categories is 0."))
        if data.get("vat_category") in ("AE", "E", "O") and not data.get("vat_reason"):
            self.add_error("vat_reason", gettext("Say why there is no VAT. The invoice states it."))
        return data


@admin.register(BillingTerms)
class BillingTermsAdmin(RecordedAdmin):
    """Tells how the operator's statements are taxed and paid; without a customer for all of them."""

    form = TermsForm
    list_display = ("receiver", "valid_from", "vat_category", "vat_rate", "payment_days")
    list_select_related = ("customer",)
    autocomplete_fields = ("customer",)
    search_fields = ("=customer__slug", "customer__name")
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(issuer=OPERATOR)

    @admin.display(description=_("customer"))
    def receiver(self, terms: BillingTerms) -> str:
        return terms.customer.name if terms.customer else gettext("All customers")


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnlyAdmin):
    """The next numbers of all issuers' statements. The operator's begin with 1001."""

    list_display = fields = ("owner", "prefix", "next_number")
    readonly_fields = ("owner",)
    list_select_related = ("issuer",)
    search_fields = ("=issuer__slug",)

    @admin.display(description=_("issuer"))
    def owner(self, series: NumberSeries) -> str:
        return series.issuer.name if series.issuer else gettext("Operator")
