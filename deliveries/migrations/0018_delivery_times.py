"""A row that says that appliers have stopped; and the messages that newer rules make something else of are refolded.

Outcomes stand before codes by which nobody knows, and a delivery is the earliest one (docs/link.md section 5, rules 3,
4 and 7). A message's row holds all of it without a new column (deliveries/messages/store.py). The worker refolds what
was stored by the older rules (deliveries/rederiving/rule_refold.py); a portal without messages has nothing to refold.
"""

import django.db.models.functions.datetime
from django.db import migrations, models

REFOLD_WHAT_IS_THERE = """
INSERT INTO rule_refold (state, after_account_id, after_message_id, done, changed, attempts)
SELECT 'queued', 0, '', 0, 0, 0 WHERE EXISTS (SELECT FROM message)
"""


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0017_imports")]
    operations = [
        migrations.CreateModel(
            name="RuleRefold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Queued"), ("running", "Running"), ("done", "Done")],
                        default="queued",
                        max_length=7,
                    ),
                ),
                ("month", models.DateField(null=True)),
                ("after_account_id", models.IntegerField(default=0)),
                ("after_message_id", models.TextField(db_collation="C", default="")),
                ("done", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                ("attempts", models.IntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("queued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "rule_refold",
            },
        ),
        migrations.CreateModel(
            name="ApplierStop",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("cause", models.CharField(max_length=10)),
                ("code", models.CharField(max_length=100)),
                ("error", models.CharField(max_length=500)),
                ("tried_at", models.DateTimeField()),
            ],
            options={
                "db_table": "applier_stop",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="applier_stop_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", ["statement", "programme", "rows"])), name="applier_stop_cause"
                    ),
                ],
            },
        ),
        migrations.RunSQL(REFOLD_WHAT_IS_THERE, migrations.RunSQL.noop),
    ]
