"""Gates for tests."""

from __future__ import annotations

import itertools

from deliveries.gates import secrets
from deliveries.models import Gate, GateDestination

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_numbers = itertools.count(1)


def make_gate(tenant, *urls: str, name: str = "", destination: dict | None = None, **fields) -> Gate:
    """Return a new gate of the tenant with a destination for each URL, or one that discards everything."""
    number = next(_numbers)
    gate = Gate.objects.create(
        tenant=tenant,
        public_id=f"gate{number}",
        ref_id=f"ref{number}",
        name=name or f"Gate {number}",
        secret_sealed=secrets.seal(SECRET),
        made_by="anna@example.com",
        **fields,
    )
    for position, url in enumerate(urls or ("do://drop",)):
        GateDestination.objects.create(tenant=tenant, gate=gate, position=position, url=url, **(destination or {}))
    return gate
