"""/api/v1/audit-log/, and what the views about tenants, members and keys share."""

from dataclasses import replace
from functools import partial

from django.utils import translation
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.accounts.audit_actions import ACTIONS
from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry
from portal.api.administration_examples import ENTRY
from portal.api.administration_serializers import AuditLogSerializer
from portal.api.operations import ADMIN, Operation
from portal.api.pages import PAGE_EXAMPLE, page_of
from portal.api.parameters import (
    CURSOR,
    PERIOD,
    SINCE,
    SIZE,
    TENANT,
    UNTIL,
    UPDATED_SINCE,
    WORDS_LANG,
    Parameter,
    Parameters,
)
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView
from portal.tenants.models import Tenant

ABANDONED = (
    "The holder of this key may no longer hold it, so it changes nothing here. An owner may keep it on the page API"
    " keys."
)


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
                PERIOD,
                replace(SINCE, text="The beginning: a day in the key's time zone, or an instant. From 2000 on."),
                UNTIL,
                UPDATED_SINCE,
                CURSOR,
                SIZE,
                replace(WORDS_LANG, text="The language of sentences, and of CSV."),
            ),
            sample={"action": "api_key.created"},
            answer=AuditLogSerializer,
            answer_text="A page of entries.",
            answer_example=PAGE_EXAMPLE | {"data": [ENTRY]},
        )
    }

    def get(self, request: Request) -> Response:
        rows = AuditEntry.objects.filter(tenant_id__in=asked_tenants(self.given, self.access)).select_related("tenant")
        if action := self.given.choice("action"):
            rows = rows.filter(action=action)
        if actor := self.given.text("actor"):
            rows = rows.filter(actor__iexact=actor)
        return self.answer(
            page_of(rows, self.given, self.access, partial(_shown_entries, lang=self.lang or "en"), created="at")
        )


def asked_tenants(given: Parameters, access: Access) -> list[int]:
    """Return the ids of the requested tenants; of a key of an account only its pool, since it administers no tenant."""
    asked = given.tenants(access)
    reached = {access.tenant.id} if access.account is not None else access.tenant_ids
    return sorted(reached if asked is None else reached & set(asked.values()))


def refuse_abandoned(access: Access) -> None:
    """Raise Conflict for a key that lives on for its notice alone: its former holder could take the right back."""
    if access.key.abandoned_at is not None:
        raise Conflict(ABANDONED)


def named_tenant(access: Access, slug: str | None) -> Tenant:
    """Return the customer that a body names, the key's own without a name. Raises BadField."""
    if access.account is not None:
        raise BadField("tenant", "the key of an account administers no tenant's members")
    if slug is None:
        return access.tenant
    tenant = Tenant.objects.filter(id__in=access.tenant_ids, kind=Tenant.Kind.CUSTOMER, slug=slug).first()
    if tenant is None:
        raise BadField("tenant", "no tenant of this name that the key may see")
    return tenant


def _shown_entries(page: list[AuditEntry], *, lang: str) -> list[dict]:
    with translation.override(lang):
        return [_shown_entry(entry) for entry in page]


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


def _slug(tenant: Tenant | None) -> str | None:
    return None if tenant is None else tenant.slug
