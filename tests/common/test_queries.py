"""The helper that counts SQL statements."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_expected_number_of_queries_passes(django_assert_num_queries):
    with django_assert_num_queries(2) as captured:
        run("SELECT 1", "SELECT 2")

    assert [query["sql"] for query in captured] == ["SELECT 1", "SELECT 2"]


@pytest.mark.parametrize("number", [0, 3, 5])
def test_another_number_of_queries_lists_each_statement_and_its_count(django_assert_num_queries, number):
    with pytest.raises(pytest.fail.Exception) as failed, django_assert_num_queries(number):
        run("SELECT 1", "SELECT 'it''s', 2", "SELECT\n    1", "SELECT 7 ")

    assert str(failed.value).splitlines() == [
        f"4 queries instead of {number}:",
        "   3 × SELECT 1",
        "   1 × SELECT 'it''s', 2",
    ]


def test_error_inside_is_not_hidden_by_the_count(django_assert_num_queries):
    with pytest.raises(ZeroDivisionError), django_assert_num_queries(3):
        run("SELECT 1")
        raise ZeroDivisionError
