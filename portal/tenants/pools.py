"""The pool of a gateway account: the tenant of undeclared messages."""

from portal.tenants.models import Tenant

POOL_PREFIX = "pool-"
MAX_ACCOUNT_NAME_LENGTH = 63 - len(POOL_PREFIX)  # the pool's slug has the account's name in it


def make_pool(*, account_name: str, timezone: str) -> Tenant:
    """Create the pool of an account that is about to be created; its days are the account's."""
    return Tenant.objects.create(
        slug=POOL_PREFIX + account_name,
        name=f"Pool of {account_name}",
        kind=Tenant.Kind.POOL,
        timezone=timezone,
    )
