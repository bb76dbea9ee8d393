"""Many stored messages at once, for tests of plans: copies of those that are there."""

from django.db import connection

from deliveries.models import Message

_COLUMNS = [field.column for field in Message._meta.local_concrete_fields]


def copy_messages(times: int, **columns: str) -> None:
    """Insert so many copies of each stored message, with the columns given here in place of its own.

    Each is an SQL expression over the message's columns and `n`, the number of the copy from 1.
    """
    if unknown := columns.keys() - set(_COLUMNS):
        raise ValueError(f"message has no column {', '.join(sorted(unknown))}")
    values = ", ".join(columns.get(name, name) for name in _COLUMNS)
    copies = f"SELECT {values} FROM message, generate_series(1, {times}) AS n"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO message ({', '.join(_COLUMNS)}) {copies}")


def store_parameters(*keys: str) -> None:
    """Replace the rows of message_parameter of these keys by those that the stored messages need."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM message_parameter WHERE key = ANY(%s)", [list(keys)])
        cursor.execute(
            """
            INSERT INTO message_parameter (tenant_id, day, key, value, sent_at, account_id, message_id)
            SELECT tenant_id, day, k.key, custom_parameters ->> k.key, sent_at, account_id, message_id
            FROM message CROSS JOIN unnest(%s::text[]) AS k (key) WHERE custom_parameters ? k.key
            """,
            [list(keys)],
        )
