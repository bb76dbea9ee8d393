import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_idempotency_key")]

    operations = [
        migrations.AlterField(
            model_name="reportrun",
            name="revision",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reportrun",
            name="same_as",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="reports.reportrun",
            ),
        ),
        migrations.AddField(
            model_name="reportrun",
            name="content_hash",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="reportrun",
            name="totals",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="reportrun",
            name="rows_hash",
            field=models.CharField(blank=True, editable=False, max_length=16),
        ),
    ]
