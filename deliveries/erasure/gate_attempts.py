"""Attempts of gates about a message whose number is erased: stored bodies, addresses and answers are deleted.

The attempts stay, with their times and outcomes. What still waits is sent with a masked number.
"""

from collections.abc import Iterable

from django.db import connection

from deliveries.messages.store import Key


def delete_texts(keys: Iterable[Key]) -> int:
    """Delete the texts of the attempts about these messages, of all tenants' gates; return of how many attempts."""
    pairs = sorted(set(keys))
    if not pairs:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE gate_attempt a SET request_body = '', answer = '', url = split_part(url, '?', 1), is_masked = true"
            " FROM unnest(%s::int[], %s::text[]) k (account_id, message_id)"
            " WHERE a.account_id = k.account_id AND a.message_id = k.message_id"
            " AND (request_body <> '' OR answer <> '' OR position('?' IN url) > 0)",
            [[account_id for account_id, _id in pairs], [message_id for _account, message_id in pairs]],
        )
        return cursor.rowcount
