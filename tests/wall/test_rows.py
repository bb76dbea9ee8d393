"""Rows of two tenants that each role sees and may write, in every table."""

import pytest
from django.db import IntegrityError, ProgrammingError

from portal.tenants.scope import web_scope
from portal.tenants.wall import GLOBAL_TABLES, GUARDED_TABLES, TENANT_TABLES
from tests.wall.rows import TENANT_COLUMN, change, insert, owners, row, rows
from tests.wall.scopes import staff_scope

pytestmark = pytest.mark.django_db

CLOSED = {table for table, (web, _staff, _ingest) in GLOBAL_TABLES.items() if not web}


def web_may(privilege: str) -> list[str]:
    """Return the tables of which the role may do so with every column."""
    tables = TENANT_TABLES | GUARDED_TABLES
    return sorted(table for table, (web, *_) in tables.items() if privilege in web.split(", "))


def seen() -> dict[str, list[int]]:
    """Return whose rows are visible now, by table."""
    return {table: owners(table) for table in TENANT_TABLES}


def refused(action, *arguments) -> str:
    """Return in what words the database refuses `action`, without the table's name; '' when it does not."""
    try:
        action(*arguments)
    except ProgrammingError as error:
        return str(error).partition(" for table")[0]
    return ""


def test_web_sees_nothing_when_nothing_is_set(two):
    with web_scope([]):
        assert seen() == {key: [] for key in TENANT_TABLES}


def test_web_sees_the_tenants_that_are_set_and_no_other(two):
    for tenants in ([two.mine], [two.other], [two.mine, two.other]):
        with web_scope(tenants):
            assert seen() == dict.fromkeys(TENANT_TABLES, sorted(tenants))
    with web_scope([0]):
        assert seen() == {key: [] for key in TENANT_TABLES}


def test_staff_and_owner_see_all_tenants(two):
    with staff_scope():
        assert seen() == dict.fromkeys(TENANT_TABLES, sorted([two.mine, two.other]))
    assert seen() == dict.fromkeys(TENANT_TABLES, sorted([two.mine, two.other]))


def test_web_is_denied_what_belongs_to_no_tenant(two):
    assert {"inbox", "quarantine", "tenants_feedtoken"} <= CLOSED
    with web_scope([two.mine, two.other]):
        answers = {table: refused(rows, f'SELECT 1 FROM "{table}"') for table in CLOSED}  # each in a savepoint
    assert answers == dict.fromkeys(CLOSED, "permission denied")


def test_web_cannot_add_a_row_for_another_tenant(two):
    values = {table: row(table, two.other) for table in TENANT_COLUMN}
    values["tenants_tenant"] |= {"id": 999_999, "slug": "new"}
    with web_scope([two.mine]):
        answers = {table: refused(insert, table, values[table]) for table in values}
    may = web_may("INSERT")
    assert answers == {
        table: "new row violates row-level security policy" if table in may else "permission denied"
        for table in TENANT_COLUMN
    }


@pytest.mark.parametrize(
    ("above", "kind", "answer"),
    [
        ("mine", "customer", ""),
        ("mine", "pool", "new row violates row-level security policy"),
        ("other", "customer", "new row violates row-level security policy"),
        (None, "customer", "new row violates row-level security policy"),
    ],
)
def test_web_adds_customers_below_its_own_alone(two, above, kind, answer):
    values = row("tenants_tenant", two.mine) | {"id": 999_999, "slug": "new", "kind": kind}
    values["parent_id"] = above and getattr(two, above)
    with web_scope([two.mine]):
        assert refused(insert, "tenants_tenant", values) == answer


def test_web_adds_to_its_own_tenant_where_it_may_write_at_all(two):
    may = sorted({*web_may("INSERT")} - {"tenants_tenant"})
    assert "report_run" in may
    values = {table: row(table, two.mine) for table in may}
    # to partner IDs, which another tenant's row may be about; to kinds of events
    refer = ["alert", "partner_move", "tenants_earlierowner", "conversion_event", "gate_destination", "gate_replay"]
    refer += ["report_mail", "report_recipient", "definition_file", "definition_run"]  # to what they are about
    for table in refer:
        change(f'DELETE FROM "{table}"', [])
    for table in may:
        change(f'DELETE FROM "{table}" WHERE "{TENANT_COLUMN[table]}" = %s', [two.mine])
    with web_scope([two.mine]):
        answers = {table: refused(insert, table, values[table]) for table in may if table not in refer}
    assert answers == {table: "" for table in may if table not in refer}


def test_web_cannot_change_a_row_of_another_tenant(two):
    touch = 'UPDATE "{0}" SET "{1}" = "{1}" WHERE "{1}" = %s'
    with web_scope([two.mine]):
        changed = {
            table: [change(touch.format(table, TENANT_COLUMN[table]), [tenant]) for tenant in (two.mine, two.other)]
            for table in web_may("UPDATE")
        }
    assert changed == {key: [1, 0] for key in web_may("UPDATE")}


def test_web_cannot_give_a_row_away(two):
    give = 'UPDATE "{0}" SET "{1}" = %s WHERE "{1}" = %s'
    with web_scope([two.mine]):
        answers = {
            table: refused(change, give.format(table, TENANT_COLUMN[table]), [two.other, two.mine])
            for table in web_may("UPDATE")
        }
    assert answers == dict.fromkeys(web_may("UPDATE"), "new row violates row-level security policy")


def test_web_describes_campaigns_of_its_own_tenant_and_changes_nothing_else_of_them(two):
    columns = ("archived_at", "day_notes", "merged_into_id", "note", "owner_id", "planned_split", "planned_start")
    touch = "UPDATE campaigns_campaign SET {0} = {0} WHERE tenant_id = %s"
    with web_scope([two.mine]):
        described = {
            column: [change(touch.format(column), [tenant]) for tenant in (two.mine, two.other)]
            for column in (*columns, "comparisons", "tags", "title", "updated_at")
        }
        refusals = {
            column: refused(change, touch.format(column), [two.mine])
            for column in ("id", "tenant_id", "name", "created_at")
        }
    assert described == {key: [1, 0] for key in described}
    assert refusals == dict.fromkeys(refusals, "permission denied")


def test_campaign_is_merged_into_one_of_its_tenant(two):
    other = rows(f"SELECT id FROM campaigns_campaign WHERE tenant_id = {two.other}")[0][0]
    with web_scope([two.mine]), pytest.raises(IntegrityError, match="campaign_merged_in_its_tenant"):
        change("UPDATE campaigns_campaign SET merged_into_id = %s WHERE tenant_id = %s", [other, two.mine])


def test_web_cannot_delete_a_row_of_another_tenant(two):
    with web_scope([two.mine]):
        deleted = {
            table: change(f'DELETE FROM "{table}" WHERE "{TENANT_COLUMN[table]}" = %s', [two.other])
            for table in web_may("DELETE")
        }
    assert deleted == dict.fromkeys(web_may("DELETE"), 0)
    assert {table: owners(table) for table in deleted} == dict.fromkeys(deleted, sorted([two.mine, two.other]))


@pytest.mark.parametrize("table", ["message_2026_11", "delivery_report_2026_11", "message_parameter_2026_11"])
def test_partition_is_reached_by_its_parent_alone(two, table):
    assert len(rows(f'SELECT 1 FROM "{table}"')) > 0  # by the owner, whose dump reads each by itself
    for scope in (web_scope([two.mine]), staff_scope()):
        with pytest.raises(ProgrammingError, match="permission denied"), scope:
            rows(f'SELECT 1 FROM "{table}"')
