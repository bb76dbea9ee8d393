"""Values of segment keys, and the figures of a key. Stored messages are counted by the keys that are chosen already."""

import django.db.models.deletion
from django.db import migrations, models

# The walk starts at the newest message again; the rows for searches stay.
QUEUE = """
UPDATE campaigns_segmentkey SET position = '3000-01-01T00:00Z' WHERE position IS NOT NULL;
UPDATE campaigns_segmentkey
SET state = 'queued', done = 0, total = 0, attempts = 0, error = '', lease_until = NULL, not_before = NULL,
    started_at = NULL, finished_at = NULL
WHERE state = 'done';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_campaign_details"),
        ("tenants", "0009_api_key_holder"),
    ]

    operations = [
        migrations.AddField(
            model_name="segmentkey",
            name="figures",
            field=models.CharField(
                choices=[
                    ("yes", "With figures"),
                    ("unique", "Without figures: it has nearly as many values as messages."),
                    (
                        "scattered",
                        "Without figures: it has more than 1,000 values in a month, and most of them occur once.",
                    ),
                ],
                db_default="yes",
                default="yes",
                max_length=9,
                verbose_name="figures",
            ),
        ),
        migrations.AddField(
            model_name="segmentkey",
            name="figures_from",
            field=models.DateField(blank=True, null=True, verbose_name="figures from"),
        ),
        migrations.AddField(
            model_name="segmentkey",
            name="generation",
            field=models.IntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="SegmentValue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "key",
                        "month",
                        "value",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.TextField(db_collation="C")),
                ("month", models.DateField()),
                ("value", models.TextField(db_collation="C")),
                ("number", models.SmallIntegerField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "segment_value",
                "indexes": [
                    models.Index(
                        condition=models.Q(("number", 1000)),
                        fields=["tenant", "key", "month"],
                        name="segment_value_full",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1), ("number__lte", 1000)), name="segment_value_has_a_place"
                    )
                ],
            },
        ),
        migrations.RunSQL(QUEUE, migrations.RunSQL.noop),
    ]
