"""Set-based SQL for many rows at once."""

from collections.abc import Iterable, Mapping

from django.db import connection


def add_to_counts(
    table: str, keys: Mapping[str, str], values: Iterable[str], deltas: Mapping[tuple, tuple[int, ...]]
) -> None:
    """Add `deltas` (key → one number for each of `values`) to a count table, making missing rows.

    `keys` maps key columns to their SQL types. Rows are written in key order: unsorted multi-row upserts deadlock.
    """
    rows = sorted((key, delta) for key, delta in deltas.items() if any(delta))
    if not rows:
        return
    values = list(values)
    columns = [*keys, *values]
    types = [*keys.values(), *("bigint" for _ in values)]
    arrays = [list(column) for column in zip(*(key + delta for key, delta in rows), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT * FROM unnest({', '.join(f'%s::{type_}[]' for type_ in types)})"
            f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET "
            + ", ".join(f"{value} = {table}.{value} + excluded.{value}" for value in values),
            arrays,
        )
