"""Entering the wall: the role and the tenants of one transaction.

In the process that answers requests each role is a login of its own, and entering takes a connection of that login
(portal/common/postgres). Everywhere else the owner of the tables takes the role on for the transaction.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext

from django.db import connection, transaction

from portal.common.postgres.base import logged_in
from portal.tenants.models import Tenant
from portal.tenants.wall import INGEST, SIGNIN, WEB


@contextmanager
def web_scope(tenant_ids: Iterable[int], *, person: str = "") -> Iterator[None]:
    """Run a transaction as the web role, for these tenants and this person (an id) only.

    Without tenants, no tenant's rows are visible. Without a person, only the members of the tenants are.
    """
    with _scope(WEB, tenant_ids, person):
        yield


@contextmanager
def signin_scope(tenant_ids: Iterable[int] = ()) -> Iterator[None]:
    """Run a transaction as the role for signing in, which reaches all people and sessions and no facts.

    It adds to the audit log of these tenants.
    """
    with _scope(SIGNIN, tenant_ids, ""):
        yield


@contextmanager
def ingest_scope() -> Iterator[None]:
    """Run a transaction as the role that writes to the inbox, reads the feeds and adds those of submissions."""
    with _scope(INGEST, (), ""):
        yield


@contextmanager
def signin_login() -> Iterator[None]:
    """Reach sessions and people from wherever a request is, without a transaction of its own.

    Where the owner plays all roles on one connection, it takes on the role only inside another one.
    """
    with logged_in(SIGNIN), signin_scope() if connection.role not in ("", SIGNIN) else nullcontext():
        yield


@contextmanager
def asking_scope() -> Iterator[None]:
    """Run what finds out who asks, as the role for signing in; the request's own scope follows at once."""
    with logged_in(SIGNIN), transaction.atomic(savepoint=False):
        try:
            set_scope(SIGNIN, ())
            yield
        finally:
            connection.role = ""


@contextmanager
def request_scope(role: str, tenant_ids: Iterable[int] = (), *, person: str = "") -> Iterator[None]:
    """Run a request's transaction as `role`; the caller may change the scope inside."""
    with logged_in(role):
        try:
            with transaction.atomic():
                set_scope(role, tenant_ids, person=person)
                yield
                if not connection.needs_rollback:
                    _leave()
        finally:
            if connection.in_atomic_block and not connection.needs_rollback:
                _leave()  # after a rollback to where another role was
            connection.role = ""


def _leave() -> None:
    """Be the owner again within an outer transaction, a test's, where SET LOCAL would live on."""
    if not connection.login and connection.role:
        _set("none", "", "")


@contextmanager
def _scope(role: str, tenant_ids: Iterable[int], person: str) -> Iterator[None]:
    with logged_in(role), transaction.atomic():
        before, before_role = _current(), connection.role
        try:
            set_scope(role, tenant_ids, person=person)
            yield
            # Within an outer transaction (a request's, a test's) SET LOCAL would live on, and a scope around this one
            # must hold again; an error's rollback undoes it by itself.
            if not connection.needs_rollback:
                _set(*before)
        finally:
            connection.role = before_role


def set_scope(role: str, tenant_ids: Iterable[int], *, person: str = "") -> None:
    """Set role, tenants and person (an id or '') for the rest of the open transaction.

    Raises RuntimeError where the connection's login is another one.
    """
    ids = ",".join(str(int(tenant_id)) for tenant_id in sorted(tenant_ids))
    if connection.login not in ("", role):
        raise RuntimeError(f"a connection of {connection.login} cannot become {role}")
    _set("none" if connection.login else role, f"{{{ids}}}" if ids else "", str(int(person)) if person else "")


def forbid_writing() -> None:
    """Have the database refuse every write in the rest of the open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    connection.portal_forbids_writing = True


def may_write() -> bool:
    """Return whether the open scope may write; needs no query, because it is called for every record."""
    return not getattr(connection, "portal_forbids_writing", False)


def _set(role: str, tenants: str, person: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, true), set_config('portal.tenant_ids', %s, true),"
            " set_config('portal.person', %s, true)",
            [role, tenants, person],
        )
    connection.role = "" if role == "none" else role
    connection.portal_forbids_writing = False  # what a scope forbade ends with it


def _current() -> tuple[str, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('role'), coalesce(current_setting('portal.tenant_ids', true), ''),"
            " coalesce(current_setting('portal.person', true), '')"
        )
        return cursor.fetchone()


def with_descendants(tenant_ids: Iterable[int]) -> set[int]:
    """Return these tenants and all below them. A pool has no parent, so it is included only if named."""
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
