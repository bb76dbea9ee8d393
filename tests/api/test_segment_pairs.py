"""Tables of two segment keys and comparisons of two values: those of the page, and nothing that it hides."""

import pytest
from django.utils import timezone

from portal.accounts.models import Role
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.segments.sample import chosen, message, number_of

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-11-01", "to": "2026-11-30"}
PAIR = {"key": "shop", "by": "tier"} | DAYS
SENT = {
    ("north", "gold"): 40,
    ("north", "silver"): 40,
    ("south", "gold"): 45,
    ("south", "silver"): 20,
    ("kiosk", "gold"): 12,
}


@pytest.fixture
def sent(feed, tenant, other_tenant, monkeypatch):
    """Recipients of one message each; every fourth one of North and every twentieth of the others failed."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    chosen(tenant, "shop", "tier")
    chosen(other_tenant, "shop", "tier")
    pairs = [pair for pair, n in SENT.items() for _number in range(n)]
    apply(
        feed,
        *(
            message(f"m{n}", code_of(n, shop), number=number_of(n), shop=shop, tier=tier)
            for n, (shop, tier) in enumerate(pairs)
        ),
        message("theirs", shop="west", tier="gold", partner="baltic-ee"),
    )


def code_of(n: int, shop: str) -> int:
    return 1006 if n % (4 if shop == "north" else 20) == 0 else 1001


@pytest.fixture
def page(client, tenant, sent):
    """Return a reader of the page of segments for a role."""

    def read(role: str, **query):
        client.force_login(make_user(f"{role}@example.com", tenant, role))
        return client.get(f"/t/{tenant.slug}/segments/", DAYS | query).context

    return read


@pytest.mark.parametrize(("role", "scopes"), [(Role.MANAGER, ("read", "numbers")), (Role.VIEWER, ("read",))])
def test_table_is_that_of_the_page(call, tenant, page, role, scopes):
    table = page(role, key="shop", by="tier")["table"]

    answer = call(tenant, *scopes).get("segment-tables/", **PAIR).json()

    assert [row["value"] for row in answer["rows"]] == table.rows
    assert [(row["figures"]["messages"], row["figures"]["delivered"]) for row in answer["columns"]] == [
        (table.column_sums[name].volume.messages, table.column_sums[name].volume.delivered) for name in table.columns
    ]
    assert {
        (cell["value"], cell["by_value"]): cell["figures"] and cell["figures"]["messages"] for cell in answer["data"]
    } == {cell: one and one.volume.messages for cell, one in table.cells.items()}
    assert answer["total"]["messages"] == table.total.volume.messages == sum(SENT.values())
    assert {cell["is_hidden"] for cell in answer["data"]} == {False}


def test_small_groups_are_hidden_without_the_scope(call, tenant, feed, sent):
    apply(feed, *[message(f"few{n}", number=number_of(500 + n), shop="south", tier="basic") for n in range(3)])

    full = call(tenant).get("segment-tables/", **PAIR).json()
    masked = call(tenant, "read").get("segment-tables/", **PAIR)

    assert ("south", "basic") in {(cell["value"], cell["by_value"]) for cell in full["data"]}
    assert "basic" not in masked.content.decode()
    hidden = [cell for cell in masked.json()["data"] if cell["is_hidden"]]
    assert {cell["figures"] for cell in hidden} <= {None}


def test_others_messages_are_in_no_table(mine, theirs, sent):
    assert [row["value"] for row in theirs.get("segment-tables/", **PAIR).json()["rows"]] == ["west"]
    assert "west" not in mine.get("segment-tables/", **PAIR).content.decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"key": ""}, "key"),
        ({"by": "shop"}, "by"),
        ({"by": "colour"}, "by"),
        ({"from": "2026-01-01"}, "campaign"),
        ({"tenant": "baltic-parcel"}, "tenant"),
        ({"size": "3"}, "size"),
    ],
)
def test_table_that_cannot_be_read_is_refused_by_its_name(mine, sent, query, field):
    answer = mine.get("segment-tables/", **PAIR | query)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, field)


def test_two_values_are_compared_as_on_the_page(mine, page):
    shown = page(Role.MANAGER, key="shop", a="north", b="south")

    found = mine.get("segments/shop/", **DAYS, a="north", b="south").json()["comparison"]

    difference = shown["difference"]
    assert found == {
        "a": "north",
        "b": "south",
        "sentence": shown["pair_sentence"],
        "difference": difference.difference,
        "interval": [difference.low, difference.high],
        "p_value": difference.p_value,
        "is_sure": True,
        "is_exact": difference.is_exact,
    }
    finnish = mine.get("segments/shop/", **DAYS, a="north", b="south", lang="fi").json()["comparison"]
    assert finnish["sentence"] != found["sentence"]
    assert finnish | {"sentence": ""} == found | {"sentence": ""}
    assert mine.get("segments/shop/", **DAYS).json()["comparison"] is None


def test_value_with_few_messages_is_compared_by_words_alone(mine, sent):
    found = mine.get("segments/shop/", **DAYS, a="north", b="kiosk").json()["comparison"]
    assert found["sentence"].startswith("Not enough yet: kiosk has 12 messages")
    assert {found[name] for name in ("difference", "p_value", "is_sure", "is_exact")} == {None}


@pytest.mark.parametrize(
    ("query", "field"), [({"a": "north"}, "b"), ({"a": "x", "b": "north"}, "a"), ({"a": "north", "b": "north"}, "b")]
)
def test_values_that_cannot_be_compared_are_refused(mine, sent, query, field):
    answer = mine.get("segments/shop/", **DAYS | query)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, field)


def test_value_of_a_small_group_is_compared_with_the_scope_alone(call, tenant, feed, sent):
    apply(feed, *[message(f"few{n}", number=number_of(500 + n), shop="stand") for n in range(3)])
    query = DAYS | {"a": "north", "b": "stand"}

    assert call(tenant).get("segments/shop/", **query).status_code == 200
    assert call(tenant, "read").get("segments/shop/", **query).status_code == 400
