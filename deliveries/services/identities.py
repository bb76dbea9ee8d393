"""One message per identity: no unique index guards it, so it is looked after."""

import logging

from django.db import connection

logger = logging.getLogger(__name__)


def count_doubles(*, days: int = 40) -> int:
    """Count identities (account, message id) that stand in more than one row of the last `days`; log them as errors."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, message_id FROM message WHERE day > current_date - %s"
            " GROUP BY account_id, message_id HAVING count(*) > 1 LIMIT 1000",
            [days],
        )
        doubles = cursor.fetchall()
    for account_id, message_id in doubles[:10]:
        logger.error("double identity: account %s, message %s", account_id, message_id)
    return len(doubles)
