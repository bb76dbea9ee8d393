"""Segment keys are jobs of the one engine (portal/common/jobs): reasons of failures, and cancelling."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_segment_keys"),
    ]

    operations = [
        migrations.RenameField(model_name="segmentkey", old_name="queued_at", new_name="created_at"),
        migrations.AlterModelOptions(
            name="segmentkey",
            options={"verbose_name": "segment key", "verbose_name_plural": "segment keys"},
        ),
        migrations.AddField(
            model_name="segmentkey",
            name="cancel_requested",
            field=models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
        ),
        migrations.AlterField(
            model_name="segmentkey",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"),
        ),
        migrations.AddField(
            model_name="segmentkey",
            name="error",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Why the last attempt failed.",
                max_length=500,
                verbose_name="error",
            ),
        ),
        migrations.AddField(
            model_name="segmentkey",
            name="not_before",
            field=models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
        ),
        migrations.AddField(
            model_name="segmentkey",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="started at"),
        ),
        migrations.AlterField(
            model_name="segmentkey",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="segmentkey",
            name="done",
            field=models.BigIntegerField(default=0, verbose_name="done"),
        ),
        migrations.AlterField(
            model_name="segmentkey",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="segmentkey",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="segmentkey",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="segmentkey",
            name="total",
            field=models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
        ),
        migrations.RunSQL(
            "UPDATE campaigns_segmentkey SET total = done WHERE total < done AND total > 0", migrations.RunSQL.noop
        ),
    ]
