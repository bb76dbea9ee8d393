"""Two tenants with a row each in every table that holds a tenant's rows."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import IntegrityError

from deliveries.messages import partitions
from portal.accounts.models import User
from portal.tenants.models import Tenant
from portal.tenants.wall import grants
from tests.wall.rows import DAY, TENANT_COLUMN, insert, owners, row, rows


@dataclass(frozen=True)
class Two:
    """Ids of two tenants; both have rows in every tenant's table."""

    mine: int
    other: int


@pytest.fixture
def two(tenant, other_tenant) -> Two:
    User.objects.create(email="somebody@example.com")
    partitions.ensure_months([DAY])
    for owner in (tenant, other_tenant):
        for table in TENANT_COLUMN:
            if owner.id not in owners(table):  # the tenant itself and its PPID are there
                insert(table, row(table, owner.id))
    return Two(tenant.id, other_tenant.id)


@pytest.fixture
def row_in_every_table(two, feed) -> None:
    """A row at least in every table of the database, also where no model knows it."""
    empty = [table for table in grants() if not rows(f'SELECT 1 FROM "{table}" LIMIT 1')]
    while empty:
        still_empty = []
        for table in empty:
            try:
                insert(table, row(table, two.mine))
            except IntegrityError:  # it refers to a table that is empty as well
                still_empty.append(table)
        assert len(still_empty) < len(empty), still_empty
        empty = still_empty


@pytest.fixture
def family(tenant, other_tenant) -> dict[str, Tenant]:
    """A tree: parent over two children, one of them over a grandchild; and somebody else."""
    parent = Tenant.objects.create(slug="group", name="Group")
    child = Tenant.objects.create(slug="child", name="Child", parent=parent)
    sibling = Tenant.objects.create(slug="sibling", name="Sibling", parent=parent)
    grandchild = Tenant.objects.create(slug="grandchild", name="Grandchild", parent=child)
    return {"parent": parent, "child": child, "sibling": sibling, "grandchild": grandchild, "other": other_tenant}


@pytest.fixture
def person(db) -> User:
    return User.objects.create(email="person@example.com")
