"""Definitions of reports: saved, changed, stopped, resumed, archived, restored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from portal.accounts.access import Access
from portal.accounts.models import User, record
from portal.tenants.models import ApiKey, Tenant
from reports.models import ReportDefinition

# What may be given and changed: all that a person chooses.
VALUES = (
    "name",
    "kind",
    "parameters",
    "period",
    "first",
    "last",
    "language",
    "formats",
    "frequency",
    "weekday",
    "month_day",
    "at",
    "condition",
    "gates",
)
_RIGHT, _RIGHT_FOR_OTHERS = "make_reports", "manage_reports"


class NameTaken(ValueError):
    """Another definition of the tenant that is not archived has this name."""


def may_change(access: Access, definition: ReportDefinition, user: User) -> bool:
    """Return whether a person may change, stop, run and archive a definition: one's own, or with the right all."""
    return access.may(_RIGHT) and (definition.owner_id == user.pk or access.may(_RIGHT_FOR_OTHERS))


def create_definition(*, tenant: Tenant, owner: User | ApiKey, values: Mapping[str, Any]) -> ReportDefinition:
    """Save a new definition. `values` are VALUES that were checked (reports/schedules/kinds.py). Raises NameTaken.

    The owner of one that an API key creates is the key's holder.
    The clock gives one with a schedule its next time (`next_at`).
    """
    definition = ReportDefinition(tenant=tenant, owner_id=_person(owner), owned_by=str(owner), **_known(values))
    _save(definition)
    _record("report_definition.created", definition, str(owner))
    return definition


def change_definition(
    *, definition: ReportDefinition, values: Mapping[str, Any], actor: User | ApiKey, now: datetime
) -> ReportDefinition:
    """Change a definition and make the actor its owner: files carry the rights of who chose what is in them.

    It is resumed if it was stopped, and the clock gives it its next time. Raises NameTaken.
    """
    for name, value in _known(values).items():
        setattr(definition, name, value)
    definition.owner_id, definition.owned_by = _person(actor), str(actor)
    definition.next_at, definition.stopped_at, definition.stopped_reason = None, None, ""
    definition.changed_at = now
    _save(definition)
    _record("report_definition.changed", definition, str(actor))
    return definition


def stop_definition(*, definition: ReportDefinition, reason: str, actor: str, now: datetime) -> None:
    """Stop a definition's schedule and say why. One that is stopped already keeps its reason."""
    with transaction.atomic():
        changed = ReportDefinition.objects.filter(id=definition.id, stopped_at=None).update(
            stopped_at=now, stopped_reason=reason, next_at=None
        )
        if changed:
            _record("report_definition.stopped", definition, actor, reason=reason)


def archive_definition(*, definition: ReportDefinition, actor: str, now: datetime) -> None:
    """Archive a definition: it makes no more runs, its runs and files stay, and its name is free again."""
    with transaction.atomic():
        changed = ReportDefinition.objects.filter(id=definition.id, archived_at=None).update(
            archived_at=now, next_at=None
        )
        if changed:
            _record("report_definition.archived", definition, actor)


def restore_definition(*, definition: ReportDefinition, actor: str, now: datetime) -> None:
    """Undo the archiving of a definition; its schedule goes on with its next due time. Raises NameTaken."""
    with transaction.atomic():
        locked = ReportDefinition.objects.select_for_update(of=("self",)).get(id=definition.id)
        if locked.archived_at is None:
            return
        locked.archived_at, locked.changed_at = None, now
        _save(locked)
        _record("report_definition.restored", definition, actor)


def _person(actor: User | ApiKey) -> int | None:
    return actor.pk if isinstance(actor, User) else actor.holder_id


def _known(values: Mapping[str, Any]) -> Mapping[str, Any]:
    if strangers := set(values) - set(VALUES):
        raise ValueError(f"not values of a definition: {', '.join(sorted(strangers))}")
    return values


def _save(definition: ReportDefinition) -> None:
    try:
        with transaction.atomic():
            definition.save()
    except IntegrityError as error:
        if "report_definition_name_once" in str(error):
            raise NameTaken(definition.name) from error
        raise


def _record(action: str, definition: ReportDefinition, actor: str, **details: str) -> None:
    record(
        action,
        actor=actor,
        tenant=definition.tenant,
        subject=definition.name,
        details={"definition": definition.id} | details,
    )
