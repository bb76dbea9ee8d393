"""Moves, recounts and refolds are jobs of the one engine (portal/common/jobs): reasons of failures, and cancelling."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0023_erased_ids"),
        ("tenants", "0009_api_key_holder"),
    ]

    operations = [
        migrations.RenameField(model_name="partnermove", old_name="queued_at", new_name="created_at"),
        migrations.RenameField(model_name="rulerefold", old_name="queued_at", new_name="created_at"),
        migrations.RenameField(model_name="tenantrecount", old_name="queued_at", new_name="created_at"),
        migrations.RenameField(model_name="partnermove", old_name="moved", new_name="done"),
        migrations.AlterModelOptions(
            name="partnermove",
            options={"verbose_name": "move", "verbose_name_plural": "moves"},
        ),
        migrations.AlterModelOptions(
            name="rulerefold",
            options={
                "verbose_name": "recalculation of message status",
                "verbose_name_plural": "recalculations of message status",
            },
        ),
        migrations.AlterModelOptions(
            name="tenantrecount",
            options={"verbose_name": "recount", "verbose_name_plural": "recounts"},
        ),
        migrations.RemoveConstraint(
            model_name="partnermove",
            name="partner_move_open_once",
        ),
        migrations.AddField(
            model_name="partnermove",
            name="cancel_requested",
            field=models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
        ),
        migrations.AlterField(
            model_name="partnermove",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"),
        ),
        migrations.AlterField(
            model_name="partnermove",
            name="done",
            field=models.BigIntegerField(default=0, verbose_name="done"),
        ),
        migrations.AddField(
            model_name="partnermove",
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
            model_name="partnermove",
            name="not_before",
            field=models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
        ),
        migrations.AddField(
            model_name="partnermove",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="started at"),
        ),
        migrations.AddField(
            model_name="rulerefold",
            name="cancel_requested",
            field=models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
        ),
        migrations.AlterField(
            model_name="rulerefold",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"),
        ),
        migrations.AddField(
            model_name="rulerefold",
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
            model_name="rulerefold",
            name="not_before",
            field=models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
        ),
        migrations.AddField(
            model_name="rulerefold",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="started at"),
        ),
        migrations.AddField(
            model_name="rulerefold",
            name="total",
            field=models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
        ),
        migrations.AddField(
            model_name="tenantrecount",
            name="cancel_requested",
            field=models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
        ),
        migrations.AlterField(
            model_name="tenantrecount",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"),
        ),
        migrations.AddField(
            model_name="tenantrecount",
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
            model_name="tenantrecount",
            name="not_before",
            field=models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
        ),
        migrations.AddField(
            model_name="tenantrecount",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="started at"),
        ),
        migrations.AlterField(
            model_name="partnermove",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="partnermove",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="partnermove",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="partnermove",
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
            model_name="partnermove",
            name="total",
            field=models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
        ),
        migrations.AlterField(
            model_name="rulerefold",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="rulerefold",
            name="done",
            field=models.BigIntegerField(default=0, verbose_name="done"),
        ),
        migrations.AlterField(
            model_name="rulerefold",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="rulerefold",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="rulerefold",
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
            model_name="tenantrecount",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AlterField(
            model_name="tenantrecount",
            name="done",
            field=models.BigIntegerField(default=0, verbose_name="done"),
        ),
        migrations.AlterField(
            model_name="tenantrecount",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AlterField(
            model_name="tenantrecount",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="tenantrecount",
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
            model_name="tenantrecount",
            name="total",
            field=models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
        ),
        migrations.AddConstraint(
            model_name="partnermove",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=("tenant", "partner"),
                name="partner_move_open_once",
            ),
        ),
        migrations.RunSQL(
            """
UPDATE partner_move SET total = done WHERE total < done AND total > 0;
UPDATE tenant_recount SET total = done WHERE total < done AND total > 0;
UPDATE rule_refold SET total = done WHERE state = 'done';
""",
            migrations.RunSQL.noop,
        ),
    ]
