"""Recipient keys: 16 bytes that are the same for all messages of a tenant to one number, also once it is erased.

A key is a keyed hash of the number (BLAKE2b, a fifth of the time of HMAC-SHA-256), encrypted as one block of AES-128
under a key of the tenant's own. So two tenants' keys cannot be compared, and a message without its number still gets
the right key when it moves to another tenant. Both keys derive from one secret in the database, which is encrypted with
SECRET_KEY and never replaced: a dump without SECRET_KEY does not lead from a key to a number. Messages without a
readable number have no key.
"""

import hmac
import logging
import secrets
from collections.abc import Iterable
from hashlib import blake2b

from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.row import StoredMessage
from deliveries.models import RecipientSecret
from portal.common.number_notations import digits_of
from portal.common.sealed import fernet

logger = logging.getLogger(__name__)

_PURPOSE = "recipient-secret"
_BLOCK = 16  # bytes


class RecipientSecretUnreadable(Exception):
    """The recipient secret was encrypted with a SECRET_KEY that is not set any more."""

    def __init__(self) -> None:
        super().__init__(
            "the recipient secret cannot be decrypted: add the earlier SECRET_KEY to SECRET_KEY_FALLBACKS and run"
            " migrate (docs/operations.md)"
        )


class RecipientKeys:
    """Derives recipient keys from one secret of 32 bytes; not to be shared between threads."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._number_key = hmac.digest(secret, b"number", "sha256")
        self._encryptors: dict[int, CipherContext] = {}

    def of_number(self, digits: str, *, tenant_id: int) -> bytes:
        """Return the key of a number, given as its E.164 digits without the plus sign."""
        block = blake2b(digits.encode(), key=self._number_key, digest_size=_BLOCK).digest()
        return self._encrypt(block, tenant_id)

    def carried_over(self, key: bytes, *, from_tenant_id: int, to_tenant_id: int) -> bytes:
        """Return the key that one tenant's recipient has with another tenant."""
        block = self._cipher(from_tenant_id).decryptor().update(key)
        return self._encrypt(block, to_tenant_id)

    def _encrypt(self, block: bytes, tenant_id: int) -> bytes:
        encryptor = self._encryptors.get(tenant_id)  # one for all: making one takes ten times as long as using it
        if encryptor is None:
            encryptor = self._encryptors[tenant_id] = self._cipher(tenant_id).encryptor()
        return encryptor.update(block)

    def _cipher(self, tenant_id: int) -> Cipher:
        key = hmac.digest(self._secret, f"tenant-{tenant_id}".encode(), "sha256")[:_BLOCK]
        # One block of a keyed hash: a mode has nothing to chain, and equal blocks are to give equal keys.
        return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305


def recipient_keys() -> RecipientKeys:
    """Return the portal's keys. Raises RecipientSecretUnreadable."""
    try:
        secret = fernet(_PURPOSE).decrypt(RecipientSecret.objects.get().sealed)
    except InvalidToken:
        raise RecipientSecretUnreadable from None
    return RecipientKeys(secret)


def prepare_secret(**_signal: object) -> None:
    """Make the secret the first time, and encrypt it with the present SECRET_KEY; runs after each migrate."""
    row = RecipientSecret.objects.first()
    if row is None:
        RecipientSecret.objects.create(id=1, sealed=fernet(_PURPOSE).encrypt(secrets.token_bytes(32)).decode())
        return
    try:
        row.sealed = fernet(_PURPOSE).rotate(row.sealed).decode()
    except InvalidToken:
        logger.error("%s", RecipientSecretUnreadable())
    else:
        row.save(update_fields=["sealed"])


def assign_keys(messages: Iterable[tuple[StoredMessage, StoredMessage | None]], keys: RecipientKeys) -> None:
    """Give messages their recipient keys; each comes with what is stored of it.

    The caller erases numbers only afterwards.
    """
    for message, before in messages:
        folded = message.folded
        is_moved = before is not None and before.tenant_id != message.tenant_id
        known = before.recipient_key if before is not None else None
        if folded.flags & NUMBER_ERASED:
            if known is not None and before is not None and is_moved:
                known = keys.carried_over(known, from_tenant_id=before.tenant_id, to_tenant_id=message.tenant_id)
        elif known is None or is_moved or before is None or before.folded.destination != folded.destination:
            digits = digits_of(folded.destination) if folded.destination else None
            known = keys.of_number(digits, tenant_id=message.tenant_id) if digits else None
        message.recipient_key = known
