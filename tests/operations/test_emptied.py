"""Reset of the tests' database: partitions of a test are dropped, and plans have no old statistics."""

from datetime import date

import pytest
from django.db import connection, transaction

from deliveries.messages import partitions
from tests.emptied import PARTITIONS, empty_tables, forget_the_past

pytestmark = pytest.mark.django_db(transaction=True)

NO_DAY = date(1999, 1, 1)
STATE = "SELECT relpages > 0, reltuples, pg_relation_size(oid) > 0 FROM pg_class WHERE relname = 'operations_left'"


def names() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        return {name for name, _ in cursor.fetchall()}


def state() -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return cursor.fetchone()


def test_partitions_that_a_test_made_are_dropped_and_the_others_stay():
    before = names()
    partitions.ensure_months([NO_DAY])
    assert "message_1999_01" in names() - before

    empty_tables()

    assert names() == before


def test_plans_forget_what_was_rolled_back():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE operations_left (n int)")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO operations_left SELECT generate_series(1, 10000)")
            cursor.execute("ANALYZE operations_left")
            transaction.set_rollback(True)
        assert state() == (True, 10_000, True)

        with transaction.atomic():
            forget_the_past()
            assert state() == (False, -1, False)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE operations_left")


def test_rows_stay_where_the_past_is_forgotten():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM result_code")
        (before,) = cursor.fetchone()
        with transaction.atomic():
            forget_the_past()
            cursor.execute("SELECT count(*) FROM result_code")
            assert cursor.fetchone() == (before,)
    assert before > 10
