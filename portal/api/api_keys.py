"""/api/v1/api-keys/: the keys of a key's tenants listed, created and revoked."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.accounts.models import record
from portal.api.administration import asked_tenants, named_tenant, refuse_abandoned
from portal.api.administration_examples import API_KEY
from portal.api.administration_serializers import (
    ApiKeyPageSerializer,
    ApiKeySerializer,
    NewApiKeySerializer,
    NewKeyBody,
)
from portal.api.bodies import Faults, refuse
from portal.api.operations import ADMIN, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import TENANT, Parameter
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, Tenant

KEY_PATH = {"key_id": Parameter(name="key_id", text="The key's `id`.", kind="number", most=ROW_ID_MAX, example=7)}
MAX_KEYS = 200  # valid ones of a tenant; as many as its page shows


class ApiKeysView(ApiView):
    """The API keys of the key's tenant and of those below it. POST creates one."""

    operations = {
        "GET": Operation(
            id="list_api_keys",
            tag="Administration",
            summary="List API keys",
            text="The keys of the tenant and of the tenants below it, newest first, without their secrets.",
            scope=ADMIN,
            parameters=(TENANT, *LISTED),
            answer=ApiKeyPageSerializer,
            answer_text="A page of keys.",
            answer_example=PAGE_EXAMPLE | {"data": [API_KEY]},
        ),
        "POST": Operation(
            id="create_api_key",
            tag="Administration",
            summary="Create an API key",
            text=(
                "Create a key for the tenant or one below it; an account's key creates keys of its account. The new key"
                " can do no more than this one: its scopes, networks and expiry lie within those of this key. It rests"
                " on the same person. `key` in the answer is the only copy of its secret; a retry with the same"
                " `Idempotency-Key` shows it again for 24 hours, for which it is stored encrypted."
            ),
            scope=ADMIN,
            body=NewKeyBody,
            body_example={"name": "warehouse", "scopes": ["read"], "networks": ["192.0.2.0/24"]},
            answer=NewApiKeySerializer,
            answer_text="The key with its secret.",
            answer_example=API_KEY | {"last_used_at": None, "key": "srk_AbCdEfGh_…"},
            status=201,
            headers={"Location": "Path of the key."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        rows = _keys(self.access).filter(tenant_id__in=asked_tenants(self.given, self.access))
        return self.answer(page_of(rows, self.given, self.access, lambda page: [_shown_key(key) for key in page]))

    def post(self, request: Request) -> Response:
        body, own, now = self.body(request), self.access.key, timezone.now()
        refuse_abandoned(self.access)
        tenant = self._tenant(body.get("tenant"))
        expires_at = body.get("expires_at") or api_keys.ends_at(own)
        given_networks = body.get("networks", own.networks)
        refuse(_beyond(own, body["scopes"], given_networks, expires_at, now))
        with transaction.atomic():
            Tenant.objects.select_for_update().get(id=tenant.id)  # the limit is counted by one at a time
            if ApiKey.objects.filter(tenant=tenant, account=own.account, revoked_at=None).count() >= MAX_KEYS:
                raise Conflict(f"The tenant has {MAX_KEYS} keys, which is the limit. Revoke those that are not used.")
            key, text = api_keys.create_key(
                tenant=tenant,
                account=own.account,
                name=body["name"],
                scopes=body["scopes"],
                created_by=str(own)[:254],
                holder_id=own.holder_id,
                now=now,
                expires_at=expires_at,
                networks=given_networks,
            )
            details = {
                "scopes": key.scopes,
                "expires_at": key.expires_at.isoformat() if key.expires_at else "never",
                "networks": key.networks,
            }
            record("api_key.created", actor=str(own), tenant=tenant, subject=str(key), details=details)
        return self.answer(_shown_key(key) | {"key": text}, Location=f"/api/v1/api-keys/{key.pk}/")

    def _tenant(self, slug: str | None) -> Tenant:
        if self.access.account is None:
            return named_tenant(self.access, slug)
        if slug is not None:
            raise BadField("tenant", "leave it out: an account's key creates keys of its account")
        return self.access.tenant


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


def _beyond(
    own: ApiKey, scopes: Sequence[str], given: Sequence[str], expires_at: datetime | None, now: datetime
) -> Faults:
    """Return in what a new key would do more than the key that creates it."""
    faults: Faults = [
        (f"#/scopes/{place}", f"this key does not have the scope “{scope}” itself")
        for place, scope in enumerate(scopes)
        if scope not in own.scopes
    ]
    allowed = [ipaddress.ip_network(network) for network in own.networks]
    if allowed and not given:
        faults.append(("#/networks", f"within {', '.join(own.networks)}, to which this key is limited"))
    for place, text in enumerate(given):
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            faults.append((f"#/networks/{place}", "a network or address such as 192.0.2.0/24"))
            continue
        if allowed and not any(network.version == one.version and network.subnet_of(one) for one in allowed):
            faults.append((f"#/networks/{place}", f"within {', '.join(own.networks)}, to which this key is limited"))
    end = api_keys.ends_at(own)
    if expires_at is not None and expires_at <= now:
        faults.append(("#/expires_at", "a time to come"))
    elif end is not None and expires_at is not None and expires_at > end:
        faults.append(("#/expires_at", f"not after {end.isoformat()}, when this key ends"))
    return faults


def _keys(access: Access) -> QuerySet[ApiKey]:
    keys = ApiKey.objects.select_related("tenant").filter(tenant_id__in=access.tenant_ids)
    return keys.filter(account=access.account)


def _shown_key(key: ApiKey) -> dict:
    return {
        "id": key.id,
        "tenant": key.tenant.slug if key.account_id is None else None,
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
