"""Raw rows with the request that they came by, and how often feeds were refused at the door."""

from django.db import migrations, models

TEXTS = ("method", "query", "content_type", "content_encoding")
ADD = "ALTER TABLE inbox " + ", ".join(f"ADD COLUMN {name} text NOT NULL DEFAULT ''" for name in TEXTS)
DROP = "ALTER TABLE inbox " + ", ".join(f"DROP COLUMN {name}" for name in TEXTS)


def _added(model_name: str) -> list[migrations.AddField]:
    return [
        migrations.AddField(
            model_name=model_name,
            name=name,
            field=models.TextField(blank=True, db_default="", default=""),
        )
        for name in TEXTS
    ]


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0015_identity_by_message_id")]

    operations = [
        # The inbox is made in SQL; Django keeps its model in its state alone (0001).
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, DROP)], state_operations=_added("inboxrow")
        ),
        *_added("quarantinedrow"),
        migrations.CreateModel(
            name="RefusalCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed_id", "hour", "reason", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("feed_id", models.IntegerField()),
                ("hour", models.DateTimeField()),
                ("reason", models.CharField(max_length=40)),
                ("refusals", models.BigIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "db_table": "refusal_count",
                "indexes": [models.Index(fields=["hour"], name="refusal_count_by_hour")],
            },
        ),
    ]
