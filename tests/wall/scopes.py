"""The staff role inside another transaction, for tests; the portal takes it for whole requests below /admin/ alone."""

from contextlib import AbstractContextManager

from portal.tenants.scope import _scope
from portal.tenants.wall import STAFF


def staff_scope() -> AbstractContextManager[None]:
    """Run a transaction as the staff role, which sees all tenants."""
    return _scope(STAFF, (), "")
