"""The order in which messages change and delivery reports are applied, for incremental reading.

Both tables are rewritten once, so that stored rows get instants of their own: rows of one instant would be sorted anew
for each page.
"""

from django.db import migrations, models


def _column(table: str, column: str) -> str:
    return f"ALTER TABLE {table} ADD COLUMN {column} timestamptz NOT NULL DEFAULT clock_timestamp()"


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0005_campaign_index")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(_column("message", "updated_at"), "ALTER TABLE message DROP COLUMN updated_at"),
                migrations.RunSQL(
                    _column("delivery_report", "applied_at"), "ALTER TABLE delivery_report DROP COLUMN applied_at"
                ),
                migrations.RunSQL(
                    "CREATE INDEX message_by_change ON message (tenant_id, updated_at)", "DROP INDEX message_by_change"
                ),
                migrations.RunSQL(
                    "CREATE INDEX delivery_report_by_application ON delivery_report (tenant_id, applied_at)",
                    "DROP INDEX delivery_report_by_application",
                ),
            ],
            state_operations=[
                migrations.AddField("message", "updated_at", models.DateTimeField(), preserve_default=False),
                migrations.AddField("deliveryreport", "applied_at", models.DateTimeField(), preserve_default=False),
            ],
        )
    ]
