"""A tenant's settings: its own page, and how its refIds are read."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from campaigns import ref_ids
from campaigns.models import RefIdScheme
from deliveries.models import TenantRecount
from deliveries.settings_pages.changing import save_scheme, save_settings, scheme_of
from deliveries.settings_pages.forms import RefIdSchemeForm, TenantSettingsForm
from deliveries.settings_pages.preview import SettingsPreview, settings_preview
from deliveries.settings_pages.recent_ref_ids import recent_ref_ids
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("change_settings")
def tenant_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show and change the tenant's settings; another time zone queues a recount."""
    if request.method != "POST":
        return _tenant_page(request, TenantSettingsForm(instance=tenant, request=request))
    with transaction.atomic():
        # Another object than the page's tenant: what is refused must not show in the header.
        stored = Tenant.objects.select_for_update().get(id=tenant.id)
        before = {name: getattr(stored, name) for name in TenantSettingsForm.Meta.fields}
        form = TenantSettingsForm(request.POST, instance=stored, request=request)
        if not form.is_valid():
            return _tenant_page(request, form, status=422)
        changed = {name: [before[name], form.cleaned_data[name]] for name in form.changed_data}
        save_settings(tenant=stored, changed=changed, actor=request.user.email, now=timezone.now())
    _say_saved(request, counts_anew="timezone" in changed)
    return redirect("settings:tenant", tenant.slug)


@posted_from("settings:tenant")
@member_may("change_settings")
def tenant_preview(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Return what settings that are not saved would look like, as a fragment; 422 with what is wrong with them."""
    form = TenantSettingsForm(request.POST, instance=Tenant.objects.get(id=tenant.id), request=request)
    context = {"preview": _settings_preview(request, form), "problems": _all_errors(form)}
    return render(request, "deliveries/_settings_preview.html", context, status=422 if form.errors else 200)


@require_safe
@member_may("change_settings")
def recount_progress(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Return how far the newest recount is, as a fragment that asks again while it runs."""
    return render(request, "deliveries/_recount.html", {"recount": _newest_recount(tenant)})


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("change_settings")
def ref_ids_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show the refId scheme, with a preview on recent refIds; saving another one queues a recount."""
    stored = RefIdScheme.objects.filter(tenant=tenant).first()
    if request.method != "POST":
        return _ref_ids_page(request, tenant, RefIdSchemeForm(initial=_initial(stored)), scheme_of(stored))
    form = RefIdSchemeForm(request.POST)
    if not form.is_valid():
        return _ref_ids_page(request, tenant, form, None, status=422)
    if "preview" in request.POST:
        return _ref_ids_page(request, tenant, form, form.scheme(), sample=form.cleaned_data["sample"])
    changed = save_scheme(tenant=tenant, scheme=form.scheme(), actor=request.user.email, now=timezone.now())
    _say_saved(request, counts_anew=changed)
    return redirect("settings:ref_ids", tenant.slug)


@posted_from("settings:ref_ids")
@member_may("change_settings")
def ref_ids_preview(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Return what a scheme that is not saved makes of recent refIds, as a fragment; 422 with what is wrong with it."""
    form = RefIdSchemeForm(request.POST)
    if not form.is_valid():
        return render(request, "deliveries/_ref_id_preview.html", {"problems": _all_errors(form)}, status=422)
    context = _preview(tenant, form.scheme(), sample=form.cleaned_data["sample"])
    return render(request, "deliveries/_ref_id_preview.html", context)


def _say_saved(request: HttpRequest, *, counts_anew: bool) -> None:
    if counts_anew:
        messages.success(
            request,
            _("Saved. All messages are being recounted. Until that is done, figures mix the old and the new setting."),
        )
    else:
        messages.success(request, _("Saved."))


def _tenant_page(request: HttpRequest, form: TenantSettingsForm, *, status: int = 200) -> HttpResponse:
    recount = _newest_recount(request.access.tenant)
    context = {"page": "settings", "section": "tenant", "form": form, "recount": recount}
    context["preview"] = _settings_preview(request, form)
    return render(request, "deliveries/settings_tenant.html", context, status=status)


def _settings_preview(request: HttpRequest, form: TenantSettingsForm) -> SettingsPreview:
    return settings_preview(form.sound_values(), now=timezone.now(), inherited=request.access.brand_above.colour)


def _ref_ids_page(
    request: HttpRequest,
    tenant: Tenant,
    form: RefIdSchemeForm,
    scheme: ref_ids.RefIdScheme | None,
    *,
    sample: str = "",
    status: int = 200,
) -> HttpResponse:
    preview = {"problems": []} if form.errors else _preview(tenant, scheme, sample=sample)
    context = {"page": "settings", "section": "ref_ids", "form": form, "recount": _newest_recount(tenant)}
    return render(request, "deliveries/settings_ref_ids.html", context | preview, status=status)


def _preview(tenant: Tenant, scheme: ref_ids.RefIdScheme | None, *, sample: str) -> dict:
    """Return the columns of the preview's table and a row for each recent refId."""
    labels = [name for name in scheme.fields if name not in (*ref_ids.SKIPPED, "campaign", "variant")] if scheme else []
    texts = [sample] if sample else []
    rows = []
    for text in texts + recent_ref_ids(tenant_id=tenant.id):
        parts = ref_ids.parse(text, scheme)
        rows.append({"ref_id": text, "parts": parts, "labels": [(name, parts.labels[name]) for name in labels]})
    return {"label_names": labels, "preview": rows}


def _initial(stored: RefIdScheme | None) -> dict[str, str]:
    if stored is None:
        return {"mode": RefIdSchemeForm.WHOLE, "delimiter": "_", "fields_text": "campaign, variant"}
    fields = ", ".join(name or "-" for name in stored.fields)
    return {"mode": RefIdSchemeForm.SPLIT, "delimiter": stored.delimiter, "fields_text": fields}


def _newest_recount(tenant: Tenant) -> TenantRecount | None:
    return TenantRecount.objects.filter(tenant=tenant).order_by("-id").first()


def _all_errors(form: RefIdSchemeForm) -> list[str]:
    return [text for texts in form.errors.values() for text in texts]
