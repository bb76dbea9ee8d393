"""The rights of a key, read again while it listens to a stream."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from deliveries.stream.reading import Ended
from portal.accounts.access import Access, access_of_key
from portal.tenants import api_keys
from portal.tenants.scope import asking_scope

GONE = "The key is no longer valid, or reaches other tenants now."


@contextmanager
def closing() -> Iterator[None]:
    """Give the thread's connection back to the pool at the end."""
    try:
        yield
    finally:
        connection.close()


def access_now(key_id: int) -> Access:
    """Return what a key reaches by now; called in a thread of its own. Raises Ended."""
    with closing(), asking_scope():
        key = api_keys.key_by_id(key_id)
        is_valid = key is not None and api_keys.is_valid(key, now=timezone.now())
        access = access_of_key(key if is_valid else None)
    if not access.tenant_ids:
        raise Ended(GONE)
    return access
