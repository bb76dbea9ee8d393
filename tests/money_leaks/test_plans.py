"""Plans of the looks as the role of pages: each reaches an index with its window or its recipient."""

from __future__ import annotations

import pytest
from django.db import connection

from portal.tenants.scope import web_scope
from reports.leaks import numbers, parts, repeats
from reports.leaks.numbers import PERMANENT
from reports.leaks.window import Window

pytestmark = pytest.mark.django_db

# statement, and what the conditions of its indexes hold, one after the other
STATEMENTS = {
    "numbers": (numbers._NUMBERS, ["recipient_key, sent_at", "recipient_key, sent_at", "tenant_id, status, sent_at"]),
    "newest failures": (numbers._NEWEST, ["recipient_key, sent_at"]),
    "parts": (parts._MINUTES, ["tenant_id, campaign_id, sent_at"]),
    "repeats": (repeats._REPEATS, ["tenant_id, sent_at"]),
}
WINDOW = ("tenant_id, sent_at", "tenant_id, status, sent_at")
COLUMNS = ("recipient_key", "tenant_id", "campaign_id", "status", "sent_at")


def index_conditions(node: dict) -> list[str]:
    """Return the columns of each index condition on a month that has messages."""
    found = [text for child in node.get("Plans", []) for text in index_conditions(child)]
    if "Index Cond" in node and node["Actual Loops"]:
        found.append(", ".join(column for column in COLUMNS if column in node["Index Cond"]))
    return found


@pytest.mark.parametrize("name", STATEMENTS)
def test_look_reaches_an_index(as_migrated, tenant, send, leaks, now, name):
    sql, expected = STATEMENTS[name]
    window = Window.of_days(tenant, 7, now=now)
    values = window.values | {
        "codes": list(PERMANENT),
        "least": 3,
        "limit": 10,
        "campaigns": parts._campaigns_that_may_rise(window),
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX message_by_change")  # in so small a table what begins with the tenant is as good
    with web_scope([tenant.id]), connection.cursor() as cursor:
        found = numbers.failing_numbers(window)
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values | {"keys": [one.key for one in found]})
        ((plan,),) = cursor.fetchall()
    # In so small a table the window alone costs as little: with one campaign, or of the few failures.
    found_conditions = set(index_conditions(plan[0]["Plan"]))
    assert found_conditions
    assert found_conditions <= {*expected, *WINDOW}
