"""Upper limit of this machine: rows that COPY writes into an empty table."""

import time

from benchmarks.stage import Stage

_TABLE = "bench_inbox (feed_id int, slice smallint, received_at timestamptz DEFAULT now(), body bytea)"


def copy_rate(stage: Stage, *, rows: int = 200_000, chunk: int = 5000) -> float:
    """Return reports a second that COPY writes, committed every `chunk` rows, into a table without indexes."""
    lines = stage.lines[:chunk]
    with stage.connect() as own:
        own.execute("DROP TABLE IF EXISTS bench_inbox")
        own.execute(f"CREATE TABLE {_TABLE}")
        began = time.monotonic()
        for _ in range(rows // chunk):
            with (
                own.cursor() as cursor,
                cursor.copy("COPY bench_inbox (feed_id, slice, body) FROM STDIN BINARY") as copy,
            ):
                copy.set_types(["int4", "int2", "bytea"])
                for line in lines:
                    copy.write_row((1, 1, line))
        seconds = time.monotonic() - began
        own.execute("DROP TABLE bench_inbox")
    return rows / seconds
