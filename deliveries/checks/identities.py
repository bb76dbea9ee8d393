"""Check that each message is stored once: no unique index guarantees it."""

from django.db import connection


def find_duplicates(*, days: int = 40) -> list[tuple[int, str]]:
    """Return identities (account id, message id) with more than one row in the last `days`; at most 1,000."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, message_id FROM message WHERE day > current_date - %s"
            " GROUP BY account_id, message_id HAVING count(*) > 1 LIMIT 1000",
            [days],
        )
        return cursor.fetchall()
