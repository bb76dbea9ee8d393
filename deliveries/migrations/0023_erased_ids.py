"""Ids that held an erased number; retention walks once more over messages whose ids an older version left."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0022_erasure"),
        ("tenants", "0009_api_key_holder"),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasedId",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.TextField(choices=[("message", "message"), ("partner", "partner")])),
                ("digest", models.CharField(max_length=64)),
                ("value", models.TextField(db_collation="C")),
                ("waiting", models.TextField(db_default="", default="")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.gatewayaccount",
                    ),
                ),
            ],
            options={
                "db_table": "erased_id",
                "indexes": [models.Index(fields=["account", "kind", "value"], name="erased_id_by_value")],
                "constraints": [models.UniqueConstraint(fields=("account", "kind", "digest"), name="erased_id_once")],
            },
        ),
        # Message ids and partner IDs kept the numbers until now.
        migrations.RunSQL("UPDATE retention_mark SET numbers_done = NULL", migrations.RunSQL.noop),
    ]
