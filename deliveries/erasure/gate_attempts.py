"""Attempts of gates about a message whose number is erased: stored bodies, addresses and answers are deleted.

The attempts stay, with their times and outcomes. What still waits is sent with a masked number.
"""

from collections.abc import Iterable

from django.db import connection, transaction

from deliveries.erasure.raw_texts import holds
from deliveries.messages.store import Key

_LOCK = "portal.gate_attempts"
_BATCH = 2000
EMPTIED = "request_body = '', answer = '', url = split_part(url, '?', 1), is_masked = true"
HAS_TEXTS = "(request_body <> '' OR answer <> '' OR position('?' IN url) > 0)"
_CHANNEL = "gates"  # deliveries/gates_outbox, which is beside this package
# Digits of other scripts, and such that are escaped, are read by Python: such texts are few.
_MAY_HOLD = (
    "(regexp_replace({text}, '[^0-9]', '', 'g') LIKE %s OR octet_length({text}) <> char_length({text})"
    " OR {text} ~ '%%[0-9A-Fa-f][0-9A-Fa-f]|&#|\\\\u')"
)


def wait_for_erasures() -> None:
    """Keep erasures from deleting texts until the transaction's end, so that they find what it stores.

    After it, a message tells whether its number was erased.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [_LOCK])


def stop_recording() -> None:
    """Keep the dispatchers from storing attempts until the transaction's end, after those that are at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_LOCK])


def delete_texts(keys: Iterable[Key]) -> int:
    """Delete the texts of the attempts about these messages, of all tenants' gates; return of how many attempts.

    What a dispatcher has read of them already is read again. A request may hold several messages.
    """
    pairs = sorted(set(keys))
    if not pairs:
        return 0
    accounts, ids = [account_id for account_id, _id in pairs], [message_id for _account, message_id in pairs]
    stop_recording()
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH about AS (SELECT a.gate_id, a.at, a.destination_id FROM gate_attempt a"  # noqa: S608  conditions of this module, constants
            " JOIN unnest(%s::int[], %s::text[]) k (account_id, message_id)"
            f" ON a.account_id = k.account_id AND a.message_id = k.message_id WHERE {HAS_TEXTS})"
            f" UPDATE gate_attempt a SET {EMPTIED} FROM (SELECT DISTINCT * FROM about) o"
            " WHERE a.gate_id = o.gate_id AND a.at = o.at AND a.destination_id IS NOT DISTINCT FROM o.destination_id",
            [accounts, ids],
        )
        count = cursor.rowcount
        _take_back(accounts, ids)
    return count


def _take_back(accounts: list[int], ids: list[str]) -> None:
    """Let the dispatchers give back what they have read of these messages' gates.

    Until the commit nobody claims one of these deliveries: the message would be read as it was before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.gate_id FROM gate_delivery d JOIN unnest(%s::int[], %s::text[]) k (account_id, message_id)"
            " ON d.account_id = k.account_id AND d.message_id = k.message_id"
            " ORDER BY d.tenant_id, d.gate_id, d.inbox_id FOR UPDATE OF d",
            [accounts, ids],
        )
        if gate_ids := sorted({gate_id for (gate_id,) in cursor.fetchall()}):
            cursor.execute("UPDATE gate SET changed_at = clock_timestamp() WHERE id = ANY (%s)", [gate_ids])
            cursor.execute("SELECT pg_notify(%s, '')", [_CHANNEL])


def erase_mentions(*, tenant_id: int, number: str) -> int:
    """Delete the texts of the tenant's other attempts that hold the number; return of how many attempts."""
    text, after, count = "concat_ws(' ', url, request_body, answer)", 0, 0
    digits = "".join(sign for sign in number if sign.isdigit())
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(id) FROM (SELECT id FROM gate_attempt WHERE id > %s ORDER BY id LIMIT %s) step",
                [after, _BATCH],
            )
            until = cursor.fetchone()[0]
            if until is None:
                return count
            cursor.execute(
                "SELECT id, url, request_body, answer FROM gate_attempt WHERE id > %s AND id <= %s AND tenant_id = %s"  # noqa: S608  conditions of this module; values are parameters
                f" AND {HAS_TEXTS} AND {_MAY_HOLD.format(text=text)}",
                [after, until, tenant_id, f"%{digits[-6:]}%"],
            )
            held = [
                id_
                for id_, url, body, answer in cursor.fetchall()
                if any(holds(one.encode(), "", number) for one in (body, answer)) or holds(b"", url, number)
            ]
            cursor.execute(f"UPDATE gate_attempt SET {EMPTIED} WHERE id = ANY (%s)", [held])  # noqa: S608  a constant expression
            count += len(held)
        after = until
