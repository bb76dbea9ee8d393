"""Changes of gates: the one place where they are created, changed, paused, deleted, and get new secrets."""

import json
import secrets as random_secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, fields

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from deliveries.gates.definitions import MAX_DESTINATIONS, DestinationInput, GateInput, problems
from deliveries.gates.secrets import BOTH_VALID, headers_of, seal
from deliveries.gates.signing import new_secret
from deliveries.gates_outbox.outbox import CHANNEL, HELD_MS
from deliveries.models import Gate, GateDelivery, GateDestination
from portal.accounts.models import record
from portal.tenants.models import Tenant

_SIGNS = string.ascii_letters + string.digits
_ID_LENGTH = 10
# What of a gate its input says itself; the destinations have a table of their own.
_FIELDS = [one.name for one in fields(GateInput) if one.name != "destinations"]


class GateRefused(ValueError):
    """A gate cannot be so: `problems` are sentences by field. `is_duplicate`: its reference is taken."""

    def __init__(self, found: Mapping[str, list[str]], *, is_duplicate: bool = False) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in found.items()))
        self.problems, self.is_duplicate = dict(found), is_duplicate


@dataclass(frozen=True)
class NewGate:
    """A new gate with its signing secret, which is shown this once."""

    gate: Gate
    secret: str


def create(tenant: Tenant, given: GateInput, *, actor: str) -> NewGate:
    """Create a gate. Raises GateRefused."""
    given = given.with_name()
    _check(given)
    secret = new_secret()
    with transaction.atomic():
        # Two at once could both find room: the tenant's row is what they wait for.
        Tenant.objects.select_for_update(no_key=True).filter(pk=tenant.pk).first()
        if Gate.objects.filter(tenant=tenant).count() >= settings.GATES_PER_TENANT:
            limit = _("There may be %(max)s gates at most.") % {"max": settings.GATES_PER_TENANT}
            raise GateRefused({"gate": [limit]})
        gate = Gate(
            tenant=tenant, public_id=_new_id(), made_by=actor[:254], secret_sealed=seal(secret), **_values(given)
        )
        _save(gate)
        _write_destinations(gate, given.destinations)
        record("gate.created", actor=actor, tenant=tenant, subject=gate.name, details={"gate": gate.public_id})
    gate.refresh_from_db()
    return NewGate(gate, secret)


def change(gate: Gate, given: GateInput, *, actor: str) -> bool:
    """Change a gate to what is given and return whether anything changed. Raises GateRefused."""
    given = given.with_name()
    _check(given)
    with transaction.atomic():
        gate = Gate.objects.select_for_update().get(tenant_id=gate.tenant_id, pk=gate.pk)
        before = input_of(gate)
        changed = [one.name for one in fields(GateInput) if getattr(before, one.name) != getattr(given, one.name)]
        if not changed:
            return False
        for name, value in _values(given).items():
            setattr(gate, name, value)
        gate.changed_at = Now()
        _save(gate)
        if "destinations" in changed:
            _write_destinations(gate, given.destinations)
        details = {"gate": gate.public_id, "fields": changed}
        record("gate.changed", actor=actor, tenant=gate.tenant, subject=gate.name, details=details)
    wake_dispatcher()
    return True


def delete(gate: Gate, *, actor: str) -> int:
    """Delete a gate with what waits, and return how many deliveries that were. Its attempts stay for their 30 days."""
    with transaction.atomic():
        # First, so that a replay adds nothing behind it.
        Gate.objects.select_for_update().filter(tenant_id=gate.tenant_id, pk=gate.pk).first()
        waiting = GateDelivery.objects.filter(tenant_id=gate.tenant_id, gate_id=gate.pk).delete()[0]
        details = {"gate": gate.public_id, "waiting": waiting}
        record("gate.deleted", actor=actor, tenant=gate.tenant, subject=gate.name, details=details)
        gate.delete()
    return waiting


def pause(gate: Gate, *, actor: str) -> bool:
    """Hold a gate's deliveries from now on; return whether it was active."""
    with transaction.atomic():
        is_changed = bool(
            Gate.objects.filter(tenant_id=gate.tenant_id, pk=gate.pk, state=Gate.State.ACTIVE).update(
                state=Gate.State.PAUSED, state_at=Now(), off_reason="", changed_at=Now()
            )
        )
        if is_changed:
            details = {"gate": gate.public_id}
            record("gate.paused", actor=actor, tenant=gate.tenant, subject=gate.name, details=details)
    return is_changed


