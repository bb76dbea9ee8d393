"""Tables of two keys: they sum to the messages, and show masked roles no cell of a few recipients."""

from datetime import date

import pytest

from reports.figures.query import StatisticsQuery
from reports.segments import cross
from reports.segments.cross import REST_LABEL, cross_table
from tests.deliveries.helpers import apply
from tests.segments.sample import chosen, message, number_of

pytestmark = pytest.mark.django_db

# shop, tier → recipients, of one message each
SENT = {
    ("north", "gold"): 30,
    ("north", "silver"): 20,
    ("south", "gold"): 25,
    ("south", "silver"): 4,
    ("kiosk", "gold"): 2,
}


@pytest.fixture
def query(feed, tenant) -> StatisticsQuery:
    chosen(tenant, "shop", "tier")
    sent = [pair for pair, n in SENT.items() for _number in range(n)]
    apply(
        feed,
        *(
            message(f"m{n}", 1006 if n % 5 == 0 else 1001, number=number_of(n), shop=shop, tier=tier)
            for n, (shop, tier) in enumerate(sent)
        ),
    )
    return StatisticsQuery(tenant_ids=[tenant.id], first=date(2026, 11, 1), last=date(2026, 11, 30))


def messages_of(table) -> dict:
    return {cell: one and one.volume.messages for cell, one in table.cells.items()}


def test_table_has_every_pair_and_sums_to_the_messages(query):
    table = cross_table(query, ("shop", "tier"), merge_small=False)
    assert messages_of(table) == SENT
    assert (table.rows, table.columns) == (["north", "south", "kiosk"], ["gold", "silver"])
    assert {name: one.volume.messages for name, one in table.row_sums.items()} == {"north": 50, "south": 29, "kiosk": 2}
    assert {name: one.volume.messages for name, one in table.column_sums.items()} == {"gold": 57, "silver": 24}
    assert (table.total.volume.messages, table.total.volume.failed, table.has_hidden) == (81, 17, False)


def test_masked_roles_see_no_group_of_a_few_recipients(query):
    """The kiosk takes the next smallest shop along; then no cell of a few recipients is left."""
    table = cross_table(query, ("shop", "tier"), merge_small=True)
    assert (table.rows, table.columns) == (["north", "(small)"], ["gold", "silver"])
    assert messages_of(table) == {
        ("north", "gold"): None,
        ("north", "silver"): None,
        ("(small)", "gold"): None,
        ("(small)", "silver"): None,
    }
    assert {name: one.volume.messages for name, one in table.row_sums.items()} == {"north": 50, "(small)": 31}


def test_rows_and_columns_beyond_the_limit_are_summed(query, monkeypatch):
    monkeypatch.setattr(cross, "MAX_ROWS", 1)
    monkeypatch.setattr(cross, "MAX_COLUMNS", 1)
    table = cross_table(query, ("shop", "tier"), merge_small=False)
    assert messages_of(table) == {
        ("north", "gold"): 30,
        ("north", REST_LABEL): 20,
        (REST_LABEL, "gold"): 27,
        (REST_LABEL, REST_LABEL): 4,
    }
    assert (table.rows, table.columns) == (["north", REST_LABEL], ["gold", REST_LABEL])
