"""Entering the wall: the role and the tenants of one transaction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from portal.tenants.models import Tenant
from portal.tenants.wall import INGEST, STAFF, WEB

EVERYBODY = "any"  # the person of pages where somebody whom nobody knows yet signs in or accepts an invitation


@contextmanager
def web_scope(tenant_ids: Iterable[int], *, person: str = "") -> Iterator[None]:
    """Run a transaction as the web role, for these tenants and this person (an id or EVERYBODY) alone.

    No tenants at all see no tenant's rows; no person sees the tenants' members and nobody else.
    """
    with _scope(WEB, tenant_ids, person):
        yield


@contextmanager
def staff_scope() -> Iterator[None]:
    """Run a transaction as the staff role, which sees all tenants; for verified staff."""
    with _scope(STAFF, (), ""):
        yield


@contextmanager
def ingest_scope() -> Iterator[None]:
    """Run a transaction as the role that writes to the inbox and reads the feeds, and nothing else."""
    with _scope(INGEST, (), ""):
        yield


@contextmanager
def _scope(role: str, tenant_ids: Iterable[int], person: str) -> Iterator[None]:
    with transaction.atomic():
        before = _current()
        set_scope(role, tenant_ids, person=person)
        yield
        # Within an outer transaction (a request's, a test's) SET LOCAL would live on, and a scope around this one must
        # hold again; an error's rollback undoes it by itself.
        if not connection.needs_rollback:
            _set(*before)


def set_scope(role: str, tenant_ids: Iterable[int], *, person: str = "") -> None:
    """Set role, tenants and person (an id, EVERYBODY or '') for the rest of the open transaction."""
    ids = ",".join(str(int(tenant_id)) for tenant_id in sorted(tenant_ids))
    _set(role, f"{{{ids}}}" if ids else "", person if person in ("", EVERYBODY) else str(int(person)))


def forbid_writing() -> None:
    """Have the database refuse every write in the rest of the open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    connection.portal_forbids_writing = True


def may_write() -> bool:
    """Tell whether the open scope may write; asks nobody, since it is asked for every record."""
    return not getattr(connection, "portal_forbids_writing", False)


def leave_scope() -> None:
    """Be the owner again for the rest of the open transaction; not for one that is to be rolled back."""
    if not connection.needs_rollback:
        _set("none", "", "")


def _set(role: str, tenants: str, person: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, true), set_config('portal.tenant_ids', %s, true),"
            " set_config('portal.person', %s, true)",
            [role, tenants, person],
        )
    connection.portal_forbids_writing = False  # what a scope forbade ends with it


def _current() -> tuple[str, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('role'), coalesce(current_setting('portal.tenant_ids', true), ''),"
            " coalesce(current_setting('portal.person', true), '')"
        )
        return cursor.fetchone()


def with_descendants(tenant_ids: Iterable[int]) -> set[int]:
    """Return these tenants and all below them. A pool is nobody's child, so it is reached only when named."""
    found = set(tenant_ids)
    level = found
    while level:
        level = set(Tenant.objects.filter(parent_id__in=level).values_list("id", flat=True)) - found
        found |= level
    return found


def descendants_of_each(tenant_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return each of these tenants with itself and all below it, by a query for each level of the tree."""
    parents: dict[int, int] = {}
    level = known = set(tenant_ids)
    while level:
        below = dict(Tenant.objects.filter(parent_id__in=level).values_list("id", "parent_id"))
        parents |= below
        level = below.keys() - known
        known = known | level
    found = {tenant_id: {tenant_id} for tenant_id in tenant_ids}
    for tenant_id in parents:
        above, passed = parents.get(tenant_id), {tenant_id}
        while above is not None and above not in passed:
            if above in found:
                found[above].add(tenant_id)
            passed.add(above)
            above = parents.get(above)
    return {tenant_id: frozenset(ids) for tenant_id, ids in found.items()}
