"""Report runs are jobs of the one engine (portal/common/jobs): a run that waits for the inbox is queued."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0005_masked_edition"),
        ("tenants", "0009_api_key_holder"),
    ]

    operations = [
        migrations.RenameField(model_name="reportrun", old_name="progress", new_name="done"),
        migrations.AlterModelOptions(
            name="reportrun",
            options={"verbose_name": "report run", "verbose_name_plural": "report runs"},
        ),
        migrations.RemoveIndex(
            model_name="reportrun",
            name="report_run_open",
        ),
        migrations.AddField(
            model_name="reportrun",
            name="cancel_requested",
            field=models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
        ),
        migrations.AddField(
            model_name="reportrun",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="reportrun",
            name="done",
            field=models.BigIntegerField(default=0, verbose_name="done"),
        ),
        migrations.AddField(
            model_name="reportrun",
            name="not_before",
            field=models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
        ),
        migrations.AddField(
            model_name="reportrun",
            name="total",
            field=models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
        ),
        migrations.AddField(
            model_name="reportrun",
            name="waits_for_inbox",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="reportrun",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="reportrun",
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
        migrations.AlterField(
            model_name="reportrun",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="reportrun",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="started at"),
        ),
        migrations.AlterField(
            model_name="reportrun",
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
        migrations.AddIndex(
            model_name="reportrun",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["state", "lease_until"],
                name="report_run_open",
            ),
        ),
        migrations.RunSQL(
            """
UPDATE report_run SET created_at = requested_at, total = 100, waits_for_inbox = state = 'waiting',
state = CASE state WHEN 'waiting' THEN 'queued' ELSE state END
""",
            migrations.RunSQL.noop,
        ),
    ]