def resume(gate: Gate, *, actor: str) -> bool:
    """Send what was held and go on; return whether it was held."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE gate SET held_ms = {HELD_MS}, state = 'active', state_at = now(), off_reason = '',"  # noqa: S608  a constant expression
                " failing_since = NULL, mailed = 0, changed_at = now()"
                " WHERE tenant_id = %s AND id = %s AND state <> 'active'",
                [gate.tenant_id, gate.pk],
            )
            is_changed = bool(cursor.rowcount)
        if is_changed:
            details = {"gate": gate.public_id}
            record("gate.resumed", actor=actor, tenant=gate.tenant, subject=gate.name, details=details)
    wake_dispatcher()
    return is_changed


def rotate_secret(gate: Gate, *, actor: str) -> str:
    """Give a gate a new signing secret and return it; for 24 hours the old one signs, too."""
    secret = new_secret()
    with transaction.atomic():
        gate = Gate.objects.select_for_update().get(tenant_id=gate.tenant_id, pk=gate.pk)
        gate.old_secret_sealed, gate.old_secret_until = gate.secret_sealed, Now() + BOTH_VALID
        gate.secret_sealed, gate.changed_at = seal(secret), Now()
        gate.save(update_fields=["old_secret_sealed", "old_secret_until", "secret_sealed", "changed_at"])
        details = {"gate": gate.public_id}
        record("gate.secret_rotated", actor=actor, tenant=gate.tenant, subject=gate.name, details=details)
    return secret


def input_of(gate: Gate) -> GateInput:
    """Return the gate as it would be given; passwords and headers are None: they stay as they are."""
    values = {name: getattr(gate, name) for name in _FIELDS}
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return GateInput(**values, destinations=tuple(_destination_input(one) for one in gate.destinations.all()))


def wake_dispatcher() -> None:
    """Wake the dispatcher at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _destination_input(destination: GateDestination) -> DestinationInput:
    return DestinationInput(
        url=destination.url,
        content_type=destination.content_type,
        method=destination.method,
        template=destination.template,
        username=destination.username,
        password=None if destination.password_sealed else "",
        headers=None if headers_of(destination) else (),
        custom_parameters=destination.custom_parameters,
    )


def _check(given: GateInput) -> None:
    if found := problems(given):
        raise GateRefused(found)


def _values(given: GateInput) -> dict:
    values = {name: getattr(given, name) for name in _FIELDS}
    values |= {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
    return values | {"custom_parameters": dict(given.custom_parameters)}


def _save(gate: Gate) -> None:
    try:
        with transaction.atomic():
            gate.save()
    except IntegrityError as error:
        if "gate_ref_id_once" not in str(error):
            raise
        taken = _("Another gate of the same partner IDs has this reference.")
        raise GateRefused({"ref_id": [taken]}, is_duplicate=True) from error


def _write_destinations(gate: Gate, given: tuple[DestinationInput, ...]) -> None:
    """Store the destinations. One with the same URL and method keeps its row: waiting deliveries know it by its id."""
    stored = list(gate.destinations.all())
    secrets = {one.url: (one.password_sealed, one.headers_sealed) for one in stored}
    rows = [_taken(stored, one) or GateDestination(tenant_id=gate.tenant_id, gate=gate) for one in given]
    GateDestination.objects.filter(pk__in=[one.pk for one in stored]).delete()
    gate.destinations.update(position=F("position") + MAX_DESTINATIONS)  # a position is free before it is taken
    for position, (row, one) in enumerate(zip(rows, given, strict=True)):
        row.position, row.url, row.method = position, one.url, one.method
        row.content_type, row.template, row.username = one.content_type, one.template, one.username
        row.custom_parameters = dict(one.custom_parameters)
        row.password_sealed, row.headers_sealed = secrets.get(one.url, ("", ""))
        if one.password is not None:
            row.password_sealed = seal(one.password)
        if one.headers is not None:
            row.headers_sealed = seal(json.dumps(one.headers)) if one.headers else ""
        row.save()


def _taken(rows: list[GateDestination], given: DestinationInput) -> GateDestination | None:
    """Remove the row of this URL and method from the rows and return it."""
    for index, row in enumerate(rows):
        if (row.url, row.method) == (given.url, given.method):
            return rows.pop(index)
    return None


def _new_id() -> str:
    return "".join(random_secrets.choice(_SIGNS) for _ in range(_ID_LENGTH))
