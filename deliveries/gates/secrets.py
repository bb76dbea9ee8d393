"""Secrets of gates: signing secrets, passwords and headers of destinations, encrypted where they are stored."""

from datetime import datetime, timedelta

import orjson

from deliveries.gates.forwarded import Endpoint
from deliveries.models import Gate, GateDestination
from portal.common import sealed

BOTH_VALID = timedelta(hours=24)  # after a rotation the old secret signs, too
_PURPOSE = "gates"


def seal(text: str) -> str:
    """Return the text encrypted; '' stays ''."""
    return sealed.seal(text, purpose=_PURPOSE) if text else ""


def unseal(text: str) -> str:
    """Return what was encrypted; '' stays ''."""
    return sealed.unseal(text, purpose=_PURPOSE) if text else ""


def secrets_of(gate: Gate, *, now: datetime) -> tuple[str, ...]:
    """Return the secrets that sign now, the newest first."""
    secrets = [unseal(gate.secret_sealed)]
    if gate.old_secret_sealed and gate.old_secret_until is not None and gate.old_secret_until > now:
        secrets.append(unseal(gate.old_secret_sealed))
    return tuple(secrets)


def headers_of(destination: GateDestination) -> tuple[str, ...]:
    """Return the destination's own headers, each as "name:value"."""
    return tuple(orjson.loads(unseal(destination.headers_sealed) or "[]"))


def endpoint_of(destination: GateDestination) -> Endpoint:
    """Return the destination as requests need it, with its secrets opened."""
    return Endpoint(
        id=destination.id,
        url=destination.url,
        content_type=destination.content_type,
        method=destination.method,
        template=destination.template,
        username=destination.username,
        password=unseal(destination.password_sealed),
        headers=headers_of(destination),
    )
