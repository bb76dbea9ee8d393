"""The tables that Django makes: counts, jobs, gates, exports, imports, erasure and checks."""

import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import portal.tenants.dialects


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("campaigns", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClosedMonth",
            fields=[
                ("month", models.DateField(primary_key=True, serialize=False)),
            ],
            options={
                "db_table": "closed_month",
            },
        ),
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
            name="IdentityFilter",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(unique=True)),
                ("made_with", models.TextField()),
                ("messages", models.BigIntegerField(default=0)),
                ("bits", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "identity_filter",
            },
        ),
        migrations.CreateModel(
            name="RuleRefold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
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
                ("done", models.BigIntegerField(default=0, verbose_name="done")),
                (
                    "total",
                    models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
                ),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                (
                    "error",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why the last attempt failed.",
                        max_length=500,
                        verbose_name="error",
                    ),
                ),
                (
                    "cancel_requested",
                    models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "not_before",
                    models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("month", models.DateField(null=True)),
                ("after_account_id", models.IntegerField(default=0)),
                ("after_message_id", models.TextField(db_collation="C", default="")),
                ("changed", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "recalculation of message status",
                "verbose_name_plural": "recalculations of message status",
                "db_table": "rule_refold",
            },
        ),
        migrations.CreateModel(
            name="ApplierStop",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("cause", models.CharField(max_length=10)),
                ("code", models.CharField(max_length=100)),
                ("error", models.CharField(max_length=500)),
                ("tried_at", models.DateTimeField()),
            ],
            options={
                "db_table": "applier_stop",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="applier_stop_one_row"),
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", ["statement", "programme", "rows"])), name="applier_stop_cause"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CampaignCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("campaign_id", models.IntegerField()),
                ("variant", models.TextField(db_collation="C")),
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("sender_type", models.TextField(db_collation="C")),
                ("status", models.TextField(db_collation="C")),
                ("result_code", models.IntegerField()),
                ("parts", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "day",
                        "account_id",
                        "campaign_id",
                        "variant",
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
                "db_table": "campaign_count",
            },
        ),
        migrations.CreateModel(
            name="ChannelCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed_id", "day", "channel", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("channel", models.CharField(max_length=40)),
                ("events", models.BigIntegerField()),
                (
                    "feed",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.feed",
                    ),
                ),
            ],
            options={
                "db_table": "channel_count",
            },
        ),
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
                ("median", models.SmallIntegerField(null=True)),
                ("final", models.BigIntegerField(default=0)),
                (
                    "variants",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), default=list, size=None
                    ),
                ),
                ("first_day", models.DateField(null=True)),
                ("last_day", models.DateField(null=True)),
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
        migrations.CreateModel(
            name="CondensedCampaignCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("campaign_id", models.IntegerField()),
                ("variant", models.TextField(db_collation="C")),
                ("status", models.TextField(db_collation="C")),
                ("result_code", models.IntegerField()),
                ("parts", models.BigIntegerField()),
                ("span", models.TextField(choices=[("day", "Day"), ("month", "Month")], db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "span",
                        "day",
                        "account_id",
                        "campaign_id",
                        "variant",
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
                "db_table": "condensed_campaign_count",
            },
        ),
        migrations.CreateModel(
            name="CondensedLatencyCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("sender_type", models.TextField(db_collation="C")),
                ("span", models.TextField(choices=[("day", "Day"), ("month", "Month")], db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "span",
                        "day",
                        "account_id",
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
                "db_table": "condensed_latency_count",
            },
        ),
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
            name="CondensedSpan",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "span", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("span", models.TextField(choices=[("day", "Day"), ("month", "Month")], db_collation="C")),
                ("day", models.DateField()),
                ("is_ready", models.BooleanField(default=False)),
                ("final_codes", models.TextField(db_collation="C", db_default="")),
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
                "db_table": "condensed_span",
            },
        ),
        migrations.CreateModel(
            name="CountCause",
            fields=[
                ("messages", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "day",
                        "account_id",
                        "partner_id",
                        "campaign_id",
                        "variant",
                        "country",
                        "operator",
                        "status",
                        "result_code",
                        "cause",
                        "counted_in",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateField()),
                ("partner_id", models.TextField(db_collation="C")),
                ("campaign_id", models.IntegerField()),
                ("variant", models.TextField(db_collation="C")),
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("status", models.TextField(db_collation="C")),
                ("result_code", models.IntegerField()),
                ("cause", models.TextField(db_collation="C")),
                ("counted_in", models.TextField(db_collation="C")),
                ("parts", models.BigIntegerField()),
                ("timed", models.BigIntegerField()),
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
                "db_table": "count_cause",
            },
        ),
        migrations.CreateModel(
            name="DailyCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("sender_type", models.TextField(db_collation="C")),
                ("status", models.TextField(db_collation="C")),
                ("result_code", models.IntegerField()),
                ("parts", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "day",
                        "account_id",
                        "partner_id",
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
                ("partner_id", models.TextField(db_collation="C")),
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
                "db_table": "daily_count",
            },
        ),
        migrations.CreateModel(
            name="ErasedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
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
                ("done", models.BigIntegerField(default=0, verbose_name="done")),
                (
                    "total",
                    models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
                ),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                (
                    "error",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why the last attempt failed.",
                        max_length=500,
                        verbose_name="error",
                    ),
                ),
                (
                    "cancel_requested",
                    models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "not_before",
                    models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("month", models.DateField(verbose_name="month")),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "deletion of older workbooks",
                "verbose_name_plural": "deletions of older workbooks",
                "db_table": "erased_month",
            },
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
        migrations.CreateModel(
            name="Gate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "partner_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                ("final_only", models.BooleanField(default=False, verbose_name="final states only")),
                (
                    "statuses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "campaign_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "ref_id_prefix",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="the refId begins with"),
                ),
                (
                    "parameter_key",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="custom parameter"),
                ),
                (
                    "parameter_value",
                    models.CharField(
                        blank=True, default="", max_length=300, verbose_name="value of the custom parameter"
                    ),
                ),
                ("public_id", models.CharField(max_length=20, unique=True)),
                ("ref_id", models.CharField(max_length=255, verbose_name="reference")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "gate_type",
                    models.CharField(
                        choices=[
                            ("ALL", "All destinations"),
                            ("ONE_ORDERED", "The first that answers, in order"),
                            ("ONE_RANDOM", "One, at random"),
                        ],
                        default="ONE_ORDERED",
                        max_length=11,
                        verbose_name="type",
                    ),
                ),
                (
                    "ttl_ms",
                    models.BigIntegerField(
                        default=172800000,
                        validators=[
                            django.core.validators.MinValueValidator(1000),
                            django.core.validators.MaxValueValidator(1209600000),
                        ],
                        verbose_name="time to live (ms)",
                    ),
                ),
                ("acknowledge", models.BooleanField(default=False, verbose_name="the answer must have a body")),
                (
                    "throttle",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="requests per second",
                    ),
                ),
                ("custom_parameters", models.JSONField(blank=True, default=dict)),
                (
                    "body",
                    models.CharField(
                        choices=[("link", "LINK's delivery report"), ("event", "The portal's event")],
                        default="link",
                        max_length=5,
                        verbose_name="body",
                    ),
                ),
                (
                    "batch_size",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="reports per request",
                    ),
                ),
                (
                    "forwards_reports",
                    models.BooleanField(db_default=True, default=True, verbose_name="delivery reports"),
                ),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("report.ready", "Report finished"),
                                ("export.ready", "Export finished"),
                                ("alert.opened", "Alert opened"),
                                ("alert.closed", "Alert closed"),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused"), ("off", "Switched off")],
                        default="active",
                        max_length=6,
                    ),
                ),
                ("state_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "off_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("gone", "The receiver answered 410 Gone"),
                            ("failing", "Nothing arrived for five days"),
                        ],
                        default="",
                        max_length=7,
                    ),
                ),
                ("held_ms", models.BigIntegerField(default=0)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("mailed", models.PositiveSmallIntegerField(default=0)),
                ("secret_sealed", models.TextField(editable=False)),
                ("old_secret_sealed", models.TextField(blank=True, default="", editable=False)),
                ("old_secret_until", models.DateTimeField(blank=True, null=True)),
                ("made_by", models.CharField(max_length=254)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="gates", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "gate",
                "verbose_name_plural": "gates",
                "db_table": "gate",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "partner_ids", "ref_id"), name="gate_ref_id_once"),
                    models.CheckConstraint(
                        condition=models.Q(("ttl_ms__gte", 1), ("ttl_ms__lte", 1209600000)), name="gate_ttl"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("batch_size__gte", 1), ("batch_size__lte", 100)), name="gate_batch"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("forwards_reports", True), models.Q(("events", []), _negated=True), _connector="OR"
                        ),
                        name="gate_sends_something",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GateAttempt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("destination_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("inbox_id", models.BigIntegerField(null=True)),
                ("account_id", models.IntegerField(null=True)),
                ("message_id", models.TextField(db_collation="C")),
                ("day", models.DateField(null=True)),
                ("number", models.SmallIntegerField()),
                ("outcome", models.CharField(max_length=24)),
                ("is_last", models.BooleanField(db_default=False, default=False)),
                ("ms", models.IntegerField(null=True)),
                ("method", models.CharField(blank=True, db_default="", default="", max_length=4)),
                ("url", models.TextField(blank=True, db_default="", default="")),
                ("request_headers", models.TextField(blank=True, db_default="", default="")),
                ("request_body", models.TextField(blank=True, db_default="", default="")),
                ("answer", models.TextField(blank=True, db_default="", default="")),
                ("is_masked", models.BooleanField(db_default=False, default=False)),
                ("replay_id", models.BigIntegerField(null=True)),
                (
                    "gate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="deliveries.gate",
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
                "db_table": "gate_attempt",
                "indexes": [
                    models.Index(fields=["gate", "-at", "-id"], name="gate_attempt_newest"),
                    models.Index(fields=["account_id", "message_id"], name="gate_attempt_message"),
                    models.Index(fields=["at"], name="gate_attempt_at"),
                    models.Index(
                        condition=models.Q(("is_last", True), ("replay_id__isnull", False)),
                        fields=["replay_id", "outcome"],
                        name="gate_attempt_replay",
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "delivered"), _negated=True),
                        fields=["gate", "-at", "-id"],
                        name="gate_attempt_failed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GateDelivery",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "gate_id",
                        "inbox_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("inbox_id", models.BigIntegerField()),
                ("account_id", models.IntegerField()),
                ("message_id", models.TextField(db_collation="C")),
                ("day", models.DateField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("held_ms", models.BigIntegerField(db_default=0, default=0)),
                ("attempts", models.SmallIntegerField(db_default=0, default=0)),
                (
                    "done",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), db_default=[], default=list, size=None
                    ),
                ),
                ("replay_id", models.BigIntegerField(null=True)),
                ("token", models.BigIntegerField(null=True)),
                (
                    "gate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="deliveries.gate",
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
                "db_table": "gate_delivery",
                "indexes": [
                    models.Index(fields=["gate", "due_at"], name="gate_delivery_due"),
                    models.Index(fields=["account_id", "message_id"], name="gate_delivery_message"),
                    models.Index(
                        condition=models.Q(("replay_id__isnull", False)),
                        fields=["replay_id"],
                        name="gate_delivery_replay",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GateDestination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("url", models.CharField(max_length=2000, verbose_name="URL")),
                (
                    "content_type",
                    models.CharField(
                        choices=[
                            ("application/json", "JSON"),
                            ("application/xml", "XML"),
                            ("application/x-www-form-urlencoded", "Form pairs"),
                        ],
                        default="application/json",
                        max_length=40,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[("POST", "POST"), ("PUT", "PUT"), ("GET", "GET")], default="POST", max_length=4
                    ),
                ),
                ("template", models.CharField(blank=True, default="", max_length=2000)),
                ("username", models.CharField(blank=True, default="", max_length=255)),
                ("password_sealed", models.TextField(blank=True, default="", editable=False)),
                ("headers_sealed", models.TextField(blank=True, default="", editable=False)),
                ("custom_parameters", models.JSONField(blank=True, default=dict)),
                (
                    "gate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="destinations", to="deliveries.gate"
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
                "db_table": "gate_destination",
                "ordering": ["position"],
                "constraints": [models.UniqueConstraint(fields=("gate", "position"), name="gate_destination_position")],
            },
        ),
        migrations.CreateModel(
            name="GateEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("public_id", models.CharField(max_length=40)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("report.ready", "Report finished"),
                            ("export.ready", "Export finished"),
                            ("alert.opened", "Alert opened"),
                            ("alert.closed", "Alert closed"),
                        ],
                        max_length=30,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("sealed", models.TextField(editable=False)),
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
                "db_table": "gate_event",
                "indexes": [models.Index(fields=["at"], name="gate_event_at")],
            },
        ),
        migrations.CreateModel(
            name="GateHour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "gate_id",
                        "hour",
                        "outcome",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("outcome", models.TextField(db_collation="C")),
                ("bucket", models.SmallIntegerField()),
                ("number", models.BigIntegerField()),
                (
                    "gate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="deliveries.gate",
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
                "db_table": "gate_hour",
            },
        ),
        migrations.CreateModel(
            name="GateReplay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
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
                ("done", models.BigIntegerField(default=0, verbose_name="done")),
                (
                    "total",
                    models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
                ),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                (
                    "error",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why the last attempt failed.",
                        max_length=500,
                        verbose_name="error",
                    ),
                ),
                (
                    "cancel_requested",
                    models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "not_before",
                    models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("made_by", models.CharField(max_length=254)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("attempt", "One report"),
                            ("failed", "All that failed since a time"),
                            ("period", "All of a period"),
                            ("search", "All of a message search"),
                        ],
                        max_length=7,
                    ),
                ),
                ("title", models.CharField(blank=True, db_default="", default="", max_length=300)),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("until", models.DateTimeField()),
                ("sealed", models.TextField(blank=True, db_default="", default="", editable=False)),
                ("position_sealed", models.TextField(blank=True, db_default="", default="", editable=False)),
                ("is_read", models.BooleanField(db_default=False, default=False)),
                ("queued", models.BigIntegerField(db_default=0, default=0)),
                ("already", models.BigIntegerField(db_default=0, default=0)),
                ("withdrawn", models.BigIntegerField(db_default=0, default=0)),
                ("delivered", models.BigIntegerField(db_default=0, default=0)),
                ("failed", models.BigIntegerField(db_default=0, default=0)),
                ("gone", models.BigIntegerField(db_default=0, default=0)),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[("search", "The search cannot be run any more: a filter has changed since.")],
                        db_default="",
                        default="",
                        max_length=6,
                    ),
                ),
                (
                    "gate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="replays", to="deliveries.gate"
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
                "verbose_name": "replay of a gate",
                "verbose_name_plural": "replays of gates",
                "db_table": "gate_replay",
                "indexes": [
                    models.Index(fields=["gate", "-id"], name="gate_replay_newest"),
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["state", "lease_until"],
                        name="gate_replay_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "running"]), models.Q(("kind", "attempt"), _negated=True)
                        ),
                        fields=("gate",),
                        name="gate_replay_one_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HourCount",
            fields=[
                ("messages", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "quarter",
                        "account_id",
                        "country",
                        "operator",
                        "status",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("quarter", models.DateTimeField()),
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("status", models.TextField(db_collation="C")),
                ("parts", models.BigIntegerField()),
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
                "db_table": "hour_count",
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("accept_days", models.IntegerField(null=True)),
                ("file_name", models.CharField(max_length=300)),
                ("file_size", models.BigIntegerField(null=True)),
                ("rows", models.BigIntegerField(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "feed",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.feed"),
                ),
            ],
            options={
                "db_table": "import_run",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at", None), models.Q(("sha256", ""), _negated=True)),
                        fields=("feed", "sha256", "accept_days"),
                        name="import_run_open_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "outcome", "reason", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("report", "New report"),
                            ("duplicate", "Duplicate"),
                            ("quarantined", "Quarantined"),
                            ("replayed", "Replayed"),
                            ("other", "Event of another channel"),
                        ],
                        max_length=11,
                    ),
                ),
                ("reason", models.CharField(max_length=40)),
                ("rows", models.BigIntegerField(db_default=0)),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="deliveries.importrun",
                    ),
                ),
            ],
            options={
                "db_table": "import_count",
            },
        ),
        migrations.CreateModel(
            name="IngestCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed_id", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("received", models.BigIntegerField(db_default=0)),
                ("reports", models.BigIntegerField(db_default=0)),
                ("submissions", models.BigIntegerField(db_default=0)),
                ("duplicates", models.BigIntegerField(db_default=0)),
                ("quarantined", models.BigIntegerField(db_default=0)),
                ("clock_oddities", models.BigIntegerField(db_default=0)),
                ("replayed", models.BigIntegerField(db_default=0)),
                ("erased", models.BigIntegerField(db_default=0)),
                ("other_channels", models.BigIntegerField(db_default=0)),
                (
                    "feed",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.feed",
                    ),
                ),
            ],
            options={
                "db_table": "ingest_count",
            },
        ),
        migrations.CreateModel(
            name="LatencyCount",
            fields=[
                ("messages", models.BigIntegerField()),
                ("day", models.DateField()),
                ("campaign_id", models.IntegerField()),
                ("variant", models.TextField(db_collation="C")),
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("sender_type", models.TextField(db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "day",
                        "account_id",
                        "campaign_id",
                        "variant",
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
                "db_table": "latency_count",
            },
        ),
        migrations.CreateModel(
            name="PartnerMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
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
                ("done", models.BigIntegerField(default=0, verbose_name="done")),
                (
                    "total",
                    models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
                ),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                (
                    "error",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why the last attempt failed.",
                        max_length=500,
                        verbose_name="error",
                    ),
                ),
                (
                    "cancel_requested",
                    models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "not_before",
                    models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("sealed", models.BigIntegerField(db_default=0, default=0)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="tenants.partnerid"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="partner_moves", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "move",
                "verbose_name_plural": "moves",
                "db_table": "partner_move",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=("tenant", "partner"),
                        name="partner_move_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(db_collation="C", max_length=256)),
                ("from_day", models.DateField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waiting for a decision"),
                            ("approved", "Approved"),
                            ("refused", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("requested_by", models.CharField(max_length=254)),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("decided_by", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="partner_requests",
                        to="tenants.gatewayaccount",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="partner_requests",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "partner_request",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("tenant", "account", "value"),
                        name="partner_request_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value", ""), _negated=True), name="partner_request_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuarantinedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("method", models.TextField(blank=True, db_default="", default="")),
                ("query", models.TextField(blank=True, db_default="", default="")),
                ("content_type", models.TextField(blank=True, db_default="", default="")),
                ("content_encoding", models.TextField(blank=True, db_default="", default="")),
                ("inbox_id", models.BigIntegerField(db_index=True)),
                ("received_at", models.DateTimeField()),
                ("accept_days", models.IntegerField(null=True)),
                ("body", models.BinaryField()),
                ("reason", models.CharField(max_length=40)),
                ("detail", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("replayed", "Replayed"), ("discarded", "Discarded")],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("quarantined_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("resolved_by", models.CharField(blank=True, max_length=254)),
                ("resolution", models.CharField(blank=True, max_length=500)),
                (
                    "feed",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.feed"),
                ),
                (
                    "import_run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="deliveries.importrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "quarantined row",
                "db_table": "quarantine",
                "indexes": [models.Index(fields=["state", "reason", "-id"], name="quarantine_by_state")],
            },
        ),
        migrations.CreateModel(
            name="RecipientSecret",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("sealed", models.TextField()),
            ],
            options={
                "db_table": "recipient_secret",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="recipient_secret_is_one")],
            },
        ),
        migrations.CreateModel(
            name="RefusalCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed_id", "hour", "reason", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("feed_id", models.IntegerField()),
                ("hour", models.DateTimeField()),
                ("reason", models.CharField(max_length=40)),
                ("refusals", models.BigIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "db_table": "refusal_count",
                "indexes": [models.Index(fields=["hour"], name="refusal_count_by_hour")],
            },
        ),
        migrations.CreateModel(
            name="ResultCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dialect", models.CharField(choices=portal.tenants.dialects.choices, max_length=20)),
                ("code", models.IntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                            ("expired", "Expired"),
                            ("rejected", "Rejected"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=9,
                    ),
                ),
                ("final", models.BooleanField()),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("text_en", models.CharField(max_length=200)),
                ("text_fi", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "db_table": "result_code",
                "constraints": [models.UniqueConstraint(fields=("dialect", "code"), name="result_code_once")],
            },
        ),
        migrations.CreateModel(
            name="RetentionMark",
            fields=[
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="retention_mark",
                        serialize=False,
                        to="tenants.tenant",
                    ),
                ),
                ("messages_before", models.DateField(null=True)),
                ("hours_before", models.DateTimeField(null=True)),
                ("quarters_from", models.DateTimeField(null=True)),
                ("hours_from", models.DateTimeField(null=True)),
                ("sealed_in", models.TextField(db_default="")),
                ("numbers_before", models.DateField(null=True)),
                ("numbers_done", models.DateField(null=True)),
                ("raw_before", models.DateField(null=True)),
            ],
            options={
                "db_table": "retention_mark",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hours_before", None), ("messages_before", None)),
                            models.Q(("hours_before__isnull", False), ("messages_before__isnull", False)),
                            _connector="OR",
                        ),
                        name="retention_mark_days_with_hours",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SegmentChange",
            fields=[
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("sender_type", models.TextField(db_collation="C")),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.BigIntegerField(editable=False)),
                ("day", models.DateField()),
                ("segments", models.JSONField()),
                ("parts", models.SmallIntegerField()),
                ("status", models.TextField(db_collation="C", null=True)),
                ("result_code", models.IntegerField(null=True)),
                ("bucket", models.SmallIntegerField(null=True)),
                ("old_status", models.TextField(db_collation="C", null=True)),
                ("old_result_code", models.IntegerField(null=True)),
                ("old_bucket", models.SmallIntegerField(null=True)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "db_table": "segment_change",
            },
        ),
        migrations.CreateModel(
            name="StandingCheck",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("checked_at", models.DateTimeField()),
                ("problems", models.IntegerField(default=0)),
                ("details", models.JSONField(default=list)),
                ("since", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "standing_check",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("problems", 0), ("since", None)),
                            models.Q(("problems__gt", 0), ("since__isnull", False)),
                            _connector="OR",
                        ),
                        name="standing_check_since_with_problems",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StoredSegmentCount",
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
                "db_table": "stored_segment_count",
            },
        ),
        migrations.CreateModel(
            name="StoredSegmentLatencyCount",
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
                "db_table": "stored_segment_latency_count",
            },
        ),
        migrations.CreateModel(
            name="SubmissionCount",
            fields=[
                ("messages", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "partner_id",
                        "hour",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("partner_id", models.TextField(db_collation="C")),
                ("hour", models.DateTimeField()),
                ("unanswered", models.BigIntegerField()),
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
                "db_table": "submission_count",
                "indexes": [models.Index(fields=["hour"], name="submission_count_by_hour")],
            },
        ),
        migrations.CreateModel(
            name="TenantRecount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
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
                ("done", models.BigIntegerField(default=0, verbose_name="done")),
                (
                    "total",
                    models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
                ),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                (
                    "error",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why the last attempt failed.",
                        max_length=500,
                        verbose_name="error",
                    ),
                ),
                (
                    "cancel_requested",
                    models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "not_before",
                    models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("reason", models.CharField(max_length=200)),
                ("changed", models.BigIntegerField(default=0)),
                ("after_account_id", models.IntegerField(default=0)),
                ("after_message_id", models.TextField(db_collation="C", default="")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="recounts", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "recount",
                "verbose_name_plural": "recounts",
                "db_table": "tenant_recount",
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
        migrations.CreateModel(
            name="ErasedId",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.TextField(choices=[("message", "message"), ("partner", "partner")])),
                ("digest", models.CharField(max_length=64)),
                ("value", models.TextField(db_collation="C")),
                ("waiting", models.TextField(db_default="", default="")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.gatewayaccount",
                    ),
                ),
            ],
            options={
                "db_table": "erased_id",
                "indexes": [models.Index(fields=["account", "kind", "value"], name="erased_id_by_value")],
                "constraints": [models.UniqueConstraint(fields=("account", "kind", "digest"), name="erased_id_once")],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
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
                ("done", models.BigIntegerField(default=0, verbose_name="done")),
                (
                    "total",
                    models.BigIntegerField(db_default=0, default=0, help_text="0: not known.", verbose_name="of"),
                ),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                (
                    "error",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why the last attempt failed.",
                        max_length=500,
                        verbose_name="error",
                    ),
                ),
                (
                    "cancel_requested",
                    models.BooleanField(db_default=False, default=False, verbose_name="cancel requested"),
                ),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "not_before",
                    models.DateTimeField(blank=True, help_text="The next attempt is not made earlier.", null=True),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created at"
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                ("made_by", models.CharField(max_length=254)),
                ("kind", models.CharField(db_default="messages", default="messages", max_length=20)),
                (
                    "title",
                    models.CharField(blank=True, help_text="The search in words, with numbers masked.", max_length=300),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("xlsx", "Excel workbook (XLSX)"), ("csv", "CSV"), ("parquet", "Parquet")],
                        max_length=7,
                    ),
                ),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), size=None),
                ),
                ("sealed", models.TextField(blank=True, editable=False)),
                (
                    "tenant_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), editable=False, size=None
                    ),
                ),
                ("as_of", models.DateTimeField(blank=True, null=True)),
                ("in_full", models.BooleanField(db_default=False, default=False)),
                ("shortened", models.PositiveIntegerField(db_default=0, default=0)),
                ("oldest", models.JSONField(default=dict, editable=False)),
                ("file", models.CharField(blank=True, max_length=300)),
                ("bytes", models.PositiveBigIntegerField(blank=True, null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("rows", "There are more rows than a file may have."),
                            ("size", "The file would be larger than a file may be."),
                            ("rights", "The person or key that asked for it may not make it any more."),
                            ("search", "The search cannot be run any more: a filter has changed since."),
                            (
                                "erased",
                                "A phone number was erased that may be in the list of numbers. Upload the list again.",
                            ),
                        ],
                        max_length=8,
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "gone",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("expired", "Expired"),
                            ("deleted", "Deleted by a person"),
                            ("erased", "Deleted because a phone number was erased that may be in it"),
                            ("retention", "Deleted because messages or numbers in it are past their retention period"),
                        ],
                        max_length=9,
                    ),
                ),
                ("gone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "key",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.apikey",
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exports", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "db_table": "export",
                "indexes": [
                    models.Index(fields=["tenant", "-id"], name="export_by_tenant"),
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["state", "lease_until"],
                        name="export_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(models.Q(("file", ""), _negated=True), models.Q(("sha256", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="export_done_has_file",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("maker__isnull", True), ("key__isnull", True), _connector="OR"),
                        name="export_has_one_asker",
                    ),
                ],
            },
        ),
        # Not among the model's options: Django creates those after the statements below, which need them.
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="gate_of_tenant"),
        ),
        # The position in the queue of changes, within a key of two columns.
        migrations.RunSQL(
            "ALTER TABLE segment_change ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY",
            "ALTER TABLE segment_change ALTER COLUMN id DROP IDENTITY",
        ),
        # Random bits: nothing to compress.
        migrations.RunSQL(
            "ALTER TABLE identity_filter ALTER COLUMN bits SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
        # Destinations and replays belong to a gate of their own tenant: foreign keys do not see policies.
        migrations.RunSQL(
            "ALTER TABLE gate_destination ADD CONSTRAINT gate_destination_of_tenant"
            " FOREIGN KEY (tenant_id, gate_id) REFERENCES gate (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE gate_destination DROP CONSTRAINT gate_destination_of_tenant",
        ),
        migrations.RunSQL(
            "ALTER TABLE gate_replay ADD CONSTRAINT gate_replay_of_tenant"
            " FOREIGN KEY (tenant_id, gate_id) REFERENCES gate (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE gate_replay DROP CONSTRAINT gate_replay_of_tenant",
        ),
        # The queue is written and deleted by the thousand.
        migrations.RunSQL(
            "ALTER TABLE gate_delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05)",
            "ALTER TABLE gate_delivery RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)",
        ),
    ]
