"""Rows on their way into the inbox, as lists and packed."""

import pytest
from django.db import connection

from deliveries.ingest.inbox import INSERT, NewRow, columns, packed_columns
from portal.common.bulk import bulk_cursor

pytestmark = pytest.mark.django_db

ROWS = [
    NewRow(7, 0, b"", None, None),
    NewRow(7, 63, b'{"id":"a"}', "192.0.2.1", 400, import_run_id=2**40),
    NewRow(8, 12, bytes(range(256)), "2001:db8::1", None, "GET", "id=ä", "text/xml", "br"),
    NewRow(7, 63, b'{"id":"a"}', "192.0.2.1", 400),
]
STORED = [
    (7, 0, b"", None, None, "", "", "", "", None),
    (7, 63, b'{"id":"a"}', "192.0.2.1/32", 400, "", "", "", "", 2**40),
    (8, 12, bytes(range(256)), "2001:db8::1/128", None, "GET", "id=ä", "text/xml", "br", None),
    (7, 63, b'{"id":"a"}', "192.0.2.1/32", 400, "", "", "", "", None),
]


def stored() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT feed_id, slice, body, peer::text, accept_days, method, query, content_type, content_encoding,"
            " import_run_id FROM inbox ORDER BY id"
        )
        return [(feed, number, bytes(body), *others) for feed, number, body, *others in cursor.fetchall()]


@pytest.mark.parametrize("parameters", [columns, packed_columns])
def test_rows_are_stored_as_they_are(parameters):
    with bulk_cursor() as cursor:
        cursor.execute(INSERT, parameters(ROWS))

    assert stored() == STORED
