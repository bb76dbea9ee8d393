"""Messages for staff: those of all tenants and pools, found by what an index answers, numbers masked, read-only."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from deliveries.message_pages.number_reveal import reveal_number
from deliveries.message_pages.number_text import MAX_NUMBER_LENGTH, note_on_number, whole_number
from deliveries.message_pages.presenter import MessagePresenter
from deliveries.search.addresses import message_or_404
from deliveries.search.find import Page, SearchTooSlow, campaign_names, reports_of, search
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from deliveries.search.query import MessageQuery
from portal.common.any_text import address_of
from portal.common.keyset import BadCursor
from portal.common.masking import Masking
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants

SECONDS = 8.0  # a search may take; what is longer tells people to narrow it
PERMISSION = "deliveries.view_message"
MASKING = Masking(in_full=False)


class StaffSearchForm(forms.Form):
    """A tenant, a whole number or a message id; within a tenant also a refId or a partner ID."""

    tenant = forms.CharField(
        label=gettext_lazy("Customer"),
        required=False,
        max_length=63,
        help_text=gettext_lazy("The slug of a customer or pool."),
    )
    number = forms.CharField(label=gettext_lazy("Number"), required=False, max_length=MAX_NUMBER_LENGTH)
    message_id = forms.CharField(label=gettext_lazy("Message id"), required=False, max_length=200)
    ref_id = forms.CharField(label=gettext_lazy("RefId"), required=False, max_length=256, strip=False)
    partner_id = forms.CharField(label=gettext_lazy("Partner ID"), required=False, max_length=256, strip=False)

    def clean_tenant(self) -> Tenant | None:
        slug = self.cleaned_data["tenant"]
        tenant = Tenant.objects.filter(slug=slug).first() if slug else None
        if slug and tenant is None:
            raise forms.ValidationError(_("No customer has this slug."))
        return tenant

    def clean_number(self) -> str:
        return whole_number(self.cleaned_data["number"])

    def clean(self) -> dict:
        data = super().clean()
        if not self.errors and not (data["tenant"] or data["number"] or data["message_id"]):
            raise forms.ValidationError(_("Enter a customer, a whole phone number or a message id."))
        return data

    def query(self) -> MessageQuery:
        """Return what a valid form asks for; without a tenant in all of them, one index each."""
        data = dict(self.cleaned_data)
        tenant = data.pop("tenant")
        ids = with_descendants([tenant.id]) if tenant else set(Tenant.objects.values_list("id", flat=True))
        return MessageQuery(tenant_ids=frozenset(ids), number_country=tenant.country if tenant else "", **data)

    @property
    def number_note(self) -> str:
        """Note on reading a number without a country code: in the tenant's country, if a tenant is given."""
        tenant = self.cleaned_data.get("tenant")
        return note_on_number(self.cleaned_data.get("number", ""), tenant.country) if tenant else ""


@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """Search all tenants' messages, newest first."""
    _permit(request)
    asked = {name: text for name, text in request.GET.items() if name in StaffSearchForm.base_fields and text.strip()}
    form = StaffSearchForm(asked or None)
    found: dict = {"state": "empty", "rows": []}
    if asked:
        found = _found(request, form, request.GET.get("cursor", "")) if form.is_valid() else found | {"state": "wrong"}
    cursors = {
        name: urlencode(asked | {"cursor": found[name]}) if found.get(name) else "" for name in ("newer", "older")
    }
    context = {**admin.site.each_context(request), "title": _("Messages"), "form": form, **found, **cursors}
    status = {"wrong": 422, "limited": 429}.get(found["state"], 200)
    return _private(TemplateResponse(request, "admin/messages/list.html", context, status=status))


@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, account: str = "", message_id: str = "") -> HttpResponse:
    """Show one message; after a POST with a reason, recorded for the tenant's owners, the page has its number once.

    Values that a path cannot hold are passed as the parameters `account` and `id` (portal/common/any_text.py).
    """
    _permit(request)
    account, message_id = account or request.GET.get("account", ""), message_id or request.GET.get("id", "")
    everywhere = frozenset(Tenant.objects.values_list("id", flat=True))
    stored = message_or_404(tenant_ids=everywhere, account=account, message_id=message_id, masking=MASKING)
    reveal = reveal_number(request, stored, account=account)
    if reveal.is_granted:
        return redirect(f"{request.get_full_path()}#reveal")
    detail = MessagePresenter([stored], campaign_names([stored]), masking=MASKING, link=_link).detail(
        stored, reports_of(stored)
    )
    context = {
        **admin.site.each_context(request),
        "title": _("Message %(id)s") % {"id": detail.row.message_id},
        "message": detail,
        "row": detail.row,
        "zone": detail.row.tenant.timezone,
        "reveal": reveal.form,
        "revealed": reveal.number,
    }
    return _private(TemplateResponse(request, "admin/messages/message.html", context, status=reveal.status))


def _permit(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def _found(request: HttpRequest, form: StaffSearchForm, cursor: str) -> dict:
    tenant = form.cleaned_data["tenant"]
    texts = [(name, text) for name, text in form.cleaned_data.items() if name != "tenant"]
    try:
        count_number_searches(request, texts, tenant=tenant, is_next_page=bool(cursor))
        page: Page = search(form.query(), cursor=cursor, seconds=SECONDS)
    except TooManyNumberSearches as error:
        form.add_error(error.filter, error.text)
        return {"state": "limited", "rows": []}
    except BadCursor:
        form.add_error(None, _("This page of the list does not exist. Go to the newest messages."))
        return {"state": "wrong", "rows": []}
    except SearchTooSlow:
        return {"state": "too_much", "rows": []}
    presenter = MessagePresenter(page.messages, page.campaigns, masking=MASKING, link=_link)
    return {
        "state": "rows" if page.messages else "nothing",
        "rows": [presenter.row(one) for one in page.messages],
        "newer": page.previous_cursor,
        "older": page.next_cursor,
    }


def _link(account: str, message_id: str) -> str:
    return address_of("admin:message", account=account, id=message_id)


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store, private"
    return response
