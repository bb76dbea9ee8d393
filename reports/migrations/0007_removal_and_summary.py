"""Removed months, and the figures of a report that pages show beside its workbook."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0006_jobs"),
    ]

    operations = [
        migrations.AddField(
            model_name="reportrun", name="removed_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="reportrun",
            name="language",
            field=models.CharField(blank=True, editable=False, max_length=8),
        ),
        migrations.AddField(
            model_name="reportrun", name="countries", field=models.JSONField(editable=False, null=True)
        ),
    ]
