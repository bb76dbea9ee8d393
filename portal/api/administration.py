"""/api/v1/audit-log/, /members/ and /api-keys/: who did what, who is in, which keys there are."""

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.accounts.audit_actions import ACTIONS
from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry, Membership, record
from portal.api.administration_examples import API_KEY, ENTRY, MEMBER
from portal.api.administration_serializers import (
    ApiKeyPageSerializer,
    ApiKeySerializer,
    AuditLogSerializer,
    MembersSerializer,
)
from portal.api.operations import ADMIN, Operation
from portal.api.pages import ROW_ID_MAX, page_by_id
from portal.api.parameters import CURSOR, SIZE, TENANT, Parameter, Parameters
from portal.api.problems import Conflict
from portal.api.views import ApiView
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, Tenant

KEY_PATH = {"key_id": Parameter(name="key_id", text="The key's `id`.", kind="number", most=ROW_ID_MAX, example=7)}


class AuditLogView(ApiView):
    """Tells what was done for the key's tenant and those below it."""

    operations = {
        "GET": Operation(
            id="list_audit_log",
            tag="Administration",
            summary="List the audit log",
            text=(
                "What people, keys and commands have done for the tenant and the tenants below it, newest first, in"
                " words and as stored."
            ),
            scope=ADMIN,
            parameters=(
                TENANT,
                Parameter(
                    name="action",
                    text="Only this action.",
                    kind="choice",
                    choices=tuple(sorted(ACTIONS)),
                    example="api_key.created",
                ),
                Parameter(name="actor", text="Only by this person, key or command.", example="owner@example.com"),
                CURSOR,
                SIZE,
            ),
            sample={"action": "api_key.created"},
            answer=AuditLogSerializer,
            answer_text="A page of entries.",
            answer_example={"next_cursor": None, "data": [ENTRY]},
        )
    }

    def get(self, request: Request) -> Response:
        rows = AuditEntry.objects.filter(tenant_id__in=_tenants(self.given, self.access)).select_related("tenant")
        if action := self.given.choice("action"):
            rows = rows.filter(action=action)
        if actor := self.given.text("actor"):
            rows = rows.filter(actor__iexact=actor)
        page, cursor = page_by_id(rows, self.given)
        return self.answer({"data": [_shown_entry(entry) for entry in page], "next_cursor": cursor})


class MembersView(ApiView):
    """The members of the key's tenant and of those below it."""

    operations = {
        "GET": Operation(
            id="list_members",
            tag="Administration",
            summary="List members",
            text=(
                "The people with a role at the tenant or at one below it, those who came last first. A role holds for"
                " the tenants below, too."
            ),
            scope=ADMIN,
            parameters=(TENANT, CURSOR, SIZE),
            answer=MembersSerializer,
            answer_text="A page of members.",
            answer_example={"next_cursor": None, "data": [MEMBER]},
        )
    }

    def get(self, request: Request) -> Response:
        rows = Membership.objects.filter(tenant_id__in=_tenants(self.given, self.access))
        page, cursor = page_by_id(rows.select_related("user", "tenant"), self.given)
        shown = [
            {
                "id": member.id,
                "tenant": member.tenant.slug,
                "email": member.user.email,
                "name": member.user.name,
                "role": member.role,
                "is_active": member.user.is_active,
            }
            for member in page
        ]
        return self.answer({"data": shown, "next_cursor": cursor})


class ApiKeysView(ApiView):
    """The API keys of the key's tenant and of those below it."""

    operations = {
        "GET": Operation(
            id="list_api_keys",
            tag="Administration",
            summary="List API keys",
            text="The keys of the tenant and of the tenants below it, newest first, without their secrets.",
            scope=ADMIN,
            parameters=(TENANT, CURSOR, SIZE),
            answer=ApiKeyPageSerializer,
            answer_text="A page of keys.",
            answer_example={"next_cursor": None, "data": [API_KEY]},
        )
    }

    def get(self, request: Request) -> Response:
        rows = _keys(self.access).filter(tenant_id__in=_tenants(self.given, self.access))
        page, cursor = page_by_id(rows, self.given)
        return self.answer({"data": [_shown_key(key) for key in page], "next_cursor": cursor})


class ApiKeyView(ApiView):
    """One API key; DELETE revokes it."""

    operations = {
        "GET": Operation(
            id="get_api_key",
            tag="Administration",
            summary="One API key",
            text="A key without its secret.",
            scope=ADMIN,
            path=KEY_PATH,
            answer=ApiKeySerializer,
            answer_text="The key.",
            answer_example=API_KEY,
        ),
        "DELETE": Operation(
            id="revoke_api_key",
            tag="Administration",
            summary="Revoke an API key",
            text=(
                "Revoke a key at once; this cannot be undone. Revoking again changes nothing. A key cannot revoke"
                " itself."
            ),
            scope=ADMIN,
            path=KEY_PATH,
            answer=ApiKeySerializer,
            answer_text="The revoked key.",
            answer_example=API_KEY | {"revoked_at": "2026-11-02T10:00:05Z", "is_valid": False},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, key_id: int) -> Response:
        return self.answer(_shown_key(self._key(key_id)))

    def delete(self, request: Request, key_id: int) -> Response:
        key = self._key(key_id)
        if key.id == self.access.key.id:
            raise Conflict("A key cannot revoke itself. Revoke it with another key or on the page API keys.")
        if api_keys.revoke_key(key=key, now=timezone.now()):
            record("api_key.revoked", actor=str(self.access.key), tenant=key.tenant, subject=str(key))
            key.refresh_from_db(fields=["revoked_at"])
        return self.answer(_shown_key(key))

    def _key(self, key_id: int) -> ApiKey:
        key = _keys(self.access).filter(id=min(key_id, ROW_ID_MAX)).first()
        if key is None:
            raise Http404
        return key


def _tenants(given: Parameters, access: Access) -> list[int]:
    """Return the ids of the requested tenants; of a key of an account only its pool, since it administers no tenant."""
    asked = given.tenants(access)
    reached = {access.tenant.id} if access.account is not None else access.tenant_ids
    return sorted(reached if asked is None else reached & set(asked.values()))


def _keys(access: Access) -> QuerySet[ApiKey]:
    keys = ApiKey.objects.select_related("tenant").filter(tenant_id__in=access.tenant_ids)
    return keys.filter(account=access.account)


def _shown_entry(entry: AuditEntry) -> dict:
    return {
        "id": entry.id,
        "at": entry.at,
        "tenant": _slug(entry.tenant),
        "actor": entry.actor,
        "action": entry.action,
        "sentence": sentence(entry),
        "subject": entry.subject,
        "details": entry.details,
    }


def _shown_key(key: ApiKey) -> dict:
    return {
        "id": key.id,
        "tenant": _slug(key.tenant) if key.account_id is None else None,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "networks": key.networks,
        "created_by": key.created_by,
        "created_at": key.created_at,
        "expires_at": api_keys.ends_at(key),
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "is_valid": api_keys.is_valid(key, now=timezone.now()),
    }


def _slug(tenant: Tenant | None) -> str | None:
    return None if tenant is None else tenant.slug
