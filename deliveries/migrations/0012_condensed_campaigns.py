"""A campaign's quiet day or month in one row. What is summed up already does not have it, so all is summed up anew."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0011_message_parameters"),
        ("tenants", "0005_feed_kind"),
    ]

    operations = [
        migrations.CreateModel(
            name="CondensedCampaign",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("span", models.TextField(choices=[("day", "Day"), ("month", "Month")], db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "span",
                        "day",
                        "account_id",
                        "campaign_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("campaign_id", models.IntegerField()),
                ("parts", models.BigIntegerField()),
                ("delivered", models.BigIntegerField()),
                ("failed", models.BigIntegerField()),
                ("pending", models.BigIntegerField()),
                ("unknown", models.BigIntegerField()),
                (
                    "buckets",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None),
                ),
                (
                    "bucket_messages",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.gatewayaccount",
                    ),
                ),
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
                "db_table": "condensed_campaign",
            },
        ),
        migrations.RunSQL("DELETE FROM condensed_span", migrations.RunSQL.noop),
    ]
