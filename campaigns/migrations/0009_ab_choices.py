"""Saved A/B tests of campaigns: refIds of the variants, by name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_conversions")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="comparisons",
            field=models.JSONField(blank=True, db_default={}, default=dict, verbose_name="saved comparisons"),
        ),
    ]
