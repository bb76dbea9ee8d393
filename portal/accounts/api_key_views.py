"""A tenant's API keys page: made, shown once, revoked."""

from django.contrib import messages
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import lost_rights, shown_once
from portal.accounts.forms import ApiKeyForm
from portal.accounts.guards import member_may
from portal.accounts.key_rights import offered_scopes
from portal.accounts.models import record
from portal.accounts.way_back import posted_from
from portal.tenants import api_keys, key_log
from portal.tenants.models import ApiKey, Tenant

MAX_SHOWN = 200
MAX_DIGITS = 18  # of a row's id


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_api_keys")
def keys_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List the tenant's keys; make one, and show it once on the page after, so that a reload makes no other."""
    if request.method != "POST":
        return _page(request, tenant, ApiKeyForm(scopes=offered_scopes(request.access)), made=_made(request, tenant))
    form, now = ApiKeyForm(request.POST, scopes=offered_scopes(request.access)), timezone.now()
    if not form.is_valid():
        return _page(request, tenant, form, status=422)
    with transaction.atomic():
        key, text = api_keys.create_key(
            tenant=tenant,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            created_by=request.user.email,
            holder_id=request.user.pk,
            now=now,
            expires_at=form.expires_at(now),
            networks=form.cleaned_data["networks"],
        )
        details = {
            "scopes": key.scopes,
            "expires_at": key.expires_at.isoformat() if key.expires_at else "never",
            "networks": key.networks,
        }
        record("api_key.created", actor=request.user.email, tenant=tenant, subject=str(key), details=details)
    shown_once.keep(request, _kept_as(tenant), f"{key.id} {text}")
    return redirect("settings:api_keys", tenant.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_api_keys")
def revoke(request: HttpRequest, tenant: Tenant, key_id: int) -> HttpResponse:
    """Ask, then end a key."""
    key = get_object_or_404(_keys(tenant), id=key_id)
    if request.method != "POST":
        context = {"page": "settings", "section": "api_keys", "key": key}
        return render(request, "accounts/revoke_api_key.html", context)
    with transaction.atomic():
        if api_keys.revoke_key(key=key, now=timezone.now()):
            record("api_key.revoked", actor=request.user.email, tenant=tenant, subject=str(key))
    messages.success(request, _("The key %(name)s is revoked.") % {"name": key.name})
    return redirect("settings:api_keys", tenant.slug)


@require_safe
@member_may("manage_api_keys")
def requests_page(request: HttpRequest, tenant: Tenant, key_id: int) -> HttpResponse:
    """List a key's requests of the last 30 days, newest first."""
    key = get_object_or_404(_keys(tenant), id=key_id)
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdecimal() and len(before) <= MAX_DIGITS):
        raise Http404
    only_errors = request.GET.get("only") == "errors"
    rows = key_log.requests_of(key, only_errors=only_errors, before=int(before) if before else None)
    found = list(rows[: key_log.PAGE + 1])
    context = {
        "page": "settings",
        "section": "api_keys",
        "key": key,
        "rows": found[: key_log.PAGE],
        "older": found[key_log.PAGE - 1].id if len(found) > key_log.PAGE else None,
        "only_errors": only_errors,
        "is_first": not before,
    }
    return render(request, "accounts/api_key_requests.html", context)


@posted_from("settings:api_keys")
@member_may("manage_members")
def keep(request: HttpRequest, tenant: Tenant, key_id: int) -> HttpResponse:
    """Let a key whose holder has left rest on this owner."""
    key = get_object_or_404(_keys(tenant), id=key_id)
    if lost_rights.keep(key=key, owner=request.user):
        messages.success(request, _("The key %(name)s is kept.") % {"name": key.name})
    return redirect("settings:api_keys", tenant.slug)


def _keys(tenant: Tenant) -> QuerySet[ApiKey]:
    """Return the tenant's own keys, those of whole gateway accounts left out: operators make these."""
    return ApiKey.objects.filter(tenant=tenant, account=None)


def _kept_as(tenant: Tenant) -> str:
    return f"api-key-{tenant.id}"


def _made(request: HttpRequest, tenant: Tenant) -> tuple[ApiKey, str] | None:
    """Return the key that was just made, and its text, for the one page that shows it."""
    kept = shown_once.take(request, _kept_as(tenant)) if request.method == "GET" else ""
    key_id, _space, text = kept.partition(" ")
    key = _keys(tenant).filter(id=key_id).first() if text else None
    return (key, text) if key else None


def _page(
    request: HttpRequest,
    tenant: Tenant,
    form: ApiKeyForm,
    *,
    made: tuple[ApiKey, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    keys = _keys(tenant).order_by(F("revoked_at").desc(nulls_first=True), "-id")[:MAX_SHOWN]
    context = {
        "page": "settings",
        "section": "api_keys",
        "keys": sorted(
            (
                {
                    "key": key,
                    "scopes": _words(key),
                    "is_valid": api_keys.is_valid(key, now=now),
                    "ends_at": api_keys.ends_at(key),
                }
                for key in keys
            ),
            key=lambda row: not row["is_valid"],
        ),
        "form": form,
        "made": made,
        "may_keep": request.access.may("manage_members"),
    }
    response = render(request, "accounts/api_keys.html", context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _words(key: ApiKey) -> list[str]:
    return [str(ApiKey.Scope(scope).label) for scope in key.scopes]
