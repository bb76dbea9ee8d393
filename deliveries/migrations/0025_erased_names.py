"""Names told apart that lost a number, and the deletion of older workbooks as a job."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0024_jobs"),
        ("tenants", "0009_api_key_holder"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="erasedmonth",
            options={
                "verbose_name": "deletion of older workbooks",
                "verbose_name_plural": "deletions of older workbooks",
            },
        ),
        migrations.AddField(
            model_name="erasedmonth",
            name="attempts",
            field=models.IntegerField(default=0, verbose_name="attempts"),
        ),
        migrations.AddField(
            model_name="erasedmonth",
            name="cancel_requested",
            field=models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
        ),
        migrations.AddField(
            model_name="erasedmonth",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"),
        ),
        migrations.AddField(
            model_name="erasedmonth",
            name="done",
            field=models.BigIntegerField(default=0, verbose_name="done"),
        ),
        migrations.AddField(
            model_name="erasedmonth",
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
            model_name="erasedmonth",
            name="finished_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
        ),
        migrations.AddField(
            model_name="erasedmonth",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="erasedmonth",
            name="not_before",
            field=models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
        ),
        migrations.AddField(
            model_name="erasedmonth",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="started at"),
        ),
        migrations.AddField(
            model_name="erasedmonth",
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
        migrations.AddField(
            model_name="erasedmonth",
            name="total",
            field=models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
        ),
        migrations.AlterField(
            model_name="erasedmonth",
            name="month",
            field=models.DateField(verbose_name="month"),
        ),
        migrations.AlterField(
            model_name="erasedmonth",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tenants.tenant",
                verbose_name="customer",
            ),
        ),
        migrations.CreateModel(
            name="ErasedName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("masked", models.CharField(max_length=64)),
                ("number", models.IntegerField()),
            ],
            options={
                "db_table": "erased_name",
                "constraints": [models.UniqueConstraint(fields=("masked", "number"), name="erased_name_numbered_once")],
            },
        ),
    ]
