"""Campaigns and their schemes, segment keys and values, and conversions."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(db_collation="C", max_length=256)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "title",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="title"),
                ),
                ("note", models.TextField(blank=True, db_default="", default="", max_length=2000, verbose_name="note")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="tags",
                    ),
                ),
                ("planned_start", models.DateField(blank=True, null=True, verbose_name="planned start")),
                (
                    "planned_split",
                    models.JSONField(blank=True, db_default={}, default=dict, verbose_name="planned split"),
                ),
                ("day_notes", models.JSONField(blank=True, db_default={}, default=dict, verbose_name="notes on days")),
                (
                    "comparisons",
                    models.JSONField(blank=True, db_default={}, default=dict, verbose_name="saved comparisons"),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True, verbose_name="archived at")),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="campaigns.campaign",
                        verbose_name="merged into",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="campaigns", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["tenant", "merged_into"],
                        name="campaign_merged",
                    ),
                    models.Index(fields=["tenant", "created_at"], name="campaign_by_age"),
                    models.Index(fields=["name"], name="campaign_by_name"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "name"), name="campaign_name_per_tenant"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into", None),
                            models.Q(("merged_into", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="campaign_not_merged_into_itself",
                    ),
                ],
            },
        ),
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
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "name"), name="conversion_kind_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("window_minutes", None),
                            models.Q(("window_minutes__gte", 1), ("window_minutes__lte", 129600)),
                            _connector="OR",
                        ),
                        name="conversion_kind_window",
                    ),
                ],
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
                "indexes": [
                    models.Index(fields=["tenant", "-id"], name="conversion_upload_newest"),
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["state", "lease_until"],
                        name="conversion_upload_open",
                    ),
                ],
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
                "indexes": [
                    models.Index(fields=["tenant", "occurred_at", "id"], name="conversion_event_by_time"),
                    models.Index(
                        condition=models.Q(("recipient_key__isnull", False)),
                        fields=["tenant", "recipient_key"],
                        name="conversion_event_by_recipient",
                    ),
                    models.Index(
                        condition=models.Q(("message_id__isnull", False)),
                        fields=["message_id", "account_id"],
                        name="conversion_event_by_message",
                    ),
                    models.Index(
                        condition=models.Q(("parameter_key__isnull", False)),
                        fields=["tenant", "parameter_key", "parameter_value"],
                        name="conversion_event_by_parameter",
                    ),
                    models.Index(
                        condition=models.Q(("attributed_message_id__isnull", False)),
                        fields=["attributed_message_id", "attributed_account_id"],
                        name="conversion_event_attributed",
                    ),
                    models.Index(
                        condition=models.Q(("attributed_message_id__isnull", False)),
                        fields=["tenant", "attributed_campaign_id", "attributed_message_day"],
                        name="conversion_event_by_campaign",
                    ),
                    models.Index(
                        condition=models.Q(("upload__isnull", False)),
                        fields=["upload"],
                        name="conversion_event_of_upload",
                    ),
                    models.Index(fields=["kind"], name="conversion_event_of_kind"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "event_id"), name="conversion_event_once"),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("parameter_key", None), ("parameter_value", None)),
                            models.Q(("parameter_key__isnull", False), ("parameter_value__isnull", False)),
                            _connector="OR",
                        ),
                        name="conversion_event_parameter",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("currency", ""), ("value", None)),
                            models.Q(("value__isnull", False), models.Q(("currency", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="conversion_event_has_currency",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), ("attributed_message_id__isnull", False)),
                            models.Q(models.Q(("reason", ""), _negated=True), ("attributed_message_id", None)),
                            _connector="OR",
                        ),
                        name="conversion_event_message_or_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RefIdScheme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delimiter", models.CharField(max_length=8)),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(blank=True, max_length=40), size=16
                    ),
                ),
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="ref_id_scheme", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "refId scheme",
            },
        ),
        migrations.CreateModel(
            name="SegmentKey",
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
                ("key", models.CharField(db_collation="C", max_length=64)),
                ("removed", models.BooleanField(default=False)),
                ("position", models.DateTimeField(null=True)),
                (
                    "figures",
                    models.CharField(
                        choices=[
                            ("yes", "With figures"),
                            ("unique", "Without figures: it has nearly as many values as messages."),
                            (
                                "scattered",
                                "Without figures: it has more than 1,000 values in a month, and most of them occur once.",
                            ),
                        ],
                        db_default="yes",
                        default="yes",
                        max_length=9,
                        verbose_name="figures",
                    ),
                ),
                ("figures_from", models.DateField(blank=True, null=True, verbose_name="figures from")),
                ("generation", models.IntegerField(db_default=0, default=0, editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="segment_keys", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "segment key",
                "verbose_name_plural": "segment keys",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "key"), name="segment_key_per_tenant"),
                    models.CheckConstraint(
                        condition=models.Q(("removed", True), ("state", "done"), _negated=True),
                        name="segment_key_removed_is_never_done",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SegmentValue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "key",
                        "month",
                        "value",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.TextField(db_collation="C")),
                ("month", models.DateField()),
                ("value", models.TextField(db_collation="C")),
                ("number", models.SmallIntegerField()),
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
                "db_table": "segment_value",
                "indexes": [
                    models.Index(
                        condition=models.Q(("number", 1000)),
                        fields=["tenant", "key", "month"],
                        name="segment_value_full",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1), ("number__lte", 1000)), name="segment_value_has_a_place"
                    )
                ],
            },
        ),
        # Not among the model's options: Django creates those after the statements below, which need them.
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="campaign_id_per_tenant"),
        ),
        migrations.AddConstraint(
            model_name="conversionkind",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="conversion_kind_of_tenant"),
        ),
        migrations.AddConstraint(
            model_name="conversionupload",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="conversion_upload_of_tenant"),
        ),
        # A campaign is merged into one of its own tenant.
        migrations.RunSQL(
            "ALTER TABLE campaigns_campaign ADD CONSTRAINT campaign_merged_in_its_tenant"
            " FOREIGN KEY (tenant_id, merged_into_id) REFERENCES campaigns_campaign (tenant_id, id)",
            "ALTER TABLE campaigns_campaign DROP CONSTRAINT campaign_merged_in_its_tenant",
        ),
        # Kind, campaign and upload of an event are of its own tenant.
        migrations.RunSQL(
            "ALTER TABLE conversion_event ADD CONSTRAINT conversion_event_kind_of_tenant"
            " FOREIGN KEY (tenant_id, kind_id) REFERENCES conversion_kind (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE conversion_event DROP CONSTRAINT conversion_event_kind_of_tenant",
        ),
        migrations.RunSQL(
            "ALTER TABLE conversion_event ADD CONSTRAINT conversion_event_campaign_of_tenant"
            " FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns_campaign (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE conversion_event DROP CONSTRAINT conversion_event_campaign_of_tenant",
        ),
        migrations.RunSQL(
            "ALTER TABLE conversion_event ADD CONSTRAINT conversion_event_upload_of_tenant"
            " FOREIGN KEY (tenant_id, upload_id) REFERENCES conversion_upload (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE conversion_event DROP CONSTRAINT conversion_event_upload_of_tenant",
        ),
    ]
