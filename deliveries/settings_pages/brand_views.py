"""The page Brand: a tenant's own logo, colour, names and host, which the tenants below it inherit."""

from base64 import b64encode

from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliveries.settings_pages.brand_form import BrandForm, sender_line, taken_text
from portal.accounts import brand_hosts
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.models import record
from portal.accounts.way_back import posted_from
from portal.brands import hosts
from portal.brands.models import TenantBrand
from portal.brands.txt_records import PREFIX, Answer
from portal.tenants.models import Tenant

RIGHT = "change_brand"
SECONDS_BETWEEN_CHECKS = 5  # each may wait for DNS, with a connection of the database

_NAMES = ("product_name", "sender_name")
_LOGO = ("logo", "icon", "logo_digest", "logo_width", "logo_height")


@require_http_methods(["GET", "HEAD", "POST"])
@member_may(RIGHT)
def brand_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show and change the brand; `inherit` removes all own values but the host."""
    if request.method != "POST":
        return _page(request, _form(request, tenant, _stored(tenant)))
    with transaction.atomic():
        owner = Tenant.objects.select_for_update().get(id=tenant.id)  # two at once would both add a row
        stored = _stored(owner)
        form = _form(request, owner, stored)
        if "inherit" in request.POST:
            values = {"product_name": "", "sender_name": "", "colour": "", "host": stored.host, "remove_logo": True}
        elif form.is_valid():
            values = form.cleaned_data
        else:
            return _page(request, form, status=422)
        changed = _save(owner, stored, values)
        if changed:
            details = {name: f"{before} → {after}" for name, (before, after) in changed.items()}
            record("brand.changed", actor=request.user.email, tenant=owner, subject=owner.slug, details=details)
    messages.success(request, _("Saved."))
    return redirect("settings:brand", tenant.slug)


@posted_from("settings:brand")
@member_may(RIGHT)
def brand_preview(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Return what values that are not saved look like, as a fragment; 422 with what is wrong with them."""
    form = _form(request, Tenant.objects.get(id=tenant.id), _stored(tenant))
    problems = [text for texts in form.errors.values() for text in texts]
    context = _samples(form) | {"problems": problems}
    return render(request, "deliveries/_brand_preview.html", context, status=422 if problems else 200)


@posted_from("settings:brand")
@member_may(RIGHT)
def brand_check(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Look for the host's TXT record now."""
    brand = get_object_or_404(TenantBrand.objects.exclude(host="").select_related("tenant"), tenant=tenant)
    if not cache.add(f"portal.brand-check.{tenant.id}", True, SECONDS_BETWEEN_CHECKS):
        messages.warning(request, _("The record was looked for just now. Wait a few seconds."))
        return redirect("settings:brand", tenant.slug)
    try:
        answer = brand_hosts.check(brand, actor=request.user.email, now=timezone.now()).answer
    except hosts.TakenHost:
        messages.error(request, taken_text(brand.host))
        return redirect("settings:brand", tenant.slug)
    if answer == Answer.FOUND:
        messages.success(request, _("%(host)s is confirmed. New links use it.") % {"host": brand.host})
    elif answer == Answer.MISSING:
        text = _("There is no TXT record %(name)s with this value yet. New records may take an hour to be seen.")
        messages.warning(request, text % {"name": f"{PREFIX}{brand.host}"})
    else:
        messages.warning(request, _("DNS does not answer for %(host)s. Nothing was changed.") % {"host": brand.host})
    return redirect("settings:brand", tenant.slug)


def _stored(tenant: Tenant) -> TenantBrand:
    return TenantBrand.objects.filter(tenant=tenant).defer("logo", "icon").first() or TenantBrand(tenant=tenant)


def _form(request: PageRequest, tenant: Tenant, stored: TenantBrand) -> BrandForm:
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    return BrandForm(*data, tenant=tenant, stored=stored, above=request.access.brand_above)


def _save(tenant: Tenant, stored: TenantBrand, values: dict) -> dict[str, tuple[str, str]]:
    """Save what differs, and return it with the values before."""
    changed: dict[str, tuple[str, str]] = {}
    fields: list[str] = []
    for name in _NAMES:
        if getattr(stored, name) != values[name]:
            changed[name] = getattr(stored, name), values[name]
            setattr(stored, name, values[name])
            fields.append(name)
    logo = values.get("logo")
    digest = logo.digest if logo else "" if values.get("remove_logo") else stored.logo_digest
    if digest != stored.logo_digest:
        changed["logo"] = stored.logo_digest[:12], digest[:12]
        new = (logo.png, logo.icon, digest, logo.width, logo.height) if logo else (None, None, "", 0, 0)
        for name, value in zip(_LOGO, new, strict=True):
            setattr(stored, name, value)
        fields += _LOGO
    if stored.host != values["host"]:
        changed["host"] = stored.host, values["host"]
        hosts.claim(stored, values["host"])
        fields += hosts.CLAIMED
    if fields:
        stored.save(update_fields=fields if stored.pk else None)
        hosts.forget_known()
    if tenant.accent != values["colour"]:
        changed["colour"] = tenant.accent, values["colour"]
        tenant.accent = values["colour"]
        tenant.save(update_fields=["accent"])
        hosts.forget_known()
    return changed


def _samples(form: BrandForm) -> dict:
    """Return the context of the samples of pages, mails and workbooks."""
    sample, new = form.sample(), form.new_logo()
    logo = f"data:image/png;base64,{b64encode(new.png).decode()}" if new else ""
    return {"sample": sample, "sample_logo": logo, "sender": sender_line(sample), "customer": form.tenant.name}


def _page(request: HttpRequest, form: BrandForm, *, status: int = 200) -> HttpResponse:
    context = {"page": "settings", "section": "brand", "form": form, "stored": form.stored}
    context |= {"record_name": f"{PREFIX}{form.stored.host}", "has_parent": form.tenant.parent_id is not None}
    return render(request, "deliveries/settings_brand.html", context | _samples(form), status=status)
