"""What an applier's statements read does not depend on what PostgreSQL believes of its tables' sizes."""

import pytest
from django.db import connection

from deliveries.services.apply import plan_for_small_sets
from deliveries.services.reports import ADD_UNKNOWN, STAGED
from deliveries.services.stored import keys_as_json, look_up
from portal.common.bulk import bulk_cursor, stage
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db


def test_stored_messages_are_looked_up_key_by_key_in_partitions_believed_empty(feed, tenant):
    reports = [dlr(f"m{n}", timestamp="2026-11-20T10:00:00Z") for n in range(500)]
    apply(feed, *reports)
    with connection.cursor() as cursor:
        # As where rows are analyzed that are not committed yet, or all are gone.
        cursor.execute("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM message")
        cursor.execute("DELETE FROM message")
        cursor.execute("ANALYZE message_2026_11")
        cursor.execute("INSERT INTO message SELECT * FROM kept")
    keys = keys_as_json([(feed.account_id, f"m{n}") for n in range(500)])
    plan_for_small_sets()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {look_up()}", keys)
        ((found,),) = cursor.fetchall()
    outer, inner = found[0]["Plan"]["Plans"]
    assert (outer["Node Type"], outer["Actual Rows"]) == ("Function Scan", 500)
    assert inner["Actual Loops"] == 500
    assert {node["Node Type"] for node in leaves(inner)} == {"Index Scan"}


def test_reports_are_compared_with_their_messages_own_in_partitions_believed_empty(feed, tenant):
    apply(feed, *(dlr(f"m{n}", timestamp="2026-11-20T10:00:00Z") for n in range(500)))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM delivery_report")
        cursor.execute("DELETE FROM delivery_report")
        cursor.execute("ANALYZE delivery_report_2026_11")
        cursor.execute("INSERT INTO delivery_report SELECT * FROM kept")
        cursor.execute(f"SELECT {', '.join(list(STAGED)[:-1])}, false FROM delivery_report")
        rows = cursor.fetchall()
    plan_for_small_sets()
    with bulk_cursor() as cursor:
        stage(cursor, "new_report", STAGED, rows)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {ADD_UNKNOWN}")
        ((found,),) = cursor.fetchall()
    read = [node for node in leaves(found[0]["Plan"]) if node["Relation Name"] == "delivery_report_2026_11"]
    assert [(node["Actual Loops"], node["Actual Rows"]) for node in read] == [(500, 1)]


def leaves(node: dict) -> list[dict]:
    """Return the nodes of a plan that read a table."""
    below = node.get("Plans")
    return [leaf for child in below for leaf in leaves(child)] if below else [node]
