"""Plans of an applier's and a dispatcher's statements do not depend on PostgreSQL's statistics of table sizes."""

from datetime import date

import pytest
from django.db import connection

from deliveries.gates import loading
from deliveries.messages import event_log, partitions, row, store
from deliveries.messages.delivery_reports import ADD_UNKNOWN, STAGED
from deliveries.messages.store import keys_as_json, look_up
from portal.common.bulk import bulk_cursor, plan_for_small_sets, stage
from tests.deliveries.helpers import apply, dlr

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]

FACTS = ("message_2026_11", "delivery_report_2026_11")


@pytest.fixture
def stored_messages(feed, tenant) -> list[tuple[int, str]]:
    """The keys of 500 messages with a report each."""
    apply(feed, *(dlr(f"m{n}", timestamp="2026-11-20T10:00:00Z") for n in range(500)))
    return [(feed.account_id, f"m{n}") for n in range(500)]


@pytest.fixture(params=["never looked at", "believed empty", "known"])
def belief(request, stored_messages) -> str:
    """PostgreSQL's statistics of the partitions."""
    with connection.cursor() as cursor:
        if request.param == "known":
            cursor.execute(f"ANALYZE {', '.join(FACTS)}")
        elif request.param == "believed empty":
            # As where rows are analyzed that are not committed yet, or all are gone.
            for table in FACTS:
                cursor.execute(f"CREATE TEMP TABLE kept_{table} ON COMMIT DROP AS SELECT * FROM {table}")
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(f"ANALYZE {table}")
                cursor.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
    return request.param


def test_messages_are_looked_up_key_by_key(belief, stored_messages):
    read = leaves_of(look_up(), keys_as_json(stored_messages))
    assert of_table(read, "message_2026_11") == [(500, 1)]


def test_reports_are_compared_with_their_messages_own(belief):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(list(STAGED)[:-1])}, false FROM delivery_report")
        rows = cursor.fetchall()
    with bulk_cursor() as cursor:
        stage(cursor, "new_report", STAGED, rows)
    assert of_table(leaves_of(ADD_UNKNOWN), "delivery_report_2026_11") == [(500, 1)]


def test_events_are_picked_by_a_list_that_postgresql_hashes(stored_messages):
    """It is of the column's type. With any other, each report is compared with each id: 28 instead of 1.6 µs."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(list(STAGED)[:-1])}, false FROM delivery_report")
        rows = cursor.fetchall()
    with bulk_cursor() as cursor:
        stage(cursor, "new_report", STAGED, rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(inbox_id) FROM delivery_report")
        ((ids,),) = cursor.fetchall()

    (of_reports,) = [leaf for leaf in leaves_of(event_log.ADD, [ids]) if leaf.get("Relation Name") == "new_report"]

    assert (of_reports["Actual Rows"], of_reports["Filter"].partition("}")[2]) == (500, "'::bigint[]))")


@pytest.mark.parametrize(
    ("statement", "op", "table"),
    [
        ("UPDATE", "same", "message_2026_11"),
        ("TAKE_MOVED", "moved", "message_2026_11"),
        ("MOVE_REPORTS", "moved", "delivery_report_2026_11"),
    ],
)
def test_changed_messages_are_found_one_by_one(belief, stored_messages, statement, op, table):
    partitions.ensure_months([date(2026, 12, 1)])  # an empty one beside it
    rows = [
        (op, message.tenant_id, message.day, *row.to_row(message))
        for message in store.read_messages(stored_messages, around=None).values()
    ]
    with bulk_cursor() as cursor:
        stage(cursor, "changed_message", {"op": "text", "old_tenant_id": "int", "old_day": "date", **row.COLUMNS}, rows)
    assert of_table(leaves_of(getattr(store, statement)), table) == [(500, 1)]


def test_reports_of_deliveries_are_found_by_their_messages(belief, stored_messages):
    partitions.ensure_months([date(2026, 12, 1)])  # an empty one beside it
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, 1, inbox_id, account_id, message_id, day FROM delivery_report")
        columns = [list(column) for column in zip(*cursor.fetchall(), strict=True)]

    read = leaves_of(loading.READ, columns)

    assert of_table(read, "delivery_report_2026_11") == [(500, 1)]
    assert of_table(read, "message_2026_11") == [(500, 1)]


def leaves_of(statement: str, parameters=None) -> list[dict]:
    """Run a statement as an applier does, and return the nodes of its plan that read a table."""
    plan_for_small_sets()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        ((found,),) = cursor.fetchall()
    return leaves(found[0]["Plan"])


def leaves(node: dict) -> list[dict]:
    below = node.get("Plans")
    return [leaf for child in below for leaf in leaves(child)] if below else [node]


def of_table(leaves: list[dict], table: str) -> list[tuple[int, float]]:
    """Return (look-ups, rows of each) of what reads `table`, all by message id and without reading others' rows."""
    read = [node for node in leaves if node.get("Relation Name") == table]
    for node in read:
        assert node["Index Name"].endswith("_message_id_idx"), node
        assert "message_id" in node["Index Cond"], node
        assert not node.get("Rows Removed by Filter"), node
    return [(node["Actual Loops"], node["Actual Rows"]) for node in read]
