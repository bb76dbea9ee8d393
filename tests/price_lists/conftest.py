"""A parent with an account of its own and two customers, and price lists of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from portal.accounts.models import Role
from portal.tenants.models import GatewayAccount, Tenant
from reports.billing.prices import changing
from reports.billing.prices.rows import Content, FeeRow, GroupRow, PriceRow
from reports.models import PriceList
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import Mode, Tier
from tests.conftest import NOW, make_user

JANUARY, JULY = date(2026, 1, 1), date(2026, 7, 1)
TERMS = changing.Terms("Cost", "submitted", "part")


@dataclass(frozen=True)
class Family:
    """A parent with its lists, a customer that has one of its own, and another that has none."""

    parent: Tenant
    child: Tenant
    sibling: Tenant
    account: GatewayAccount
    cost: PriceList
    default: PriceList
    to_child: PriceList
    to_sibling: PriceList


@pytest.fixture
def family(db) -> Family:
    parent = Tenant.objects.create(slug="group", name="Group", country="FI")
    child = Tenant.objects.create(slug="child", name="Child", parent=parent, country="FI")
    sibling = Tenant.objects.create(slug="sibling", name="Sibling", parent=parent)
    pool = Tenant.objects.create(slug="pool-group", name="Pool", kind="pool")
    account = GatewayAccount.objects.create(
        name="group-main", platform_id="GROUP", pool=pool, owner=parent, owner_since=NOW
    )

    def made(name: str, micro: int, **values) -> PriceList:
        terms = changing.Terms(name, "sent", "part")
        found = changing.create_list(issuer=parent, terms=terms, currency="EUR", actor="tests", now=NOW, **values)
        fill(found, Content((PriceRow(micro, JANUARY, country="FI"),)))
        return found

    return Family(
        parent,
        child,
        sibling,
        account,
        cost=made("Gateway's cost", 31_415, account=account),
        default=made("Default", 52_000),
        to_child=made("Child's prices", 47_000, customer=child),
        to_sibling=made("Sibling's prices", 44_777, customer=sibling),
    )


def fill(price_list: PriceList, content: Content) -> changing.Proposal:
    """Replace the rows of a list."""
    return changing.replace_content(
        price_list, content, revision=price_list.revision, cause="edited", actor="tests", now=NOW, today=NOW.date()
    )


@pytest.fixture
def full() -> Content:
    """A content with a row of every kind."""
    return Content(
        (
            PriceRow(41_200, JANUARY, JULY, "FI"),
            PriceRow(43_000, JULY, None, "FI"),
            PriceRow(39_500, JANUARY, None, "FI", "fi.elisa", "alphanumeric"),
        ),
        (
            GroupRow("Baltics", ("EE", "LV"), Mode.PACKAGES, JANUARY, size=1000, micro=30_000_000),
            GroupRow(
                "Nordic", ("NO", "SE"), Mode.GRADUATED, JANUARY,
                tiers=(Tier(1000, 60_000), Tier(10_000, 55_000, 5_000_000), Tier(None, 50_000)),
            ),
        ),
        (
            FeeRow("Discount", FeeKind.ONE_OFF, -10_000, date(2026, 12, 5)),
            FeeRow("Minimum", FeeKind.MINIMUM, 20_000, JANUARY),
            FeeRow("Service", FeeKind.MONTHLY, 4_950, JANUARY, JULY),
        ),
    ).ordered()  # fmt: skip


@pytest.fixture
def people(family):
    """People of the parent and of the child, by their roles."""
    return {
        f"{tenant.slug} {role}": make_user(f"{role}@{tenant.slug}.example.com", tenant, role)
        for tenant in (family.parent, family.child)
        for role in Role.values
    }
