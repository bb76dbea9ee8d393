"""Messages by recipient, and what the attribution of conversion events works through."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# A recipient key is of one tenant, so the index needs no tenant.
INDEX = "CREATE INDEX message_by_recipient ON message (recipient_key, sent_at) WHERE recipient_key IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_campaign_details"),
        ("deliveries", "0030_segment_counts"),
        ("tenants", "0009_api_key_holder"),
    ]

    operations = [
        migrations.RunSQL(INDEX, "DROP INDEX message_by_recipient"),
        migrations.CreateModel(
            name="ConversionTenant",
            fields=[
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tenants.tenant",
                    ),
                ),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "conversion_tenant",
            },
        ),
        migrations.CreateModel(
            name="ConversionDue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recipient_key", models.BinaryField(null=True)),
                ("account_id", models.IntegerField(null=True)),
                ("message_id", models.TextField(db_collation="C", null=True)),
                ("event_pk", models.BigIntegerField(null=True)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "db_table": "conversion_due",
                "indexes": [models.Index(fields=["tenant", "since"], name="conversion_due_oldest")],
            },
        ),
        migrations.CreateModel(
            name="ConversionWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "minutes",
                    models.PositiveIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(129600),
                        ],
                        verbose_name="window in minutes",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "conversion_window",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "campaign"), name="conversion_window_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gte", 1), ("minutes__lte", 129600)),
                        name="conversion_window_minutes",
                    ),
                ],
            },
        ),
    ]
