"""Counts by segment, and their roll-ups."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0029_campaign_totals"),
        ("tenants", "0009_api_key_holder"),
    ]

    operations = [
        migrations.CreateModel(
            name="CondensedSegmentCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("status", models.TextField(db_collation="C")),
                ("result_code", models.IntegerField()),
                ("parts", models.BigIntegerField()),
                ("key", models.TextField(db_collation="C")),
                ("value", models.TextField(db_collation="C")),
                ("span", models.TextField(choices=[("day", "Day"), ("month", "Month")], db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "span",
                        "day",
                        "key",
                        "account_id",
                        "value",
                        "status",
                        "result_code",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
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
                "db_table": "condensed_segment_count",
            },
        ),
        migrations.CreateModel(
            name="CondensedSegmentLatencyCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("key", models.TextField(db_collation="C")),
                ("value", models.TextField(db_collation="C")),
                ("span", models.TextField(choices=[("day", "Day"), ("month", "Month")], db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "span",
                        "day",
                        "key",
                        "account_id",
                        "value",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("bucket", models.SmallIntegerField()),
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
                "db_table": "condensed_segment_latency_count",
            },
        ),
        migrations.CreateModel(
            name="SegmentCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("sender_type", models.TextField(db_collation="C")),
                ("status", models.TextField(db_collation="C")),
                ("result_code", models.IntegerField()),
                ("parts", models.BigIntegerField()),
                ("key", models.TextField(db_collation="C")),
                ("value", models.TextField(db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "key",
                        "day",
                        "account_id",
                        "value",
                        "country",
                        "operator",
                        "sender_type",
                        "status",
                        "result_code",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
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
                "db_table": "segment_count",
            },
        ),
        migrations.CreateModel(
            name="SegmentLatencyCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("sender_type", models.TextField(db_collation="C")),
                ("key", models.TextField(db_collation="C")),
                ("value", models.TextField(db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "key",
                        "day",
                        "account_id",
                        "value",
                        "country",
                        "operator",
                        "sender_type",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("bucket", models.SmallIntegerField()),
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
                "db_table": "segment_latency_count",
            },
        ),
    ]
