"""API keys: made, shown once, found by what a request presents, revoked."""

import hmac
import ipaddress
import secrets as random
import string
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from portal.tenants import networks as allowed
from portal.tenants import tokens
from portal.tenants.models import ApiKey, GatewayAccount, Tenant

MARK = "srk_"  # what programs that look for leaked secrets can know a key by
PREFIX_LENGTH = 12
NOTED_EVERY = timedelta(minutes=1)
NOTICE = timedelta(days=7)  # so long a key outlives its holder's right, for an owner to keep it

_LETTERS = string.ascii_letters + string.digits
_PURPOSE = "api-key"
_NOBODYS = "0" * 64


def create_key(
    *,
    tenant: Tenant,
    name: str,
    scopes: Sequence[str],
    created_by: str,
    now: datetime,
    expires_at: datetime | None = None,
    account: GatewayAccount | None = None,
    holder_id: int | None = None,
    networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key of the tenant (of a whole account: with its pool as the tenant) and return its row and the key itself.

    `holder_id` is the person that it rests on. `networks` are those that it may be used from, none for any. The key can
    never be read again. Raises ValidationError for no scope, an unknown one, or a text that is no network.
    """
    prefix = MARK + "".join(random.choice(_LETTERS) for _ in range(PREFIX_LENGTH - len(MARK)))
    text = f"{prefix}_{tokens.make_token()}"
    key = ApiKey(
        tenant=tenant,
        account=account,
        name=name,
        prefix=prefix,
        digest=tokens.digest(text, purpose=_PURPOSE),
        scopes=sorted(set(scopes), key=_order),
        created_by=created_by,
        holder_id=holder_id,
        created_at=now,
        expires_at=expires_at,
        networks=list(networks),
    )
    key.full_clean(exclude=["tenant", "account", "holder"])
    key.save(force_insert=True)
    return key, text


def find_key(text: str, *, now: datetime) -> ApiKey | None:
    """Return the key that a request presents, with its tenant; None for one that is wrong, revoked or has expired."""
    return look_up(text, now=now)[0]


def look_up(text: str, *, now: datetime, address: str | None = None) -> tuple[ApiKey | None, str]:
    """Return the key that a request presents, or None and the reason: "unknown", "revoked", "expired" or "network".

    `address` is where the request comes from. Only a caller with the whole key learns more than "unknown".
    """
    prefix = text[:PREFIX_LENGTH].replace("\0", "")
    key = _readable().filter(prefix=prefix).first()
    stored = key.digest if key else _NOBODYS
    given = [hmac.compare_digest(digest, stored) for digest in tokens.digests(text, purpose=_PURPOSE)]  # all, always
    if key is None or not any(given):
        return None, "unknown"
    if not is_valid(key, now=now):
        is_expired = key.revoked_at is None and key.expires_at is not None and key.expires_at <= now
        return None, "expired" if is_expired else "revoked"
    if not allowed.admits(tuple(map(ipaddress.ip_network, key.networks)), address or ""):
        return None, "network"
    return key, ""


def key_by_id(key_id: int) -> ApiKey | None:
    """Return a key with its tenant and account, None where there is none."""
    return _readable().filter(id=key_id).first()


def _readable() -> QuerySet[ApiKey]:
    keys = ApiKey.objects.select_related("tenant", "account")
    return keys.defer("account__platform_id", "account__created_at")  # not for the web role to read


def is_valid(key: ApiKey, *, now: datetime) -> bool:
    """Return whether the key is accepted at `now`."""
    end = ends_at(key)
    return key.revoked_at is None and (end is None or end > now)


def ends_at(key: ApiKey) -> datetime | None:
    """Return when the key ends by itself: at its expiry, or a notice after its holder lost the right to it."""
    notice = key.abandoned_at + NOTICE if key.abandoned_at else None
    return min((end for end in (key.expires_at, notice) if end is not None), default=None)


def revoke_key(*, key: ApiKey, now: datetime) -> bool:
    """Revoke a key at once; return whether it was valid before."""
    return bool(ApiKey.objects.filter(id=key.id, revoked_at=None).update(revoked_at=now))


def note_use(*, key: ApiKey, now: datetime) -> None:
    """Write down that the key was used, at most once in NOTED_EVERY."""
    before = now - NOTED_EVERY
    if key.last_used_at is None or key.last_used_at <= before:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lte=before)
        ApiKey.objects.filter(unnoted, id=key.id).update(last_used_at=now)


def _order(scope: str) -> tuple[bool, int]:
    """Sort known scopes as in the model; unknown ones are last, and the model rejects them."""
    known = ApiKey.Scope.values
    return (scope not in known, known.index(scope) if scope in known else 0)
