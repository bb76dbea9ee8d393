"""The lists that charge a payer, by account: the cases of docs/billing.md, in a tree of four levels."""

from datetime import date

import pytest

from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.scope import web_scope, with_descendants
from reports.models import Fee, Price, PriceList, TierGroup
from reports.pricing.chains import OPERATOR, read_chains
from reports.pricing.lists import read_tariffs
from reports.pricing.tariff import Basis, FeeKind, Kind, Per
from reports.pricing.tariff import Fee as EngineFee
from reports.pricing.tariff import Price as EnginePrice
from reports.pricing.tiers import Mode, Tier
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

JANUARY = date(2026, 1, 1)
NAMES = ("top", "parent", "child", "grandchild")


@pytest.fixture
def tree() -> dict[str, Tenant]:
    found: dict[str, Tenant] = {}
    for name in NAMES:
        found[name] = Tenant.objects.create(slug=name, name=name, parent=next(reversed(found.values()), None))
    found["sibling"] = Tenant.objects.create(slug="sibling", name="sibling", parent=found["parent"])
    return found


@pytest.fixture
def accounts(tree) -> dict[str, int]:
    """Return an account of each tenant and a shared one, by the owner's name."""
    made = {}
    for name in ("shared", *NAMES, "sibling"):
        pool = Tenant.objects.create(slug=f"pool-{name}", name="Pool", kind="pool")
        owned = {"owner": tree[name], "owner_since": NOW} if name in tree else {}
        made[name] = GatewayAccount.objects.create(name=name, platform_id=name, pool=pool, **owned).pk
    return made


@pytest.fixture
def lists(tree, accounts) -> None:
    """Create a cost list of every account, each issuer's default, and a list for one customer at each level."""
    for name, account_id in accounts.items():
        add(f"cost of {name}", kind="cost", issuer=tree.get(name), account_id=account_id)
    for name in (None, "top", "parent", "child"):
        add(f"default of {name}", issuer=tree.get(name))
    for issuer, customer in ((None, "top"), ("parent", "child"), ("child", "grandchild")):
        add(f"{issuer} to {customer}", issuer=tree.get(issuer), customer=tree[customer])
    add("an archived one", issuer=tree["top"], customer=tree["parent"], archived_at=NOW)


def add(name: str, *, kind: str = "sale", **values) -> PriceList:
    return PriceList.objects.create(name=name, kind=kind, currency="EUR", **values)


def charged(payer: Tenant | None, accounts: dict[str, int]) -> dict[str, list[str] | None]:
    chain_of = read_chains([payer]).of(payer)
    found = {name: chain_of(account_id) for name, account_id in accounts.items()}
    return {name: chain and [tariff.name for tariff in chain.tariffs] for name, chain in found.items()}


SALE = {
    "top": ["None to top", "default of None"],
    "parent": ["default of top"],
    "child": ["parent to child", "default of parent"],
    "grandchild": ["child to grandchild", "default of child"],
}


@pytest.mark.parametrize(
    ("payer", "not_charged"),
    [("top", ("parent", "child", "grandchild", "sibling")), ("parent", ("child", "grandchild", "sibling")),
     ("child", ("grandchild",)), ("grandchild", ())],
)  # fmt: skip
def test_payer_is_charged_by_account(lists, tree, accounts, payer, not_charged):
    expected = dict.fromkeys(accounts, SALE[payer]) | {payer: [f"cost of {payer}"]} | dict.fromkeys(not_charged)

    assert charged(tree[payer], accounts) == expected


def test_operator_is_charged_for_the_accounts_that_nobody_owns(lists, tree, accounts):
    assert charged(OPERATOR, accounts) == dict.fromkeys(accounts) | {"shared": ["cost of shared"]}


def test_page_of_the_payer_finds_the_same_lists(lists, tree, accounts):
    for payer in (tree[name] for name in NAMES):
        meant = charged(payer, accounts)
        with web_scope(with_descendants([payer.pk])):
            assert charged(payer, accounts) == meant


def test_cost_list_never_stands_in_for_a_sale_list(tree, accounts):
    for name in ("shared", "top", "parent"):
        add(f"cost of {name}", kind="cost", issuer=tree.get(name), account_id=accounts[name])

    assert charged(tree["child"], accounts) == {name: [] for name in accounts} | {"grandchild": None}


def test_fees_are_those_of_the_own_list_else_of_the_default(lists, tree):
    payers = [tree[name] for name in ("child", "sibling", "parent")]
    chains = read_chains(payers)

    assert [[tariff.name for tariff in chains.fees_of(payer)] for payer in payers] == [
        ["parent to child"], ["default of parent"], ["default of top"],
    ]  # fmt: skip


@pytest.mark.parametrize("n", [1, 3])
def test_chains_of_many_payers_need_as_many_queries_as_one(lists, tree, n, django_assert_num_queries):
    payers = [Tenant.objects.create(slug=f"c{number}", name="x", parent=tree["top"]) for number in range(n)]

    with django_assert_num_queries(6):
        read_chains(payers)


def test_tariff_has_all_that_is_on_the_list():
    made = PriceList.objects.create(kind="sale", name="Nordic", currency="EUR", basis="delivered", per="message")
    Price.objects.create(price_list=made, country="FI", operator="Elisa", micro=41_200, valid_from=JANUARY)
    Price.objects.create(
        price_list=made, sender_type="msisdn", micro=65_000, valid_from=JANUARY, valid_to=date(2026, 3, 15)
    )
    group = TierGroup.objects.create(
        price_list=made, name="Nordic", countries=["SE", "NO"], mode="graduated", valid_from=JANUARY,
        tiers=[{"up_to": 1000, "micro": 100_000, "flat_micro": 0}, {"up_to": None, "micro": 50_000, "flat_micro": 5}],
    )  # fmt: skip
    packs = TierGroup.objects.create(
        price_list=made, name="Packs", countries=["DK"], mode="packages", valid_from=JANUARY,
        tiers=[{"size": 1000, "micro": 1_000_000}],
    )  # fmt: skip
    Fee.objects.create(price_list=made, name="Service", kind="monthly", minor=4900, valid_from=JANUARY)

    (tariff,) = read_tariffs(PriceList.objects.all()).values()

    assert (tariff.list_id, tariff.name, tariff.kind, tariff.currency, tariff.basis, tariff.per) == (
        made.pk, "Nordic", Kind.SALE, "EUR", Basis.DELIVERED, Per.MESSAGE,
    )  # fmt: skip
    assert tariff.prices == (
        EnginePrice(41_200, JANUARY, None, "FI", "Elisa"),
        EnginePrice(65_000, JANUARY, date(2026, 3, 15), sender_type="msisdn"),
        EnginePrice(0, JANUARY, None, "SE", tier_group=group.pk),
        EnginePrice(0, JANUARY, None, "NO", tier_group=group.pk),
        EnginePrice(0, JANUARY, None, "DK", tier_group=packs.pk),
    )
    assert {pk: (one.mode, one.tiers, one.size, one.micro) for pk, one in tariff.tier_groups.items()} == {
        group.pk: (Mode.GRADUATED, (Tier(1000, 100_000), Tier(None, 50_000, 5)), 0, 0),
        packs.pk: (Mode.PACKAGES, (), 1000, 1_000_000),
    }
    assert tariff.fees == (EngineFee("Service", FeeKind.MONTHLY, 4900, JANUARY),)
