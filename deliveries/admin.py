"""Quarantine, moves, imports and result codes for staff."""

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

import deliveries.gates.admin
import deliveries.partner_ids.admin  # noqa: F401  registers its models
from campaigns.models import ConversionUpload, SegmentKey
from deliveries.applying.masked_raw import masked_body, masked_text
from deliveries.applying.quarantine import discard, replay
from deliveries.dialects.advice import advice
from deliveries.message_pages.quarantine_reveal import reveal
from deliveries.messages.slices import SLICES
from deliveries.models import (
    ErasedMonth,
    Export,
    GateReplay,
    ImportCount,
    ImportRun,
    PartnerMove,
    QuarantinedRow,
    ResultCode,
    RuleRefold,
    TenantRecount,
    WaitingRow,
)
from deliveries.partner_ids.admin_forms import DiscardForm
from deliveries.partner_ids.masked_admin import MaskedValues
from portal.accounts.admin_base import MAX_COUNTED, ReadOnlyAdmin, RecordedAdmin, ids_of
from portal.accounts.job_admin import JOB_COLUMNS, JobAdmin


class ReasonFilter(admin.SimpleListFilter):
    """By the reasons that rows wait for; never by a look at every row that was ever there."""

    title, parameter_name = _("reason"), "reason"

    def lookups(self, request: HttpRequest, model_admin: ReadOnlyAdmin) -> list[tuple[str, str]]:
        waiting = QuarantinedRow.objects.filter(state=QuarantinedRow.State.WAITING).values("reason")[:MAX_COUNTED]
        reasons = {row["reason"] for row in waiting} | ({self.value()} if self.value() else set())
        return [(reason, reason) for reason in sorted(reasons)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(reason=self.value()) if self.value() else queryset


@admin.register(QuarantinedRow)
class QuarantinedRowAdmin(ReadOnlyAdmin):
    """Rows that could not be applied: shown with numbers masked, replayed after a fix, or discarded with a reason."""

    list_display = ("inbox_number", "reason", "detail_shown", "feed", "state", "outcome", "received_at")
    list_filter = ("state", ReasonFilter, "feed")
    list_select_related = ("feed__account",)
    search_fields = ("reason",)
    search_help_text = _("An inbox id, a reason or the name of a feed.")
    fields = (
        "inbox_number",
        "feed",
        "import_run",
        "received_at",
        "quarantined_at",
        "reason",
        "detail_shown",
        "request_shown",
        "raw_body",
        "in_full",
        "state",
        "outcome",
        "resolved_at",
        "resolved_by",
        "resolution_shown",
    )
    readonly_fields = (
        "inbox_number",
        "detail_shown",
        "request_shown",
        "raw_body",
        "in_full",
        "outcome",
        "resolution_shown",
    )
    actions = ("replay_rows", "replay_reasons", "discard_rows")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(reveal)
        return [path("<int:row_id>/reveal/", view, name="deliveries_quarantinedrow_reveal"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuarantinedRow]:
        later = QuarantinedRow.objects.filter(inbox_id=OuterRef("inbox_id"), id__gt=OuterRef("id")).order_by("id")
        waiting = WaitingRow.objects.filter(slice__in=range(SLICES), id=OuterRef("inbox_id"))  # by the index
        rows = super().get_queryset(request).defer("body")  # up to 1 MiB each
        return rows.annotate(again=Subquery(later.values("id")[:1]), is_queued=Exists(waiting))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        """Compare whole values, which indexes and small tables answer; never a part of a text."""
        word = search_term.strip()
        if word.isascii() and word.isdigit() and len(word) < 19:
            queryset = queryset.filter(inbox_id=int(word))
        elif word:
            queryset = queryset.filter(Q(reason=word) | Q(feed__name=word))
        return queryset, False

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("deliveries.change_quarantinedrow")

    @admin.display(description=_("inbox id"), ordering="inbox_id")
    def inbox_number(self, row: QuarantinedRow) -> str:
        return str(row.inbox_id)  # to be searched for: without thousands separators

    @admin.display(description=_("request"))
    def request_shown(self, row: QuarantinedRow) -> str:
        return masked_text(row.request_line)

    @admin.display(description=_("detail"))
    def detail_shown(self, row: QuarantinedRow) -> str:
        return masked_text(row.detail)

    @admin.display(description=_("outcome"), empty_value="–")
    def outcome(self, row: QuarantinedRow) -> str | None:
        """Return what became of a replayed row: queued, applied, or in quarantine again as another entry."""
        if row.state != QuarantinedRow.State.REPLAYED:
            return None
        if row.again:
            url = reverse("admin:deliveries_quarantinedrow_change", args=[row.again])
            return format_html('<a href="{}">{}</a>', url, gettext("In quarantine again"))
        return gettext("Waiting to be processed") if row.is_queued else gettext("Processed")

    @admin.display(description=_("resolution"))
    def resolution_shown(self, row: QuarantinedRow) -> str:
        return masked_text(row.resolution)

    @admin.display(description=_("raw body"))
    def raw_body(self, row: QuarantinedRow) -> str:
        return format_html('<pre class="raw">{}</pre>', masked_body(bytes(row.body)))

    @admin.display(description=_("in full"))
    def in_full(self, row: QuarantinedRow) -> str:
        url = reverse("admin:deliveries_quarantinedrow_reveal", args=[row.id])
        return format_html('<a href="{}">{}</a>', url, _("Show once with full numbers (needs a reason)"))

    @admin.action(description=_("Replay"), permissions=["resolve"])
    def replay_rows(self, request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> None:
        _say_replayed(request, replay(ids=ids_of(rows), actor=request.user.email, now=timezone.now()))

    @admin.action(description=_("Replay all waiting rows with the same reasons"), permissions=["resolve"])
    def replay_reasons(self, request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> None:
        reasons = sorted(set(rows.values_list("reason", flat=True)))
        now, actor = timezone.now(), request.user.email
        _say_replayed(request, sum(replay(reason=reason, actor=actor, now=now) for reason in reasons))

    @admin.action(description=_("Discard (needs a reason)"), permissions=["resolve"])
    def discard_rows(self, request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> HttpResponse | None:
        form = DiscardForm(request.POST if "reason_text" in request.POST else None)
        ids = ids_of(rows.filter(state=QuarantinedRow.State.WAITING))
        if form.is_valid():
            count = discard(
                ids=ids,
                reason_text=form.cleaned_data["reason_text"],
                actor=request.user.email,
                now=timezone.now(),
            )
            text = ngettext("%(count)d row was discarded.", "%(count)d rows were discarded.", count)
            messages.success(request, text % {"count": count})
            return None
        across = request.POST.get("select_across") == "1"
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Discard quarantined rows"),
            "opts": self.opts,
            "form": form,
            "count": len(ids),
            # All that match: said by a word and one id, since a form carries no more than a thousand.
            "select_across": across,
            "selected": request.POST.getlist("_selected_action")[: 1 if across else None],
        }
        return TemplateResponse(request, "admin/deliveries/quarantinedrow/discard.html", context)


@admin.register(PartnerMove)
class PartnerMoveAdmin(MaskedValues, JobAdmin):
    list_display = ("value_shown", "tenant", *JOB_COLUMNS, "sealed")
    list_select_related = ("partner", "tenant")
    search_fields = ("=partner__value", "=tenant__slug")
    search_help_text = _("A partner ID, or a customer's slug.")


@admin.register(TenantRecount)
class TenantRecountAdmin(JobAdmin):
    list_display = ("tenant", "reason", *JOB_COLUMNS, "changed")
    list_select_related = ("tenant",)
    search_fields = ("=tenant__slug", "tenant__name")


@admin.register(RuleRefold)
class RuleRefoldAdmin(JobAdmin):
    list_display = ("created_at", *(column for column in JOB_COLUMNS if column != "created_at"), "month", "changed")


@admin.register(ErasedMonth)
class ErasedMonthAdmin(JobAdmin):
    """Months whose workbooks are to be deleted since a number was erased in their names."""

    list_display = ("tenant", "month", *JOB_COLUMNS)
    list_select_related = ("tenant",)
    search_fields = ("=tenant__slug", "tenant__name")


@admin.register(Export)
class ExportAdmin(JobAdmin):
    """Searches that were saved as files. Staff see the jobs, not the files."""

    list_display = ("tenant", "format", "made_by", *JOB_COLUMNS, "problem", "gone")
    list_filter = ("state", "format", "gone")
    list_select_related = ("tenant",)
    search_fields = ("=id", "=tenant__slug", "tenant__name", "=made_by")


@admin.register(ConversionUpload)
class ConversionUploadAdmin(JobAdmin):
    """Uploaded files of conversion events. Staff see the jobs, not the files."""

    list_display = ("tenant", "made_by", *JOB_COLUMNS, "added", "refused", "problem", "undone_at")
    exclude = ("file_name", "mapping", "errors")
    list_select_related = ("tenant",)
    search_fields = ("=id", "=tenant__slug", "tenant__name", "=made_by")


@admin.register(GateReplay)
class GateReplayAdmin(JobAdmin):
    """Reports that tenants had sent again. Staff see the jobs, not the searches."""

    list_display = ("tenant", "gate", "kind", "made_by", *JOB_COLUMNS, "queued", "delivered", "failed", "problem")
    exclude = ("title",)
    list_filter = ("state", "kind")
    list_select_related = ("tenant", "gate")
    search_fields = ("=id", "=gate__public_id", "=tenant__slug", "tenant__name", "=made_by")


@admin.register(SegmentKey)
class SegmentKeyAdmin(JobAdmin):
    """Keys that tenants have chosen, with the job that indexes and counts stored messages by them."""

    list_display = ("key_shown", "tenant", "removed", "figures", *JOB_COLUMNS)
    exclude = ("key",)
    readonly_fields = ("key_shown", *JobAdmin.readonly_fields)
    list_filter = ("state", "removed", "figures")
    list_select_related = ("tenant",)
    search_fields = ("=key", "=tenant__slug", "tenant__name")

    @admin.display(description=_("key"), ordering="key")
    def key_shown(self, key: SegmentKey) -> str:
        return str(key)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """Admin of archive imports: results of their rows, with a link to the quarantined ones."""

    list_display = (
        *("name_shown", "feed", "rows", "reports", "duplicates", "quarantined", "problem_shown"),
        *("started_at", "finished_at"),
    )
    exclude = ("file_name", "problem")
    readonly_fields = ("name_shown", "problem_shown")
    list_filter = ("feed",)
    list_select_related = ("feed__account",)
    search_fields = ("file_name", "=sha256")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        counted = ImportCount.objects.filter(run=OuterRef("pk")).order_by().values("run")
        return (
            super()
            .get_queryset(request)
            .annotate(
                **{
                    f"{outcome}_rows": Coalesce(
                        Subquery(counted.filter(outcome=outcome).annotate(n=Sum("rows")).values("n")), 0
                    )
                    for outcome in ("report", "duplicate", "quarantined")
                }
            )
        )

    @admin.display(description=_("file name"), ordering="file_name")
    def name_shown(self, run: ImportRun) -> str:
        return masked_text(run.file_name)

    @admin.display(description=_("problem"))
    def problem_shown(self, run: ImportRun) -> str:
        return masked_text(run.problem)

    @admin.display(description=_("new reports"))
    def reports(self, run: ImportRun) -> int:
        return run.report_rows

    @admin.display(description=_("duplicates"))
    def duplicates(self, run: ImportRun) -> int:
        return run.duplicate_rows

    @admin.display(description=_("quarantined"))
    def quarantined(self, run: ImportRun) -> str | int:
        if not run.quarantined_rows:
            return 0
        address = reverse("admin:deliveries_quarantinedrow_changelist")
        return format_html('<a href="{}?import_run={}">{}</a>', address, run.pk, run.quarantined_rows)


@admin.register(ResultCode)
class ResultCodeAdmin(RecordedAdmin):
    """Admin of result codes. Messages received before a change keep their status until `bin/portal refold` is run."""

    list_display = ("code", "dialect", "status", "final", "reason", "text_en")
    list_filter = ("dialect", "status", "final")
    search_fields = ("=code", "text_en", "text_fi", "=reason")
    ordering = ("dialect", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: ResultCode | None = None) -> tuple[str, ...]:
        return ("dialect", "code", "advice") if obj else ()

    @admin.display(description=_("Advice to senders"))
    def advice(self, code: ResultCode) -> str:
        return advice(code.dialect, code.code, get_language() or "en", is_known=True)

    def has_delete_permission(self, request: HttpRequest, obj: ResultCode | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ResultCode, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or {"status", "final"} & set(form.changed_data):
            command = f"bin/portal refold --dialect {obj.dialect} --code {obj.code}"
            text = gettext("Messages received earlier keep their status until you run: %(command)s")
            messages.warning(request, text % {"command": command})


def _say_replayed(request: HttpRequest, count: int) -> None:
    text = ngettext("%(count)d row is being replayed.", "%(count)d rows are being replayed.", count)
    messages.success(request, text % {"count": count})
