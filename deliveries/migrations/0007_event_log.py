from django.db import migrations, models

TABLES = """
CREATE TABLE event_log (
    tenant_id integer NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    inbox_id bigint NOT NULL,
    account_id integer NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    day date NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (applied_at);
-- a tenant's events in the order of their application
CREATE INDEX event_log_by_xid ON event_log (tenant_id, xid, inbox_id);
-- a message whose id is masked (deliveries/erasure/message_ids.py)
CREATE INDEX event_log_by_message_id ON event_log (message_id);
CREATE TABLE event_log_default PARTITION OF event_log DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0006_changes")]

    operations = [
        migrations.RunSQL(TABLES, "DROP TABLE event_log"),
        migrations.RunSQL(
            "ALTER TABLE delivery_report DROP COLUMN applied_xid",
            "ALTER TABLE delivery_report ADD COLUMN applied_xid xid8 NOT NULL DEFAULT pg_current_xact_id()",
        ),
        migrations.CreateModel(
            name="EventLogState",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("origin", models.TextField()),
            ],
            options={
                "db_table": "event_log_state",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="event_log_state_one_row")],
            },
        ),
        migrations.RunSQL("ALTER TABLE event_log_state ADD COLUMN lost_through xid8 NOT NULL", migrations.RunSQL.noop),
    ]
