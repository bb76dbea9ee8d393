"""Tenants, gateway accounts, feeds and partner ids for staff."""

import json
from datetime import UTC, timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from deliveries.gates.at_link.views import gates_at_link
from deliveries.models import ChannelCount
from deliveries.rederiving.recount import request_recount
from portal.accounts import shown_once
from portal.accounts.admin_base import ReadOnlyAdmin, RecordedAdmin
from portal.accounts.models import record
from portal.accounts.view_as import may_view
from portal.staff import view_as
from portal.staff.forms import AccountForm, FeedForm, TenantForm
from portal.tenants.api_keys import is_valid, revoke_key
from portal.tenants.feeds import ROTATION, add_token, valid_tokens
from portal.tenants.gate_values import gate_values
from portal.tenants.models import ApiKey, Feed, FeedToken, GatewayAccount, Tenant
from portal.tenants.pools import make_pool
from portal.tenants.undone import without_undone

NEW_TOKENS = "feed-tokens"
OTHER_CHANNEL_DAYS = timedelta(days=30)


@admin.register(Tenant)
class TenantAdmin(RecordedAdmin):
    """Customers can be created and changed, not deleted: their figures would lose their owner.

    Pools follow accounts.
    """

    form = TenantForm
    list_display = ("name", "slug", "kind", "parent", "timezone", "country", "language", "currency")
    list_filter = ("kind", "language")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    ordering = ("name", "id")
    actions = ("view_as",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return without_undone(super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(view_as.start)
        return [path("<int:tenant_id>/view-as/", view, name="view_as"), *super().get_urls()]

    def has_view_as_permission(self, request: HttpRequest) -> bool:
        return may_view(request.user)

    @admin.action(description=_("View as customer (select one)"), permissions=["view_as"])
    def view_as(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> HttpResponse | None:
        chosen = list(tenants[:2])
        if len(chosen) == 1 and chosen[0].kind == Tenant.Kind.CUSTOMER:
            return HttpResponseRedirect(reverse("admin:view_as", args=[chosen[0].pk]))
        messages.error(request, gettext("Select one customer. A pool has no pages."))
        return None

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        is_pool = obj is not None and obj.kind == Tenant.Kind.POOL
        return not is_pool and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Tenant, form: TenantForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "timezone" in form.changed_data:
            request_recount(tenant=obj, reason="time zone changed", now=timezone.now())
            messages.info(request, gettext("Messages are being recounted in the background. See Recounts."))


@admin.register(GatewayAccount)
class GatewayAccountAdmin(RecordedAdmin):
    form = AccountForm
    list_display = ("name", "platform_id", "timezone", "owner", "pool", "created_at")
    list_select_related = ("pool", "owner")
    autocomplete_fields = ("owner",)
    search_fields = ("name", "platform_id")
    ordering = ("name", "id")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(gates_at_link)
        return [path("<int:account_id>/gates/", view, name="tenants_gatewayaccount_gates"), *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: GatewayAccount | None = None) -> tuple[str, ...]:
        return ("name", "platform_id", "timezone", "owner", *(("pool",) if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: GatewayAccount | None = None) -> tuple[str, ...]:
        return ("name", "pool") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: GatewayAccount | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: GatewayAccount, form: AccountForm, change: bool) -> None:
        if not change:
            obj.pool = make_pool(account_name=obj.name, timezone=obj.timezone)
        elif "timezone" in form.changed_data:
            Tenant.objects.filter(id=obj.pool_id).update(timezone=obj.timezone)
            request_recount(tenant=obj.pool, reason="time zone changed", now=timezone.now())
        if not change or "owner" in form.changed_data:
            obj.owner_since = timezone.now() if obj.owner else None
        super().save_model(request, obj, form, change)


class FeedTokenInline(TabularInline):
    """The feed's tokens by their first characters; deleting one refuses it at once."""

    model = FeedToken
    fields = readonly_fields = ("hint", "created_at", "expires_at", "for_gates")
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Feed | None = None) -> bool:
        return False


@admin.register(Feed)
class FeedAdmin(RecordedAdmin):
    """Doors for delivery reports; one that is no longer used is made inactive, since its rows still name it."""

    form = FeedForm
    list_display = ("__str__", "dialect", "active", "default_partner_id", "basic_user", "header_name", "token_hints")
    list_filter = ("active", "dialect", "account")
    list_select_related = ("account",)
    search_fields = ("name", "account__name", "default_partner_id")
    autocomplete_fields = ("account",)
    fields = (
        "account",
        "name",
        "dialect",
        "default_partner_id",
        "basic_user",
        "basic_password",
        "header_name",
        "header_value",
        "networks",
        "signing_keys",
        "active",
        "other_channels",
        "enter_at_link",
    )
    readonly_fields = ("other_channels", "enter_at_link")
    inlines = (FeedTokenInline,)
    ordering = ("account__name", "name", "id")
    actions = ("rotate_token",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.new_token_view)
        return [path("<int:feed_id>/new-token/", view, name="tenants_feed_new_token"), *super().get_urls()]

    def new_token_view(self, request: HttpRequest, feed_id: int) -> HttpResponse:
        """Ask, then add a token to one feed and show it once."""
        feed = get_object_or_404(self.get_queryset(request), id=feed_id)
        if not self.has_change_permission(request, feed):
            raise PermissionDenied
        if request.method == "POST":
            return self._show_new_tokens(request, [feed])
        now = timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("New token for %(feed)s") % {"feed": feed},
            "opts": self.opts,
            "feed": feed,
            "tokens": valid_tokens(feed, now=now).order_by("id"),
            "old_until": now + ROTATION,
        }
        return TemplateResponse(request, "admin/tenants/feed/new_token.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feed]:
        tokens = FeedToken.objects.order_by("id")
        doors = super().get_queryset(request).filter(kind=Feed.Kind.REPORTS)  # the REST API's has nothing to set
        return doors.prefetch_related(Prefetch("tokens", queryset=tokens))

    def has_delete_permission(self, request: HttpRequest, obj: Feed | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Feed | None = None) -> tuple[str, ...]:
        return self.fields if obj else self.fields[:-2]

    @admin.display(description=_("Events of other channels"))
    def other_channels(self, feed: Feed) -> str:
        """List the last days' events of other channels than SMS, which make no message."""
        since = timezone.now().astimezone(UTC).date() - OTHER_CHANNEL_DAYS
        counts = ChannelCount.objects.filter(feed=feed, day__gt=since).order_by("-day", "channel")
        return render_to_string("admin/tenants/feed/_other_channels.html", {"counts": counts})

    @admin.display(description=_("Settings to enter at the gateway"))
    def enter_at_link(self, feed: Feed) -> str:
        values = gate_values(feed, now=timezone.now())
        return render_to_string("admin/tenants/feed/_gate_values.html", {"values": values, "feed": feed})

    @admin.display(description=_("Tokens"))
    def token_hints(self, feed: Feed) -> str:
        now = timezone.now()
        hints = [str(t) for t in feed.tokens.all() if t.expires_at is None or t.expires_at > now]
        return ", ".join(hints) or "–"

    @admin.action(description=_("Add token (the previous one stays valid for 72 hours)"), permissions=["change"])
    def rotate_token(self, request: HttpRequest, feeds: QuerySet[Feed]) -> HttpResponse:
        return self._show_new_tokens(request, list(feeds))

    def response_add(self, request: HttpRequest, obj: Feed, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_new_tokens(request, [obj])

    def _show_new_tokens(self, request: HttpRequest, feeds: list[Feed]) -> HttpResponse:
        """Make a token for each feed; the list shows them once, so that a reload makes no others."""
        now = timezone.now()
        made = []
        for feed in feeds:
            earlier = valid_tokens(feed, now=now).exists()
            made.append({"feed": feed.id, "token": add_token(feed, now=now), "rotated": earlier})
            record("feed.token", actor=request.user.email, subject=str(feed), details={"rotated": earlier})
        shown_once.keep(request, NEW_TOKENS, json.dumps(made))
        return redirect("admin:tenants_feed_changelist")

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        kept = shown_once.take(request, NEW_TOKENS) if request.method == "GET" else ""
        if not kept or not self.has_change_permission(request):
            return super().changelist_view(request, extra_context)
        made, now = [], timezone.now()
        for one in json.loads(kept):
            feed = Feed.objects.get(id=one["feed"])
            values = gate_values(feed, now=now, token=one["token"])
            made.append({"feed": feed, "values": values, "old_until": now + ROTATION if one["rotated"] else None})
        context = {**self.admin_site.each_context(request), "title": gettext("New tokens"), "opts": self.opts}
        response = TemplateResponse(request, "admin/tenants/feed/tokens.html", context | {"made": made})
        response.headers["Cache-Control"] = "no-store, private"
        return response


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys to the REST API. Tenants create theirs on their pages, `bin/portal create_api_key` those of accounts."""

    list_display = ("name", "prefix", "tenant", "account", "scopes", "created_by", "last_used_at", "state")
    list_filter = ("account",)
    list_select_related = ("tenant", "account")
    exclude = ("digest",)
    search_fields = ("=prefix", "name", "=tenant__slug", "=created_by")
    search_help_text = _("A key's first characters or name, a customer's slug, or the person who created it.")
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tenants.change_apikey")

    @admin.display(description=_("State"))
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return gettext("Revoked")
        return gettext("Valid") if is_valid(key, now=timezone.now()) else gettext("Expired")

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        ended = 0
        for key in keys.select_related("tenant").order_by("id"):
            if revoke_key(key=key, now=timezone.now()):
                record("api_key.revoked", actor=request.user.email, tenant=key.tenant, subject=str(key))
                ended += 1
        text = ngettext("%(number)s key was revoked.", "%(number)s keys were revoked.", ended)
        self.message_user(request, text % {"number": ended})
