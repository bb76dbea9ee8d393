"""Keyed hashes that replace erased numbers. Each tenant has its own key; a whole number is still found by its hash."""

from portal.common.msisdn import read_number
from portal.tenants import tokens

MARK = "#"  # no number begins with it


def hashed(number: str, *, tenant_id: int) -> str:
    """Return what stays of a stored number: `#` and 32 hex digits of its HMAC, under a key of the tenant's own."""
    return MARK + tokens.digest(number, purpose=f"number-of-tenant-{tenant_id}")[:32]


def search_forms(number: str, *, country: str, tenant_ids: frozenset[int] | set[int]) -> list[str]:
    """Return all that a number may be stored as, a national one in `country`.

    These are the number as it is read and as it is written, and their hashes by the tenants' keys, older ones too.
    """
    forms = read_number(number, country).forms
    hashes = [
        MARK + digest[:32]
        for form in forms
        for tenant_id in sorted(tenant_ids)
        for digest in tokens.digests(form, purpose=f"number-of-tenant-{tenant_id}")
    ]
    return [*forms, *hashes]
