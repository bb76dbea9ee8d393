"""/api/v1/tenants/: a key's customers listed, read, added below one another, and changed."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import ref_ids
from campaigns.models import RefIdScheme
from deliveries.models import TenantRecount
from deliveries.partner_ids.named import Named
from deliveries.partner_ids.shown import shown, shown_requests
from deliveries.settings_pages.changing import save_scheme, save_settings
from portal.accounts.access import Access
from portal.api.administration import refuse_abandoned
from portal.api.bodies import refuse
from portal.api.members import shown_invitation
from portal.api.operations import ADMIN, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, page_of
from portal.api.parameters import Parameter
from portal.api.problems import BadField, BadParameter
from portal.api.views import ApiView
from portal.provisioning.child import NewChild, add_child, settings_faults
from portal.provisioning.tenants_examples import ADDED_TENANT, NEW_TENANT, TENANT
from portal.provisioning.tenants_serializers import (
    SETTINGS,
    AddedTenantAnswer,
    NewTenantBody,
    SettingsBody,
    TenantAnswer,
    TenantsAnswer,
)
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope, with_descendants
from portal.tenants.undone import customers

TENANT_PATH = {"slug": Parameter(name="slug", text="The tenant's `slug`.", example="nordic-retail")}
PARENT = Parameter(name="parent", text="Only those directly below this tenant, by slug.", example="nordic-retail")


class TenantsView(ApiView):
    """The tenants that the key administers, newest first. POST adds one below another."""

    operations = {
        "GET": Operation(
            id="list_tenants",
            tag="Tenants",
            summary="List tenants",
            text=(
                "The key's tenant and all below it, newest first, with their settings. An account's key has the"
                " account's owner and all below it."
            ),
            scope=ADMIN,
            parameters=(PARENT, *LISTED),
            answer=TenantsAnswer,
            answer_text="A page of tenants.",
            answer_example=PAGE_EXAMPLE | {"data": [TENANT]},
        ),
        "POST": Operation(
            id="add_tenant",
            tag="Tenants",
            summary="Add a tenant",
            text=(
                "Add a customer below the key's own, or below one of those, with its settings, its refId scheme, its"
                " partner IDs and the invitation of its first owner. All of it is done or nothing: `errors` points at"
                " every field that is wrong. Language, currency and the second factor are those of the customer above"
                " unless the body says otherwise; the country is that of the time zone. The people of the customer"
                " above see the new one's pages with the roles that they have."
                " Without a mail server `invitation.link` is the link to pass on; otherwise it is sent by e-mail."
            ),
            scope=ADMIN,
            body=NewTenantBody,
            body_example=NEW_TENANT,
            answer=AddedTenantAnswer,
            answer_text="The tenant, with what was made for it.",
            answer_example=ADDED_TENANT,
            status=201,
            headers={"Location": "Path of the tenant."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        rows = administered(self.access)
        if slug := self.given.text("parent"):
            parent = rows.filter(slug=slug).first()
            if parent is None:
                raise BadParameter("parent", "no tenant of this name that the key may see")
            rows = rows.filter(parent=parent)
        return self.answer(page_of(rows, self.given, self.access, lambda page: shown_tenants(page, self.access)))

    def post(self, request: Request) -> Response:
        body = self.body(request)
        refuse_abandoned(self.access)
        new = NewChild(
            slug=body["slug"],
            settings={name: body[name] for name in SETTINGS if name in body},
            scheme=_scheme(body.get("ref_id")),
            partner_ids=body.get("partner_ids", []),
            may_request=body["request"],
            owner_email=body.get("owner_email", ""),
        )
        added = add_child(access=self.access, parent=self._parent(body.get("parent")), new=new, now=timezone.now())
        with web_scope(added.access.tenant_ids):
            (answer,) = shown_tenants([added.tenant], added.access)
            answer |= {
                "partner_ids": shown(added.partners, added.access),
                "requests": shown_requests(added.requests, added.access, Named(added.access).permissions),
                "invitation": added.invitation and shown_invitation(added.invitation),
            }
        return self.answer(answer, Location=answer["url"])

    def _parent(self, slug: str | None) -> Tenant:
        """Return the customer that the body names, without a name the key's own or its account's owner."""
        rows = administered(self.access)
        if slug is None:
            account = self.access.account
            own = rows.filter(id=self.key.tenant_id if account is None else account.owner_id or 0).first()
            if own is None:
                raise BadField("parent", "the key's account has no owner below which a tenant could be added")
            return own
        parent = rows.filter(slug=slug).first()
        if parent is None:
            raise BadField("parent", "no tenant of this name that the key may see")
        return parent


class TenantView(ApiView):
    """One tenant; PATCH changes its settings."""

    http_method_names = ["get", "head", "options", "patch"]
    operations = {
        "GET": Operation(
            id="get_tenant",
            tag="Tenants",
            summary="One tenant",
            text="A tenant with its settings.",
            scope=ADMIN,
            path=TENANT_PATH,
            answer=TenantAnswer,
            answer_text="The tenant.",
            answer_example=TENANT,
        ),
        "PATCH": Operation(
            id="change_tenant",
            tag="Tenants",
            summary="Change a tenant",
            text=(
                "Change the settings that are given. Another time zone or refId scheme has all messages counted anew;"
                " until that is done, figures mix both. Fewer days of retention delete what is older within a day."
            ),
            scope=ADMIN,
            path=TENANT_PATH,
            body=SettingsBody,
            body_example={"name": "Shop 4711 Oy", "language": "fi"},
            answer=TenantAnswer,
            answer_text="The changed tenant.",
            answer_example=TENANT,
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, slug: str) -> Response:
        return self.answer(shown_tenants([self._tenant(slug)], self.access)[0])

    def patch(self, request: Request, slug: str) -> Response:
        body, now, actor = self.body(request, is_partial=True), timezone.now(), str(self.key)
        refuse_abandoned(self.access)
        found = self._tenant(slug)
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update().get(id=found.id)
            changed = {
                name: [getattr(tenant, name), body[name]]
                for name in SETTINGS
                if name in body and getattr(tenant, name) != body[name]
            }
            for name, (_before, after) in changed.items():
                setattr(tenant, name, after)
            scheme = _scheme(body.get("ref_id"))
            refuse(settings_faults(tenant))
            save_settings(tenant=tenant, changed=changed, actor=actor, now=now)
            if "ref_id" in body:
                save_scheme(tenant=tenant, scheme=scheme, actor=actor, now=now)
        return self.answer(shown_tenants([tenant], self.access)[0])

    def _tenant(self, slug: str) -> Tenant:
        tenant = administered(self.access).filter(slug=slug).first()
        if tenant is None:
            raise Http404
        return tenant


def administered(access: Access) -> QuerySet[Tenant]:
    """Return the customers that the key administers: its own tree, of an account's key that of the account's owner."""
    if access.account is None:
        return customers().filter(id__in=access.tenant_ids)
    owner_id = access.account.owner_id
    return customers().filter(id__in=with_descendants([owner_id]) if owner_id is not None else ())


def shown_tenants(tenants: list[Tenant], access: Access) -> list[dict]:
    """Return tenants as TenantAnswer takes them; the one above is told if the key administers it."""
    above = {tenant.parent_id for tenant in tenants if tenant.parent_id is not None}
    slugs = dict(administered(access).filter(id__in=above).values_list("id", "slug"))
    schemes = {row.tenant_id: row for row in RefIdScheme.objects.filter(tenant__in=tenants)}
    newest = TenantRecount.objects.filter(tenant__in=tenants).order_by("tenant_id", "-id").distinct("tenant_id")
    recounts = {row.tenant_id: row for row in newest}
    return [
        {name: getattr(tenant, name) for name in ("slug", "created_at", *SETTINGS)}
        | {
            "parent": slugs.get(tenant.parent_id or 0),
            "ref_id": _shown_scheme(schemes.get(tenant.id)),
            "recount": _shown_recount(recounts.get(tenant.id)),
            "url": reverse("api:tenant", args=[tenant.slug]),
        }
        for tenant in tenants
    ]


def _shown_scheme(stored: RefIdScheme | None) -> dict | None:
    return None if stored is None else {"delimiter": stored.delimiter, "fields": stored.fields}


def _shown_recount(recount: TenantRecount | None) -> dict | None:
    if recount is None:
        return None
    names = ("state", "done", "total", "finished_at")
    return {name: getattr(recount, name) for name in names} | {"requested_at": recount.created_at}


def _scheme(body: dict | None) -> ref_ids.RefIdScheme | None:
    if body is None:
        return None
    return ref_ids.RefIdScheme(delimiter=body["delimiter"], fields=tuple(body["fields"]))
