"""What stays of an erased number: a hash under a key of the tenant's own, by which the whole number is still found."""

from portal.tenants import secrets

MARK = "#"  # no number begins with it


def hashed(number: str, *, tenant_id: int) -> str:
    """Return what stays of a stored number: `#` and 32 hex digits of its HMAC, under a key of the tenant's own."""
    return MARK + secrets.digest(number, purpose=f"number-of-tenant-{tenant_id}")[:32]
