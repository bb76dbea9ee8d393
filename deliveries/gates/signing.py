"""Signatures of a gate's requests, after Standard Webhooks 1.0.0; pure.

The signed text is `id.timestamp.body`. During a rotation each request carries a signature by each valid secret.
"""

import base64
import secrets as random
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105  the standard's, of every secret
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new random secret."""
    return SECRET_PREFIX + base64.b64encode(random.token_bytes(SECRET_BYTES)).decode()


def signature_headers(webhook_id: str, body: bytes, secrets: Sequence[str], *, at: datetime) -> dict[str, str]:
    """Return the three headers of a request that is sent at this time, signed by each secret."""
    at, text = at.astimezone(UTC), body.decode()
    signatures = [Webhook(secret).sign(webhook_id, at, text) for secret in secrets]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
