"""Changes of a gate from the audit log: who did what."""

from dataclasses import dataclass
from datetime import datetime

from deliveries.models import Gate
from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry

MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One entry as a sentence."""

    at: datetime
    sentence: str


def changes_of(gate: Gate) -> list[Change]:
    """Return the newest changes of the gate."""
    entries = AuditEntry.objects.filter(
        tenant_id=gate.tenant_id, action__startswith="gate.", details__gate=gate.public_id
    )
    return [Change(entry.at, sentence(entry)) for entry in entries.order_by("-at", "-id")[:MAX_SHOWN]]
