"""The Segments page of a tenant's settings: which custom parameters messages are found by."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from campaigns import segments
from campaigns.models import SegmentKey
from deliveries.rederiving.segment_keys import SegmentKeyError, choose, problems_in_words, remove
from deliveries.settings_pages.recent_parameters import LOOKED_AT, SeenKey, recent_parameters
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant


class SegmentKeyForm(forms.Form):
    """A key to choose; taken as it is typed."""

    key = forms.CharField(
        label=gettext_lazy("Key of a custom parameter"),
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("As the sender writes it. Keys are case-sensitive."),
    )

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        for text in problems_in_words(key):
            self.add_error("key", text)
        return key


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("change_settings")
def segments_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show the chosen keys and those that recent messages have; choose one."""
    if request.method != "POST":
        return _page(request, tenant, SegmentKeyForm())
    form = SegmentKeyForm(request.POST)
    if not form.is_valid():
        return _page(request, tenant, form, status=422)
    try:
        row = choose(tenant=tenant, key=form.cleaned_data["key"], actor=request.user.email, now=timezone.now())
    except SegmentKeyError as error:
        form.add_error("key", error.text)
        return _page(request, tenant, form, status=422)
    text = _("%(key)s was added. You can search by it when the stored messages are indexed.")
    messages.success(request, text % {"key": row.key})
    return redirect("settings:segments", tenant.slug)


@posted_from("settings:segments")
@member_may("change_settings")
def segment_remove(request: HttpRequest, tenant: Tenant, segment_key_id: int) -> HttpResponse:
    """Remove a chosen key; messages keep their custom parameters."""
    row = get_object_or_404(SegmentKey, tenant=tenant, id=segment_key_id)
    remove(key=row, actor=request.user.email, now=timezone.now())
    messages.success(request, _("%(key)s was removed from the search.") % {"key": row.key})
    return redirect("settings:segments", tenant.slug)


@require_safe
@member_may("change_settings")
def segments_progress(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Return the chosen keys as a fragment that asks again while one of them is being made."""
    return render(request, "deliveries/_segment_keys.html", _keys(tenant, recent_parameters(tenant_id=tenant.id)))


def _keys(tenant: Tenant, recent: list[SeenKey]) -> dict:
    """Return the chosen keys, each with what recent messages have of it (None: nothing)."""
    seen = {one.key: one for one in recent}
    rows = list(SegmentKey.objects.filter(tenant=tenant).order_by("key"))
    for row in rows:
        row.seen = seen.get(row.key)
    return {"keys": rows, "is_working": any(row.is_open for row in rows)}


def _page(request: HttpRequest, tenant: Tenant, form: SegmentKeyForm, *, status: int = 200) -> HttpResponse:
    recent = recent_parameters(tenant_id=tenant.id)
    keys = _keys(tenant, recent)
    chosen = {row.key for row in keys["keys"] if not row.removed}
    context = {
        "page": "settings",
        "section": "segments",
        "form": form,
        "seen": [one for one in recent if one.key not in chosen],
        "looked_at": LOOKED_AT,
        "is_full": len(chosen) >= segments.MAX_KEYS,
        "most_keys": segments.MAX_KEYS,
        "most_bytes": segments.MAX_VALUE_BYTES,
    }
    return render(request, "deliveries/settings_segments.html", context | keys, status=status)
