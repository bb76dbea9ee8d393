"""Kinds of conversion events: added, changed and deleted, each with its entry in the audit log."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from campaigns.models import ConversionEvent, ConversionKind
from deliveries.attributing.due import note_tenant
from portal.accounts.models import record
from portal.tenants.models import Tenant

FIELDS = ("name", "window_minutes", "is_otp")
MAX_KINDS = 50  # of a tenant


class KindError(Exception):
    """A kind cannot be added or changed; `text` says why, in the reader's language."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NameTaken(KindError):
    """The tenant has a kind of this name."""


class TooManyKinds(KindError):
    """The tenant has as many kinds as it may have."""


def add_kind(tenant: Tenant, values: Mapping[str, Any], *, actor: str) -> ConversionKind:
    """Add a kind with these values of FIELDS. Raises KindError."""
    with transaction.atomic():
        _refuse_name(tenant.pk, values["name"])
        if ConversionKind.objects.filter(tenant=tenant).count() >= MAX_KINDS:
            raise TooManyKinds(_("There are %(most)s kinds already, the most.") % {"most": MAX_KINDS})
        kind = ConversionKind.objects.create(tenant=tenant, **values)
        record("conversion_kind.added", actor=actor, tenant=tenant, subject=kind.name)
    return kind


def change_kind(kind: ConversionKind, values: Mapping[str, Any], *, actor: str) -> bool:
    """Change a stored kind; return False where nothing is different. Raises KindError.

    Events are attributed again by another window.
    """
    with transaction.atomic():
        stored = ConversionKind.objects.select_for_update(of=("self",)).get(pk=kind.pk)
        fields = [name for name in FIELDS if name in values and values[name] != getattr(stored, name)]
        if not fields:
            return False
        before = stored.name
        if "name" in fields:
            _refuse_name(stored.tenant_id, values["name"])
        for name in fields:
            setattr(stored, name, values[name])
        stored.save(update_fields=fields)
        details = {"fields": fields} | ({"name": stored.name} if "name" in fields else {})
        record("conversion_kind.changed", actor=actor, tenant=stored.tenant, subject=before, details=details)
        if "window_minutes" in fields:
            note_tenant(stored.tenant_id)
    return True


def delete_kind(kind: ConversionKind, *, actor: str) -> bool:
    """Delete a kind; return False for one that has events: it stays."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if ConversionEvent.objects.filter(kind=kind).exists():
                return False
            record("conversion_kind.removed", actor=actor, tenant=kind.tenant, subject=kind.name)
            ConversionKind.objects.filter(pk=kind.pk).delete()
            cursor.execute("SET CONSTRAINTS conversion_event_kind_of_tenant IMMEDIATE")  # not at the request's end
    except IntegrityError:  # an event came in meanwhile
        return False
    return True


def _refuse_name(tenant_id: int, name: str) -> None:
    """Refuse the name of another kind. Of two writers the second one waits, so it sees the first one's kind."""
    Tenant.objects.select_for_update(of=("self",)).get(pk=tenant_id)
    if ConversionKind.objects.filter(tenant_id=tenant_id, name=name).exists():
        raise NameTaken(_("There is a kind of this name already."))
