"""Changes of a tenant's settings and of how its refIds are read: stored, recorded, and counted anew where needed."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from campaigns import ref_ids
from campaigns.models import RefIdScheme
from deliveries.rederiving.recount import request_recount
from portal.accounts.models import record
from portal.tenants.models import Tenant


def save_settings(*, tenant: Tenant, changed: Mapping[str, list], actor: str, now: datetime) -> None:
    """Save a locked tenant whose fields have changed (name → [before, after]); another time zone queues a recount."""
    if not changed:
        return
    tenant.save(update_fields=list(changed))
    _record(tenant, "settings.changed", changed, actor)
    if "timezone" in changed:
        request_recount(tenant=tenant, reason=f"time zone {tenant.timezone}", now=now)


def save_scheme(*, tenant: Tenant, scheme: ref_ids.RefIdScheme | None, actor: str, now: datetime) -> bool:
    """Save the scheme and queue a recount; return whether it changed."""
    with transaction.atomic():
        Tenant.objects.select_for_update().get(id=tenant.id)
        stored = RefIdScheme.objects.filter(tenant=tenant).first()
        if scheme_of(stored) == scheme:
            return False
        if scheme is None:
            RefIdScheme.objects.filter(tenant=tenant).delete()
        else:
            values = {"delimiter": scheme.delimiter, "fields": list(scheme.fields)}
            RefIdScheme.objects.update_or_create(tenant=tenant, defaults=values)
        Tenant.objects.filter(id=tenant.id).update(updated_at=Now())  # readers of changes see the scheme with it
        _record(tenant, "ref_ids.changed", {"scheme": [_text(scheme_of(stored)), _text(scheme)]}, actor)
        request_recount(tenant=tenant, reason="refId scheme", now=now)
    return True


def scheme_of(stored: RefIdScheme | None) -> ref_ids.RefIdScheme | None:
    """Return the scheme of a stored row, None for whole refIds."""
    return stored.as_value() if stored else None


def _record(tenant: Tenant, action: str, changed: Mapping[str, list], actor: str) -> None:
    details = {name: f"{before} → {after}" for name, (before, after) in changed.items()}
    record(action, actor=actor, tenant=tenant, subject=tenant.slug, details=details)


def _text(scheme: ref_ids.RefIdScheme | None) -> str:
    return scheme.delimiter.join(scheme.fields) if scheme else "whole"
