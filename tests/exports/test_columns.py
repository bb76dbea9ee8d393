"""Columns of files read a page at a time: the same values as row by row."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, connection

from deliveries.message_pages.columns import ALL_COLUMNS, lines
from deliveries.message_pages.presenter import MessagePresenter
from deliveries.search.find import MessageQuery, campaign_names, search
from portal.common.masking import Masking
from portal.common.periods import zone
from portal.common.postgres.times import read_times_fast
from tests.pages.conftest import messages

__all__ = ["messages"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("in_full", [True, False])
def test_values_of_a_page_are_those_of_its_rows(tenant, messages, in_full):
    found = search(MessageQuery(frozenset({tenant.id}))).messages
    presenter = MessagePresenter(found, campaign_names(found), masking=Masking(in_full), link=lambda _account, _id: "")
    rows = [presenter.row(message) for message in found]
    assert len(rows) == 5

    for name, column in ALL_COLUMNS.items():
        assert column.values(rows) == [column.value(row) for row in rows], name
        raw = column.raw or column.value
        assert column.raw_values(rows) == [raw(row) for row in rows], name
    local = zone("Europe/Helsinki")
    shown = list(lines([ALL_COLUMNS["sent_at"], ALL_COLUMNS["delivered_at"], ALL_COLUMNS["message_id"]], rows, local))
    assert shown == [
        (row.sent_at.astimezone(local), row.delivered_at and row.delivered_at.astimezone(local), row.message_id)
        for row in rows
    ]
    assert [one[0].utcoffset() for one in shown] == [row.sent_at.astimezone(local).utcoffset() for row in rows]


TIMES = [
    "2026-10-05 10:00:00+00", "2026-10-05 10:00:00.5+00", "2026-10-05 10:00:00.123456+00", "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00", "1969-12-31 23:59:59.000001+00",
]  # fmt: skip


def test_times_that_are_read_fast_are_those_of_any_cursor():
    statement = "SELECT t::timestamptz FROM unnest(%s::text[]) AS t"
    with connection.cursor() as usual, connection.cursor() as fast:
        read_times_fast(fast)
        usual.execute(statement, [TIMES])
        fast.execute(statement, [TIMES])
        found = [row[0] for row in fast.fetchall()]
        assert found == [row[0] for row in usual.fetchall()]
        assert {time.utcoffset() for time in found} == {timedelta(0)}
        assert found[2] == datetime(2026, 10, 5, 10, 0, 0, 123456, tzinfo=UTC)
        fast.execute("SET LOCAL TIME ZONE 'Asia/Kolkata'")
        fast.execute(statement, [TIMES[:1]])
        assert fast.fetchone()[0] == found[0]


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 12:00:00+00 BC"])
def test_times_that_python_cannot_hold_are_refused(text):
    with connection.cursor() as cursor:
        read_times_fast(cursor)
        cursor.execute("SELECT %s::timestamptz", [text])
        with pytest.raises(DataError):
            cursor.fetchone()
