"""Admin of partner IDs: owners, declaring, moving, and tenants' requests."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from deliveries.models import PartnerRequest
from deliveries.partner_ids import requests
from deliveries.partner_ids.admin_forms import DeclareForm
from deliveries.partner_ids.masked_admin import MaskedValues
from deliveries.partner_ids.ownership import PartnerIdError, PartnerIdTaken, declare, plan, reassign
from deliveries.partner_ids.permissions import operator
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from portal.accounts.admin_base import ReadOnlyAdmin, WholeWordSearch
from portal.common.msisdn import may_be_part_of_number
from portal.common.periods import start_of_day
from portal.tenants.models import EarlierOwner, PartnerId, Tenant


@admin.register(PartnerId)
class PartnerIdAdmin(MaskedValues, WholeWordSearch, ReadOnlyAdmin):
    """Owners of platformPartnerIds. A page of its own declares and moves them with their messages."""

    list_display = ("value_shown", "account", "tenant", "handed_over", "first_seen_at", "declared_at")
    fields = ("account", "value_shown", "tenant", "handed_over", "first_seen_at", "declared_at")
    readonly_fields = ("value_shown", "handed_over", "first_seen_at", "declared_at")
    list_filter = ("account",)
    list_select_related = ("account", "tenant")
    whole_fields = ("tenant__slug",)
    prefix_fields = ("value",)
    search_help_text = _("Beginning of a partner ID, or a customer's slug.")
    change_list_template = "admin/tenants/partnerid/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PartnerId]:
        earlier = Prefetch("earlier_owners", EarlierOwner.objects.select_related("tenant").order_by("until_at"))
        return super().get_queryset(request).prefetch_related(earlier)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        """Find what may be a part of a phone number only as a whole, as a search by number: on record and limited."""
        if may_be_part_of_number(search_term):
            word = search_term.strip()
            try:
                count_number_searches(request, [("value", word)], tenant=None)
            except TooManyNumberSearches as error:
                messages.error(request, error.text)
                return queryset.none(), False
            return queryset.filter(value=word), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("Previous owners"), empty_value="–")
    def handed_over(self, partner: PartnerId) -> str | None:
        texts = [
            gettext("%(slug)s before %(day)s")
            % {"slug": row.tenant.slug, "day": date_format(row.until_day, "SHORT_DATE_FORMAT")}
            for row in partner.earlier_owners.all()
        ]
        return ", ".join(texts) or None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.declare_view)
        return [path("declare/", view, name="tenants_partnerid_declare"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        """Lead to the page that declares partner IDs, which is the only way to add one."""
        query = request.GET.urlencode()
        return HttpResponseRedirect(reverse("admin:tenants_partnerid_declare") + (f"?{query}" if query else ""))

    def declare_view(self, request: HttpRequest) -> HttpResponse:
        """Show a form for a declaration or move, show the number of messages, and carry it out after confirmation."""
        if not request.user.has_perm("tenants.change_partnerid"):
            raise PermissionDenied
        form = DeclareForm(request.POST or None, initial=request.GET.dict())
        waits: dict | None = None
        if request.method == "POST" and form.is_valid():
            waits = _what_waits(form)
            if waits and "confirmed" in request.POST and _do(request, form):
                return HttpResponseRedirect(reverse("admin:tenants_partnerid_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Declare or move a partner ID"),
            "opts": self.opts,
            "form": form,
            "waits": waits if form.is_valid() else None,
        }
        return TemplateResponse(request, "admin/tenants/partnerid/declare.html", context)


@admin.register(PartnerRequest)
class PartnerRequestAdmin(MaskedValues, ReadOnlyAdmin):
    """Tenants' requests in shared accounts. Check that the partner ID is theirs before approving."""

    list_display = fields = (
        "value_shown",
        "tenant",
        "account",
        "from_day",
        "state",
        "requested_by",
        "requested_at",
        "decided_by",
        "decided_at",
    )
    readonly_fields = ("value_shown",)
    list_filter = ("state", "account")
    list_select_related = ("tenant", "account")
    search_fields = ("=value", "=tenant__slug", "tenant__name", "=requested_by")
    search_help_text = _("A partner ID, a customer's name or slug, or the person who asked.")
    actions = ("approve", "refuse")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("deliveries.change_partnerrequest")

    @admin.action(description=_("Approve and declare partner IDs"), permissions=["decide"])
    def approve(self, request: HttpRequest, wanted: QuerySet[PartnerRequest]) -> None:
        self._decide(request, wanted, requests.approve)

    @admin.action(description=_("Reject"), permissions=["decide"])
    def refuse(self, request: HttpRequest, wanted: QuerySet[PartnerRequest]) -> None:
        self._decide(request, wanted, requests.refuse)

    def _decide(self, request: HttpRequest, wanted: QuerySet[PartnerRequest], decide) -> None:
        done = 0
        for row in wanted.order_by("id"):
            try:
                decide(request=row, permissions=operator(request.user.email), now=timezone.now())
                done += 1
            except PartnerIdError as error:
                messages.error(request, f"{row}: {_words(error)}")
        if done:
            text = ngettext("%(count)d request was decided.", "%(count)d requests were decided.", done)
            messages.success(request, text % {"count": done})


