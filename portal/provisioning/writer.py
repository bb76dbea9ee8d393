"""Compares rows with the file, validates and saves them, and records each change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model

from portal.accounts.models import record
from portal.provisioning.outcome import Outcome
from portal.provisioning.positions import Position, Problems
from portal.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Writer:
    """Shared state of one run's writing, inside its transaction only."""

    now: datetime
    actor: str
    problems: Problems
    outcome: Outcome

    def save(
        self, row: Model, values: Mapping[str, object], *, position: Position, at: Mapping[str, Position]
    ) -> list[str]:
        """Give `row` these values where they differ, and return the fields that did; a new row is created.

        What the model objects to becomes a problem at the field's position (`at`), else at `position`, and the row
        is not saved: its `pk` stays None, or [] is returned.
        """
        is_new = row.pk is None
        changed = [name for name, value in values.items() if is_new or getattr(row, name) != value]
        if not changed and not is_new:
            return []
        for name in changed:
            setattr(row, name, values[name])
        try:
            row.full_clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                for message in messages:
                    text = message if name == NON_FIELD_ERRORS or name in at else f"{name}: {message}"
                    self.problems.add(at.get(name, position), text)
            return []
        row.save(update_fields=None if is_new else changed)
        return changed

    def tell(self, subject: str, what: str, *, tenant: Tenant | None = None, **details: object) -> None:
        """Add an outcome for `subject` and write it to the audit log with `details`."""
        self.outcome.changes.append(f"{subject}: {what}")
        record("provision", actor=self.actor, tenant=tenant, subject=subject, details=details)

    def tell_saved(
        self, subject: str, *, is_new: bool, changed: Iterable[str], tenant: Tenant | None = None, more: str = ""
    ) -> None:
        """Add an outcome: `subject` was created, or its changed keys; nothing if none changed."""
        keys = sorted(set(changed))
        if is_new:
            self.tell(subject, f"created{more}", tenant=tenant, created=True)
        elif keys:
            self.tell(subject, f"changed {', '.join(keys)}{more}", tenant=tenant, changed=keys)
