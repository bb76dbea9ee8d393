"""Texts that people, checks and logs wrote: audit log, the administration's log, findings, segment keys, reasons, what
is said about campaigns, and uploaded files' names.

Forms refuse phone numbers in such texts. What older versions let in is masked here.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Model, Q

from campaigns.models import Campaign, ConversionUpload, SegmentKey
from deliveries.erasure import erased_ids, segment_values
from deliveries.messages import slices
from deliveries.models import StandingCheck, TenantRecount
from portal.accounts.models import AuditEntry
from portal.common.hidden_numbers import holds_number, without_number

_of_other_apps: dict[type[Model], tuple[str, ...]] = {}


def register(model: type[Model], *fields: str) -> None:
    """Have the texts in these fields of all rows of a model cleaned; for apps that this one does not import."""
    _of_other_apps[model] = fields


def erase(*, tenant_id: int, number: str) -> None:
    """Mask the number in texts about the tenant, and in those that are about no tenant."""

    def clean(text: str) -> str:
        return without_number(text, number) if holds_number(text, number) else text

    of_tenant = Q(tenant_id=tenant_id) | Q(tenant=None)
    with transaction.atomic():
        # The log is append-only for every role of the portal; its owner takes the number out.
        _clean(AuditEntry.objects.filter(of_tenant), ("subject", "actor", "details"), clean)
        _clean(LogEntry.objects.all(), ("object_repr", "change_message"), clean)
        _clean(StandingCheck.objects.all(), ("details",), clean)
        described = Campaign.objects.filter(tenant_id=tenant_id).exclude(
            title="", note="", tags=[], planned_split={}, day_notes={}, comparisons={}
        )
        _clean(described, ("title", "note", "tags", "planned_split", "day_notes", "comparisons"), clean)
        _clean(ConversionUpload.objects.filter(tenant_id=tenant_id), ("file_name", "mapping"), clean)
        _clean(TenantRecount.objects.filter(tenant_id=tenant_id), ("reason",), clean)
        for model, fields in _of_other_apps.items():
            _clean(model._default_manager.all(), fields, clean)


def rename_segment_keys(*, tenant_id: int, number: str) -> None:
    """Mask the number in the tenant's segment keys; their rows and counts are made again in the background."""
    with transaction.atomic():
        keys = SegmentKey.objects.select_for_update().filter(tenant_id=tenant_id)
        taken = {row.key for row in keys}
        for row in keys.order_by("id"):
            if not holds_number(row.key, number):
                continue
            slices.lock(range(slices.SLICES))  # appliers that know the old name have committed
            segment_values.forget_key(tenant_id, row.key)
            masked = without_number(row.key, number)
            row.key = next(key for key in erased_ids.candidates(masked) if key not in taken)
            taken.add(row.key)
            row.state, row.position, row.lease_until, row.finished_at = row.State.QUEUED, None, None, None
            row.done, row.total, row.attempts = 0, 0, 0
            row.save()


def _clean(rows, fields: tuple[str, ...], clean: Callable[[str], str]) -> None:
    for row in rows.order_by("pk").iterator(chunk_size=2000):
        new = {field: _cleaned(getattr(row, field), clean) for field in fields}
        changed = [field for field in fields if new[field] != getattr(row, field)]
        for field in changed:
            limit = row._meta.get_field(field).max_length
            setattr(row, field, new[field][:limit] if limit else new[field])
        if changed:
            row.save(update_fields=changed)


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    """Return a text or JSON value with the number masked in each text and key."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(one, clean) for one in value]
    if isinstance(value, dict):
        return {clean(name): _cleaned(one, clean) for name, one in value.items()}
    return value
