"""Conversion events, their kinds and uploads."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0007_segment_values"),
        ("tenants", "0009_api_key_holder"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConversionKind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_collation="C", max_length=60, verbose_name="name")),
                (
                    "window_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How long after its delivery a message can have such an event. Empty: the customer's window.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(129600),
                        ],
                        verbose_name="window in minutes",
                    ),
                ),
                (
                    "is_otp",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Then figures show the share of confirmed codes and the time to confirm.",
                        verbose_name="confirms a one-time password",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversion_kinds",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "kind of conversion event",
                "verbose_name_plural": "kinds of conversion events",
                "db_table": "conversion_kind",
            },
        ),
        migrations.CreateModel(
            name="ConversionUpload",
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
                ("file_name", models.CharField(max_length=200)),
                ("mapping", models.JSONField(default=dict)),
                ("sealed", models.TextField(blank=True, editable=False)),
                ("added", models.PositiveIntegerField(db_default=0, default=0)),
                ("known", models.PositiveIntegerField(db_default=0, default=0)),
                ("refused", models.PositiveIntegerField(db_default=0, default=0)),
                ("errors", models.JSONField(db_default=[], default=list)),
                ("problem", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undone_by", models.CharField(blank=True, db_default="", default="", max_length=254)),
                ("removed", models.PositiveIntegerField(db_default=0, default=0)),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversion_uploads",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "upload of conversion events",
                "verbose_name_plural": "uploads of conversion events",
                "db_table": "conversion_upload",
            },
        ),
        migrations.CreateModel(
            name="ConversionEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.CharField(db_collation="C", max_length=200)),
                ("occurred_at", models.DateTimeField()),
                ("value", models.BigIntegerField(help_text="In millionths of the currency's unit.", null=True)),
                ("currency", models.CharField(blank=True, db_default="", default="", max_length=3)),
                ("account_id", models.IntegerField(null=True)),
                ("message_id", models.TextField(db_collation="C", null=True)),
                ("recipient_key", models.BinaryField(max_length=16, null=True)),
                ("parameter_key", models.TextField(db_collation="C", null=True)),
                ("parameter_value", models.TextField(db_collation="C", null=True)),
                ("source", models.CharField(choices=[("api", "API"), ("upload", "Upload")], max_length=6)),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("attributed_at", models.DateTimeField(null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_yet", "Not yet looked at"),
                            ("no_message", "No such message, or none to this recipient"),
                            ("not_delivered", "No message was delivered before the event"),
                            ("outside_window", "The last message was delivered too long before the event"),
                            ("other_campaign", "No message of the campaign was delivered to this recipient"),
                            (
                                "not_indexed",
                                "The custom parameter is not a segment key, so its messages cannot be found",
                            ),
                            ("moved", "The message was moved to another customer"),
                        ],
                        db_default="not_yet",
                        default="not_yet",
                        max_length=20,
                    ),
                ),
                ("attributed_account_id", models.IntegerField(null=True)),
                ("attributed_message_id", models.TextField(db_collation="C", null=True)),
                ("attributed_message_day", models.DateField(null=True)),
                ("attributed_campaign_id", models.IntegerField(null=True)),
                ("attributed_variant", models.TextField(db_collation="C", null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("is_frozen", models.BooleanField(db_default=False, default=False)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversion_events",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="campaigns.conversionkind",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="campaigns.conversionupload",
                    ),
                ),
            ],
            options={
                "verbose_name": "conversion event",
                "verbose_name_plural": "conversion events",
                "db_table": "conversion_event",
            },
        ),
        migrations.AddConstraint(
            model_name="conversionkind",
            constraint=models.UniqueConstraint(fields=("tenant", "name"), name="conversion_kind_name"),
        ),
        migrations.AddConstraint(
            model_name="conversionkind",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="conversion_kind_of_tenant"),
        ),
        migrations.AddConstraint(
            model_name="conversionkind",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("window_minutes", None),
                    models.Q(("window_minutes__gte", 1), ("window_minutes__lte", 129600)),
                    _connector="OR",
                ),
                name="conversion_kind_window",
            ),
        ),
        migrations.AddIndex(
            model_name="conversionupload",
            index=models.Index(fields=["tenant", "-id"], name="conversion_upload_newest"),
        ),
        migrations.AddIndex(
            model_name="conversionupload",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["state", "lease_until"],
                name="conversion_upload_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversionupload",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="conversion_upload_of_tenant"),
        ),
        migrations.AddIndex(
            model_name="conversionevent",
            index=models.Index(fields=["tenant", "occurred_at", "id"], name="conversion_event_by_time"),
        ),
        migrations.AddIndex(
            model_name="conversionevent",
            index=models.Index(
                condition=models.Q(("recipient_key__isnull", False)),
                fields=["tenant", "recipient_key"],
                name="conversion_event_by_recipient",
            ),
        ),
        migrations.AddIndex(
            model_name="conversionevent",
            index=models.Index(
                condition=models.Q(("message_id__isnull", False)),
                fields=["message_id", "account_id"],
                name="conversion_event_by_message",
            ),
        ),
        migrations.AddIndex(
            model_name="conversionevent",
            index=models.Index(
                condition=models.Q(("parameter_key__isnull", False)),
                fields=["tenant", "parameter_key", "parameter_value"],
                name="conversion_event_by_parameter",
            ),
        ),
        migrations.AddIndex(
            model_name="conversionevent",
            index=models.Index(
                condition=models.Q(("attributed_message_id__isnull", False)),
                fields=["attributed_message_id", "attributed_account_id"],
                name="conversion_event_attributed",
            ),
        ),
        migrations.AddIndex(
            model_name="conversionevent",
            index=models.Index(
                condition=models.Q(("attributed_message_id__isnull", False)),
                fields=["tenant", "attributed_campaign_id", "attributed_message_day"],
                name="conversion_event_by_campaign",
            ),
        ),
        migrations.AddIndex(
            model_name="conversionevent",
            index=models.Index(
                condition=models.Q(("upload__isnull", False)), fields=["upload"], name="conversion_event_of_upload"
            ),
        ),
        migrations.AddIndex(
            model_name="conversionevent",
            index=models.Index(fields=["kind"], name="conversion_event_of_kind"),
        ),
        migrations.AddConstraint(
            model_name="conversionevent",
            constraint=models.UniqueConstraint(fields=("tenant", "event_id"), name="conversion_event_once"),
        ),
        migrations.AddConstraint(
            model_name="conversionevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("account_id__isnull", False),
                        ("message_id__isnull", False),
                        ("parameter_key", None),
                        ("recipient_key", None),
                    ),
                    models.Q(
                        ("account_id", None),
                        ("message_id", None),
                        ("parameter_key", None),
                        ("recipient_key__isnull", False),
                    ),
                    models.Q(
                        ("account_id", None),
                        ("message_id", None),
                        ("parameter_key__isnull", False),
                        ("recipient_key", None),
                    ),
                    _connector="OR",
                ),
                name="conversion_event_has_one_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversionevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("parameter_key", None), ("parameter_value", None)),
                    models.Q(("parameter_key__isnull", False), ("parameter_value__isnull", False)),
                    _connector="OR",
                ),
                name="conversion_event_parameter",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversionevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("currency", ""), ("value", None)),
                    models.Q(("value__isnull", False), models.Q(("currency", ""), _negated=True)),
                    _connector="OR",
                ),
                name="conversion_event_has_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversionevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), ("attributed_message_id__isnull", False)),
                    models.Q(models.Q(("reason", ""), _negated=True), ("attributed_message_id", None)),
                    _connector="OR",
                ),
                name="conversion_event_message_or_reason",
            ),
        ),
        # Kind, campaign and upload of an event are of its own tenant.
        *(
            migrations.RunSQL(
                f"ALTER TABLE conversion_event ADD CONSTRAINT conversion_event_{name}_of_tenant"
                f" FOREIGN KEY (tenant_id, {name}_id) REFERENCES {table} (tenant_id, id)"
                " DEFERRABLE INITIALLY DEFERRED",
                f"ALTER TABLE conversion_event DROP CONSTRAINT conversion_event_{name}_of_tenant",
            )
            for name, table in (
                ("kind", "conversion_kind"),
                ("campaign", "campaigns_campaign"),
                ("upload", "conversion_upload"),
            )
        ),
    ]
