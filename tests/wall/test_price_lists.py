"""Price lists behind the wall: an issuer's costs and other customers' prices are nobody else's to see."""

from datetime import date

import pytest
from django.db import ProgrammingError

from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.scope import ingest_scope, signin_scope, web_scope
from portal.tenants.wall_tables import PRICE_TABLES
from reports.models import ExchangeRate, Fee, Price, PriceChange, PriceList, TierGroup
from tests.conftest import NOW
from tests.wall.rows import rows
from tests.wall.scopes import staff_scope

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 1)
NOBODY: list[str] = []


@pytest.fixture
def own_account(family) -> GatewayAccount:
    pool = Tenant.objects.create(slug="pool-own", name="Pool", kind="pool")
    return GatewayAccount.objects.create(
        name="own", platform_id="OWN", pool=pool, owner=family["parent"], owner_since=NOW
    )


@pytest.fixture
def lists(family, own_account, account) -> dict[str, PriceList]:
    """Create one list of each kind, each with a row in every table that is about it."""
    parent, child = family["parent"], family["child"]
    made = {
        "operator's cost": {"kind": "cost", "account": account},
        "operator's default": {"kind": "sale"},
        "operator to parent": {"kind": "sale", "customer": parent},
        "operator to other": {"kind": "sale", "customer": family["other"]},
        "parent's cost": {"issuer": parent, "kind": "cost", "account": own_account},
        "parent's default": {"issuer": parent, "kind": "sale"},
        "parent to child": {"issuer": parent, "kind": "sale", "customer": child},
        "parent to sibling": {"issuer": parent, "kind": "sale", "customer": family["sibling"]},
        "child's default": {"issuer": child, "kind": "sale"},
        "child to grandchild": {"issuer": child, "kind": "sale", "customer": family["grandchild"]},
    }
    return {name: make_list(name, **values) for name, values in made.items()}


def make_list(name: str, **values) -> PriceList:
    made = PriceList.objects.create(name=name, currency="EUR", **values)
    TierGroup.objects.create(
        price_list=made, name=name, countries=["SE"], mode="volume", tiers=[{"up_to": None, "micro": 1}], valid_from=DAY
    )
    Price.objects.create(price_list=made, operator=name, micro=65_000, valid_from=DAY)
    Fee.objects.create(price_list=made, name=name, kind="monthly", minor=100, valid_from=DAY)
    PriceChange.objects.create(price_list=made, revision=1, at="2026-11-01T00:00Z", by=name, cause="created")
    return made


def seen() -> dict[str, set[str]]:
    """Return what is visible now, by table: names of lists."""
    return {
        "price_list": set(PriceList.objects.values_list("name", flat=True)),
        "price": set(Price.objects.values_list("operator", flat=True)),
        "tier_group": set(TierGroup.objects.values_list("name", flat=True)),
        "fee": set(Fee.objects.values_list("name", flat=True)),
        "price_change": set(PriceChange.objects.values_list("by", flat=True)),
    }


def everywhere(read: set[str], changed: set[str]) -> dict[str, set[str]]:
    return dict.fromkeys(("price_list", "price", "tier_group", "fee"), read) | {"price_change": changed}


@pytest.mark.parametrize(
    ("scope", "own", "given"),
    [
        (("parent", "child", "sibling", "grandchild"),
         {"parent's cost", "parent's default", "parent to child", "parent to sibling", "child's default",
          "child to grandchild"}, {"operator's default", "operator to parent"}),
        (("child", "grandchild"), {"child's default", "child to grandchild"}, {"parent's default", "parent to child"}),
        (("sibling",), set(), {"parent's default", "parent to sibling"}),
        (("grandchild",), set(), {"child's default", "child to grandchild"}),
        (("other",), set(), {"operator's default", "operator to other"}),
        ((), set(), set()),
    ],
)  # fmt: skip
def test_page_sees_the_lists_that_it_issues_and_its_own_prices(lists, family, scope, own, given):
    with web_scope([family[name].id for name in scope]):
        assert seen() == everywhere(own | given, own)


def test_staff_and_owner_see_all_lists(lists):
    with staff_scope():
        assert seen() == everywhere(set(lists), set(lists))
    assert seen() == everywhere(set(lists), set(lists))


def test_page_changes_its_own_lists_alone(lists, family):
    with web_scope([family["child"].id, family["grandchild"].id]):
        changed = [
            PriceList.objects.update(name="x"),
            Price.objects.update(micro=0),
            Fee.objects.update(minor=0),
            Price.objects.all().delete()[0],
            Fee.objects.all().delete()[0],
            TierGroup.objects.all().delete()[0],
        ]
    assert changed == [2, 2, 2, 2, 2, 2]
    assert PriceList.objects.exclude(name="x").count() == len(lists) - 2


def test_page_adds_no_list_or_price_for_others(lists, family, account, own_account):
    refused = {
        "for the operator": {"issuer": None, "kind": "sale", "customer": family["child"]},
        "for its parent": {"issuer": family["parent"], "kind": "sale", "customer": family["grandchild"]},
        "to somebody else's customer": {"issuer": family["child"], "kind": "sale", "customer": family["other"]},
        "costs of another's account": {"issuer": family["child"], "kind": "cost", "account": own_account},
        "costs of the operator's account": {"issuer": family["child"], "kind": "cost", "account": account},
    }
    PriceList.objects.filter(issuer=family["child"]).update(archived_at="2026-11-30T00:00Z")
    ids = [family["child"].id, family["grandchild"].id]
    for name, values in refused.items():
        with pytest.raises(ProgrammingError, match="row-level security"), web_scope(ids):
            PriceList.objects.create(name=name, currency="EUR", **values)
    for name in ("parent to child", "parent's cost", "operator's default"):
        with pytest.raises(ProgrammingError, match="row-level security"), web_scope(ids):
            Price.objects.create(price_list_id=lists[name].id, micro=1, valid_from=date(2026, 12, 1))
    with web_scope(ids):
        PriceList.objects.create(issuer=family["child"], kind="sale", name="new", currency="EUR")


def test_page_deletes_no_list_and_no_history(lists, family):
    for model in (PriceList, PriceChange):
        with pytest.raises(ProgrammingError, match="permission denied"), web_scope([family["parent"].id]):
            model.objects.all()._raw_delete("default")


def test_exchange_rates_are_their_issuers(family):
    for issuer in (None, family["parent"], family["child"]):
        ExchangeRate.objects.create(
            issuer=issuer, day=DAY, base="EUR", quote="SEK", rate=11_000_000_000, entered_by="x"
        )
    shown = []
    for name in ("parent", "child", "other"):
        with web_scope([family[name].id]):
            shown.append(list(ExchangeRate.objects.values_list("issuer__slug", flat=True)))

    assert shown == [["group"], ["child"], NOBODY]


@pytest.mark.parametrize("scope", [ingest_scope, signin_scope])
@pytest.mark.parametrize("table", PRICE_TABLES)
def test_other_roles_reach_no_prices(lists, scope, table):
    with pytest.raises(ProgrammingError, match="permission denied"), scope():
        rows(f'SELECT 1 FROM "{table}"')
