"""Roll-ups of segments of the version before: the migration moves each value's counts and times into one row."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from deliveries.models.rollups import CondensedSegment

pytestmark = pytest.mark.django_db

BEFORE, MIGRATION = ("deliveries", "0007_event_log"), ("deliveries", "0008_condensed_segments")
PLACE = "INSERT INTO {table} (tenant_id, account_id, span, day, key, value, {more}) VALUES (%s, %s, 'day', %s, 'shop', "
COUNT = (
    PLACE.format(table="condensed_segment_count", more="status, result_code, messages, parts") + "%s, %s, %s, %s, 9)"
)
TIME = PLACE.format(table="condensed_segment_latency_count", more="bucket, messages") + "%s, %s, %s)"
TIMES = "SELECT day::text, value, bucket, messages FROM condensed_segment_latency_count ORDER BY 1, 2, 3"
FIRST, SECOND = "2026-10-02", "2026-10-03"


def test_rows_of_the_version_before_become_one_row_of_each_value_and_day(tenant, account):
    loader = MigrationLoader(connection)
    migration, before = loader.get_migration(*MIGRATION), loader.project_state(BEFORE)
    times = [(FIRST, "north", 40, 3), (FIRST, "north", 41, 2), (FIRST, "south", 93, 1), (SECOND, "north", 40, 7)]
    with connection.schema_editor() as editor:
        migration.unapply(before.clone(), editor)
    with connection.cursor() as cursor:
        counted = [(FIRST, "north", "delivered", 1001, 5), (FIRST, "north", "failed", 1006, 4)]
        counted += [(FIRST, "west", "failed", 1006, 6), (SECOND, "north", "delivered", 1001, 7)]
        cursor.executemany(COUNT, [(tenant.id, account.id, *row) for row in counted])
        cursor.executemany(TIME, [(tenant.id, account.id, *row) for row in times])
    with connection.schema_editor() as editor:
        migration.apply(before.clone(), editor)

    rows = CondensedSegment.objects.order_by("day", "value")
    found = rows.values_list("day", "value", "messages", "buckets", "bucket_messages")
    assert [(str(day), *more) for day, *more in found] == [
        (FIRST, "north", 9, [40, 41], [3, 2]),
        (FIRST, "south", 0, [93], [1]),
        (FIRST, "west", 6, [], []),
        (SECOND, "north", 7, [40], [7]),
    ]
    with connection.schema_editor() as editor:
        migration.unapply(before.clone(), editor)
    with connection.cursor() as cursor:
        cursor.execute(TIMES)
        assert cursor.fetchall() == times
