"""More figures of a campaign in its sums by day and month. What is summed up lacks them, so all is summed up again."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0028_exports"),
    ]

    operations = [
        migrations.AddField(
            model_name="condensedcampaign",
            name="final",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="condensedcampaign",
            name="first_day",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="condensedcampaign",
            name="last_day",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="condensedcampaign",
            name="median",
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="condensedcampaign",
            name="variants",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(db_collation="C"), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="condensedspan",
            name="final_codes",
            field=models.TextField(db_collation="C", db_default=""),
        ),
        migrations.RunSQL("DELETE FROM condensed_span", migrations.RunSQL.noop),
    ]
