"""Monthly and saved reports, their recipients and workbook templates, and alerts."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import portal.common.no_numbers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertClock",
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
                ("age", models.PositiveIntegerField()),
                ("age_set_on", models.DateField()),
                ("summed_until", models.DateTimeField()),
                ("filled_from", models.DateTimeField()),
                ("looked_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "alert_clock",
            },
        ),
        migrations.CreateModel(
            name="AlertMailChoice",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "user_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("wants", models.BooleanField()),
                ("below", models.BooleanField(db_default=False, default=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "alert_mail_choice",
            },
        ),
        migrations.CreateModel(
            name="AlertMinute",
            fields=[
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("messages", models.BigIntegerField()),
                (
                    "delivered",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "minute",
                        "account_id",
                        "country",
                        "operator",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("minute", models.DateTimeField()),
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
                "db_table": "alert_minute",
            },
        ),
        migrations.CreateModel(
            name="AlertQuarter",
            fields=[
                ("country", models.CharField(max_length=2)),
                ("operator", models.TextField(db_collation="C")),
                ("messages", models.BigIntegerField()),
                (
                    "delivered",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "quarter",
                        "account_id",
                        "country",
                        "operator",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("quarter", models.DateTimeField()),
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
                "db_table": "alert_quarter",
            },
        ),
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("standard", models.CharField(blank=True, default="", editable=False, max_length=20)),
                ("name", models.CharField(blank=True, default="", max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("delivery", "Delivery rate falls"),
                            ("volume_down", "Fewer messages than usual"),
                            ("volume_up", "More messages than usual"),
                            ("median", "Median time rises"),
                            ("silence", "No messages"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("each", "In total, each country and each operator"),
                            ("all", "All messages together"),
                            ("country", "One country"),
                            ("operator", "One operator"),
                            ("partner_id", "One partner ID"),
                            ("campaign", "One campaign"),
                            ("sender", "One sender"),
                        ],
                        max_length=10,
                    ),
                ),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("operator", models.CharField(blank=True, default="", max_length=200)),
                ("partner_id", models.CharField(blank=True, default="", max_length=256)),
                ("campaign_id", models.IntegerField(blank=True, null=True)),
                ("sender", models.CharField(blank=True, default="", max_length=64)),
                ("threshold", models.FloatField(validators=[django.core.validators.MinValueValidator(1)])),
                (
                    "min_messages",
                    models.PositiveIntegerField(
                        default=100, validators=[django.core.validators.MinValueValidator(100)]
                    ),
                ),
                ("is_on", models.BooleanField(default=False)),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_until", models.TimeField(blank=True, null=True)),
                ("mails_on", models.DateField(blank=True, editable=False, null=True)),
                ("mails", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ("made_by", models.CharField(blank=True, default="", max_length=254)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "db_table": "alert_rule",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("standard", ""), _negated=True),
                        fields=("tenant", "standard"),
                        name="alert_rule_standard",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("min_messages__gte", 100)), name="alert_rule_min_messages"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("country", models.CharField(blank=True, default="", max_length=2)),
                ("operator", models.TextField(blank=True, db_collation="C", default="")),
                ("since", models.DateTimeField()),
                ("opened_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("good_since", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("recovered", "Back to usual"),
                            ("quiet", "Too few messages to tell"),
                            ("switched_off", "Rule switched off"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("figures", models.JSONField(default=dict)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                ("end_mailed_at", models.DateTimeField(blank=True, null=True)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("acknowledged_by", models.CharField(blank=True, default="", max_length=254)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="reports.alertrule"
                    ),
                ),
            ],
            options={
                "db_table": "alert",
                "indexes": [models.Index(fields=["tenant", "-opened_at"], name="alert_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("tenant", "rule", "country", "operator"),
                        name="alert_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutsideAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254)),
                ("language", models.CharField(max_length=8)),
                ("added_by", models.CharField(max_length=254)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("declined_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "outside address",
                "verbose_name_plural": "outside addresses",
                "db_table": "report_address",
                "constraints": [models.UniqueConstraint(fields=("tenant", "address"), name="report_address_once")],
            },
        ),
        migrations.CreateModel(
            name="ReportDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("monthly", "Monthly volumes"),
                            ("volumes", "Volumes"),
                            ("campaign", "Campaign"),
                            ("ab_test", "A/B test"),
                            ("segment", "Segment"),
                            ("errors", "Errors and quality"),
                            ("operators", "Operators"),
                            ("messages", "Message log"),
                            ("account", "Volumes of an account by partner ID"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("parameters", models.JSONField(blank=True, default=dict)),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("last_month", "Last month"),
                            ("last_week", "Last week"),
                            ("yesterday", "Yesterday"),
                            ("month_to_date", "Month to date"),
                            ("week_to_date", "Week to date"),
                            ("custom", "Chosen days"),
                        ],
                        max_length=13,
                        verbose_name="period",
                    ),
                ),
                ("first", models.DateField(blank=True, null=True, verbose_name="first day")),
                ("last", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("language", models.CharField(blank=True, default="", max_length=8, verbose_name="language")),
                (
                    "formats",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("xlsx", "Excel workbook (XLSX)"),
                                ("csv", "CSV"),
                                ("pdf", "PDF"),
                                ("parquet", "Parquet"),
                                ("json", "JSON"),
                            ],
                            max_length=7,
                        ),
                        size=None,
                    ),
                ),
                (
                    "gates",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                ("owned_by", models.CharField(max_length=254)),
                (
                    "frequency",
                    models.CharField(
                        blank=True,
                        choices=[("daily", "Daily"), ("weekly", "Weekly"), ("monthly", "Monthly")],
                        default="",
                        max_length=7,
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(7),
                        ],
                    ),
                ),
                (
                    "month_day",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(31),
                        ],
                    ),
                ),
                ("at", models.TimeField(blank=True, null=True)),
                (
                    "condition",
                    models.CharField(
                        blank=True,
                        choices=[("rows", "Only if there are rows"), ("changed", "Only if something has changed")],
                        default="",
                        max_length=7,
                    ),
                ),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "stopped_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("owner_left", "Its owner may not make it any more."),
                            ("subject_gone", "What it reports on does not exist any more."),
                            ("by_person", "Stopped by a person"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "owner",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="report_definitions",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved report",
                "verbose_name_plural": "saved reports",
                "db_table": "report_definition",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="report_definition_due"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("archived_at", None)),
                        name="report_definition_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("period", "custom"), _negated=True),
                            models.Q(
                                ("first__isnull", False), ("last__gte", models.F("first")), ("last__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="report_definition_custom_has_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("frequency", ""), ("next_at", None)),
                            models.Q(("at__isnull", False), ("frequency", "daily")),
                            models.Q(
                                ("at__isnull", False),
                                ("frequency", "weekly"),
                                ("weekday__isnull", False),
                                ("weekday__range", (1, 7)),
                            ),
                            models.Q(
                                ("at__isnull", False),
                                ("frequency", "monthly"),
                                ("month_day__isnull", False),
                                ("month_day__range", (1, 31)),
                            ),
                            _connector="OR",
                        ),
                        name="report_definition_schedule_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportRecipient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("added_by", models.CharField(max_length=254)),
                ("added_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("unsubscribed_at", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "address",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="recipients",
                        to="reports.outsideaddress",
                    ),
                ),
                (
                    "definition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="reports.reportdefinition",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "recipient of reports",
                "verbose_name_plural": "recipients of reports",
                "db_table": "report_recipient",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None), ("user__isnull", False)),
                        fields=("definition", "user"),
                        name="report_recipient_member_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("address__isnull", False), ("removed_at", None)),
                        fields=("definition", "address"),
                        name="report_recipient_address_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("user", None), ("address", None), _connector="OR"),
                        name="report_recipient_is_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportRun",
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
                ("month", models.DateField(help_text="The month's first day.")),
                ("kind", models.CharField(choices=[("provisional", "Provisional"), ("final", "Final")], max_length=11)),
                ("revision", models.PositiveIntegerField(blank=True, null=True)),
                ("requested_by", models.CharField(max_length=254)),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("idempotency_key", models.CharField(blank=True, editable=False, max_length=128)),
                ("waits_for_inbox", models.BooleanField(db_default=False, default=False)),
                ("data_as_of", models.DateTimeField(blank=True, null=True)),
                ("messages", models.BigIntegerField(blank=True, null=True)),
                ("maturity", models.FloatField(blank=True, null=True)),
                ("rows", models.PositiveIntegerField(blank=True, null=True)),
                ("file", models.CharField(blank=True, max_length=300)),
                ("bytes", models.PositiveBigIntegerField(blank=True, null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("masked_file", models.CharField(blank=True, max_length=300)),
                ("masked_bytes", models.PositiveBigIntegerField(blank=True, null=True)),
                ("masked_sha256", models.CharField(blank=True, max_length=64)),
                ("file_erased_at", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("language", models.CharField(blank=True, editable=False, max_length=8)),
                ("countries", models.JSONField(editable=False, null=True)),
                ("content_hash", models.CharField(blank=True, editable=False, max_length=64)),
                ("totals", models.JSONField(editable=False, null=True)),
                ("rows_hash", models.CharField(blank=True, editable=False, max_length=16)),
                ("causes", models.JSONField(editable=False, null=True)),
                ("kept_file", models.CharField(blank=True, db_default="", default="", editable=False, max_length=300)),
                ("changes", models.JSONField(editable=False, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.gatewayaccount",
                    ),
                ),
                (
                    "same_as",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reports.reportrun",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="report_runs", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "report run",
                "verbose_name_plural": "report runs",
                "db_table": "report_run",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["state", "lease_until"],
                        name="report_run_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "month", "revision"), name="report_run_revision"),
                    models.UniqueConstraint(
                        condition=models.Q(("idempotency_key", ""), _negated=True),
                        fields=("tenant", "requested_by", "idempotency_key"),
                        name="report_run_idempotency_key",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(models.Q(("file", ""), _negated=True), models.Q(("sha256", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="report_run_done_has_file",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DefinitionRun",
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
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("schedule", "Schedule"),
                            ("person", "Person"),
                            ("retry", "Retried"),
                            ("revision", "Revision of the month"),
                            ("api", "API"),
                        ],
                        max_length=8,
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("requested_by", models.CharField(max_length=254)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                (
                    "skipped",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_rows", "There were no rows."),
                            ("unchanged", "Nothing had changed."),
                            ("owner_left", "The owner of the report may not make it any more."),
                            ("subject_gone", "What it reports on does not exist any more."),
                            ("too_large", "There are more rows than a file may have."),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[("provisional", "Provisional"), ("final", "Final")],
                        default="",
                        max_length=11,
                    ),
                ),
                ("data_as_of", models.DateTimeField(blank=True, null=True)),
                ("maturity", models.FloatField(blank=True, null=True)),
                ("rows", models.PositiveBigIntegerField(blank=True, null=True)),
                ("language", models.CharField(blank=True, default="", max_length=8)),
                ("content_hash", models.CharField(blank=True, default="", editable=False, max_length=64)),
                ("oldest", models.JSONField(default=dict, editable=False)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="definition_runs", to="tenants.tenant"
                    ),
                ),
                (
                    "definition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="reports.reportdefinition"
                    ),
                ),
                (
                    "report_run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reports.reportrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "run of a saved report",
                "verbose_name_plural": "runs of saved reports",
                "db_table": "definition_run",
                "indexes": [
                    models.Index(fields=["tenant", "-id"], name="definition_run_by_tenant"),
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["state", "lease_until"],
                        name="definition_run_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=("definition", "due_at"),
                        name="definition_run_once_a_due_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DefinitionFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("xlsx", "Excel workbook (XLSX)"),
                            ("csv", "CSV"),
                            ("pdf", "PDF"),
                            ("parquet", "Parquet"),
                            ("json", "JSON"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "edition",
                    models.CharField(
                        choices=[("full", "Phone numbers in full"), ("masked", "Phone numbers masked")], max_length=6
                    ),
                ),
                ("file", models.CharField(blank=True, max_length=300)),
                ("bytes", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("seconds", models.FloatField(db_default=0, default=0)),
                (
                    "gone",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("expired", "Expired"),
                            ("erased", "Deleted because a phone number was erased that may be in it"),
                            ("retention", "Deleted because messages or numbers in it are past their retention period"),
                        ],
                        default="",
                        max_length=9,
                    ),
                ),
                ("gone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="reports.definitionrun"
                    ),
                ),
            ],
            options={
                "verbose_name": "file of a saved report",
                "verbose_name_plural": "files of saved reports",
                "db_table": "definition_file",
                "constraints": [
                    models.UniqueConstraint(fields=("run", "format", "edition"), name="definition_file_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("report", "Report"),
                            ("failed", "Notice of a failed run"),
                            ("stopped", "Notice of a stopped report"),
                        ],
                        default="report",
                        max_length=7,
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(default=1)),
                ("requested_by", models.CharField(blank=True, default="", max_length=254)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("refused", "Refused by the mail server"),
                            ("unknown", "Outcome unknown"),
                            ("bounced", "Bounced"),
                            ("skipped", "Not sent"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                (
                    "skipped",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("left", "The person is no member with access to this report any more."),
                            ("unsubscribed", "The recipient has unsubscribed."),
                            ("unconfirmed", "The address has not been confirmed."),
                            ("removed", "The recipient has been removed."),
                            ("no_file", "The file does not exist any more."),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("error", models.CharField(blank=True, default="", max_length=500)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("message_id", models.CharField(blank=True, default="", editable=False, max_length=200)),
                (
                    "how",
                    models.CharField(
                        blank=True,
                        choices=[("file", "With the file"), ("link", "With a link")],
                        default="",
                        max_length=4,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("link_expires_at", models.DateTimeField(blank=True, null=True)),
                ("link_revoked_at", models.DateTimeField(blank=True, null=True)),
                ("openings", models.PositiveIntegerField(db_default=0, default=0)),
                ("last_opened_at", models.DateTimeField(blank=True, null=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mails", to="reports.definitionrun"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
                (
                    "user",
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
                    "recipient",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to="reports.reportrecipient",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail of a report",
                "verbose_name_plural": "mails of reports",
                "db_table": "report_mail",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "sending"])),
                        fields=["id"],
                        name="report_mail_open",
                    ),
                    models.Index(
                        condition=models.Q(("message_id", ""), _negated=True),
                        fields=["message_id"],
                        name="report_mail_bounces",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("recipient__isnull", False)),
                        fields=("run", "recipient", "number"),
                        name="report_mail_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("user__isnull", False)),
                        fields=("run", "kind", "user", "number"),
                        name="report_notice_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkbookTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=80, validators=[portal.common.no_numbers.refuse_numbers], verbose_name="name"
                    ),
                ),
                ("content", models.BinaryField()),
                ("bytes", models.PositiveIntegerField(editable=False)),
                ("sha256", models.CharField(editable=False, max_length=64)),
                ("is_monthly", models.BooleanField(db_default=False, default=False)),
                ("uploaded_by", models.CharField(editable=False, max_length=254)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="workbook_templates",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "template of workbooks",
                "verbose_name_plural": "templates of workbooks",
                "db_table": "workbook_template",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("tenant"),
                        django.db.models.functions.text.Lower("name"),
                        name="workbook_template_name_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_monthly", True)),
                        fields=("tenant",),
                        name="workbook_template_one_monthly",
                    ),
                ],
            },
        ),
        # Not among the model's options: Django creates those after the statements below, which need them.
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="alert_rule_of_tenant"),
        ),
        # An alert belongs to a rule of its own tenant: foreign keys do not see policies.
        migrations.RunSQL(
            "ALTER TABLE alert ADD CONSTRAINT alert_of_tenant"
            " FOREIGN KEY (tenant_id, rule_id) REFERENCES alert_rule (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE alert DROP CONSTRAINT alert_of_tenant",
        ),
    ]