def _what_waits(form: DeclareForm) -> dict | None:
    """Return whose messages go to whom, how many, and from when; None, with the form's error, where they may not."""
    data, now = form.cleaned_data, timezone.now()
    account, value = data["account"], data["value"]
    try:
        changes, follow = plan(account=account, value=value, tenant=data["tenant"], from_day=data["from"], now=now)
    except PartnerIdError as error:
        form.add_error(error.field if error.field in form.fields else None, _words(error))
        return None
    slugs = dict(Tenant.objects.filter(id__in={id_ for s in changes for id_ in s[2:]}).values_list("id", "slug"))
    target = data["tenant"] or account.pool
    return {
        "holders": ", ".join(sorted({slugs[change.old] for change in changes})) or target.slug,
        "targets": ", ".join(sorted({slugs[change.new] for change in changes})) or target.slug,
        "follow": follow,
        "from_at": data["from"] and start_of_day(data["from"], target.timezone),
        "zone": target.timezone,
    }


def _do(request: HttpRequest, form: DeclareForm) -> bool:
    """Declare or return a partner ID; return whether it was done, else the form has the error."""
    data, now = form.cleaned_data, timezone.now()
    permissions = operator(request.user.email, may_take=data["take_over"])
    account, value, tenant, from_day = data["account"], data["value"], data["tenant"], data["from"]
    try:
        row = PartnerId.objects.filter(account=account, value=value).first()
        # What the tenant has already is moved as well: without a date the earlier messages come too.
        if tenant is None or (row is not None and row.tenant_id == tenant.id):
            done = reassign(
                partner_id=row.id if row else 0, tenant=tenant, permissions=permissions, now=now, from_day=from_day
            )
        else:
            done = declare(
                account=account, value=value, tenant=tenant, permissions=permissions, now=now, from_day=from_day
            )
    except PartnerId.DoesNotExist:
        form.add_error("value", gettext("This partner ID is not declared."))
        return False
    except PartnerIdError as error:
        form.add_error(error.field if error.field in form.fields else None, _words(error))
        return False
    text = ngettext(
        "Done. %(count)d message is being moved.", "Done. %(count)d messages are being moved.", done.messages
    )
    messages.success(request, f"{text % {'count': done.messages}} {done.following.more}".strip())
    return True


def _words(error: PartnerIdError) -> str:
    if isinstance(error, PartnerIdTaken):
        text = gettext("It belongs to %(slug)s. Select “Take over” to move it, with its messages, to another customer.")
        return text % {"slug": error.holder.slug}
    return str(error.text)
