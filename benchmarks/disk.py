"""bytes: what a message takes on disk, table by table."""

from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.stage import Stage
from deliveries.applying.apply import apply_waiting

_TABLES = (
    "inbox", "message", "delivery_report", "message_parameter", "daily_count", "campaign_count", "hour_count",
    "latency_count", "segment_change", "stored_segment_count", "stored_segment_latency_count",
    "segment_value", "count_cause", "condensed_campaign", "condensed_campaign_count",
    "condensed_campaign_latency", "condensed_campaign_place", "condensed_daily_count", "condensed_day",
    "condensed_latency", "condensed_place", "condensed_segment", "condensed_segment_count",
)  # fmt: skip
_SIZES = """
SELECT coalesce(sum(pg_table_size(relid)), 0)::float8, coalesce(sum(pg_indexes_size(relid)), 0)::float8
FROM (SELECT relid FROM pg_partition_tree(%s) UNION SELECT %s::regclass) AS t
"""


def bytes_on_disk(stage: Stage) -> Iterator[Figure]:
    """Bytes per message of each table after a backlog was applied, with what its indexes take."""
    if not stage.messages:
        stage.empty()
        stage.put(60_000 if stage.quick else 300_000)
        apply_waiting()
    with stage.connect() as own:
        messages = own.execute("SELECT count(*) FROM message").fetchone()[0]
        total = 0.0
        for table in _TABLES:
            rows, indexes = own.execute(_SIZES, [table, table]).fetchone()
            total += rows + indexes
            note = f"table {rows / messages:.0f}, indexes {indexes / messages:.0f}"
            yield Figure(f"bytes_{table}", (rows + indexes) / messages, "B/message", note=note)
    yield Figure("bytes", total / messages, "B/message", note=f"{messages:,} messages")
