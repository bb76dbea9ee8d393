"""One message per identity: no unique index guards it, so it is looked after."""

from django.db import connection


def find_doubles(*, days: int = 40) -> list[tuple[int, str]]:
    """Return identities (account id, message id) that stand in more than one row of the last `days`; at most 1,000."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, message_id FROM message WHERE day > current_date - %s"
            " GROUP BY account_id, message_id HAVING count(*) > 1 LIMIT 1000",
            [days],
        )
        return cursor.fetchall()
