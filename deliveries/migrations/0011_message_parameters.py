"""message_parameter with the months that messages have, in SQL; Django keeps its model in its state alone."""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE TABLE message_parameter (
    tenant_id integer NOT NULL,
    day date NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    sent_at timestamptz NOT NULL,
    account_id integer NOT NULL,
    message_id text COLLATE "C" NOT NULL
) PARTITION BY RANGE (day);
-- Message Search by a chosen custom parameter; a row is found by its own values when it is to go, so it is the only one
CREATE INDEX message_parameter_by_value ON message_parameter (tenant_id, key, value, sent_at);

DO $$
DECLARE
    month record;
BEGIN
    FOR month IN
        SELECT replace(c.relname, 'message_', 'message_parameter_') AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'message'::regclass
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF message_parameter %s', month.name, month.bound);
    END LOOP;
END $$;
"""
DROP = "DROP TABLE message_parameter"


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_segment_keys"),
        ("deliveries", "0010_submissions"),
        ("tenants", "0004_search_by_name"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="MessageParameter",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "tenant_id",
                                "day",
                                "key",
                                "account_id",
                                "message_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("day", models.DateField()),
                        ("key", models.TextField(db_collation="C")),
                        ("value", models.TextField(db_collation="C")),
                        ("sent_at", models.DateTimeField()),
                        ("message_id", models.TextField(db_collation="C")),
                        (
                            "account",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="tenants.gatewayaccount",
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="tenants.tenant",
                            ),
                        ),
                    ],
                    options={"db_table": "message_parameter"},
                )
            ]
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
