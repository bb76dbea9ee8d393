"""Tenants, gateway accounts, partner IDs, feeds and API keys."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenants.dialects
import portal.tenants.feed_headers
import portal.tenants.gate_api
import portal.tenants.models
import portal.tenants.networks
import portal.tenants.partner_values


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "slug",
                    models.CharField(
                        max_length=63,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
                                "1 to 63 characters: a–z, 0–9, and hyphens except at the ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("customer", "Customer"), ("pool", "Pool of a gateway account")],
                        default="customer",
                        max_length=8,
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        default="UTC", max_length=64, validators=[portal.tenants.models.validate_timezone]
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="Phone numbers without a country code are read as numbers of this country. Default: the country of the time zone.",
                        max_length=2,
                        validators=[portal.tenants.models.validate_country],
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("fi", "Finnish")], default="en", max_length=8),
                ),
                (
                    "currency",
                    models.CharField(
                        default="EUR",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z]{3}$", "An ISO 4217 code such as EUR.")
                        ],
                    ),
                ),
                (
                    "accent",
                    models.CharField(
                        blank=True,
                        help_text="The colour of links and buttons, such as #0B7285. Empty: the portal's own colour.",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator("^#[0-9A-Fa-f]{6}$", "A colour such as #0B7285.")
                        ],
                    ),
                ),
                (
                    "require_mfa",
                    models.BooleanField(
                        default=False, help_text="Members must use a second factor to see this customer's pages."
                    ),
                ),
                (
                    "raw_days",
                    models.PositiveSmallIntegerField(
                        default=30,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(400),
                        ],
                    ),
                ),
                (
                    "number_days",
                    models.PositiveSmallIntegerField(
                        default=180,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                    ),
                ),
                (
                    "message_days",
                    models.PositiveSmallIntegerField(
                        default=400,
                        validators=[
                            django.core.validators.MinValueValidator(31),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number_days__lte", models.F("message_days"))),
                        name="tenant_numbers_not_after_messages",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True), name="tenant_not_own_parent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "customer"), ("parent", None), _connector="OR"),
                        name="tenant_pool_has_no_parent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GatewayAccount",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "name",
                    models.CharField(
                        max_length=63,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
                                "1 to 63 characters: a–z, 0–9, and hyphens except at the ends.",
                            )
                        ],
                    ),
                ),
                ("platform_id", models.CharField(help_text="The platformId at the gateway.", max_length=100)),
                (
                    "timezone",
                    models.CharField(
                        default="UTC", max_length=64, validators=[portal.tenants.models.validate_timezone]
                    ),
                ),
                ("owner_since", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="The only customer that uses this account. Its managers declare partner IDs for it and for the customers below it, and see the pool and the account's reports.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_accounts",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "pool",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pool_of",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owner", None), ("owner_since", None)),
                            models.Q(("owner__isnull", False), ("owner_since__isnull", False)),
                            _connector="OR",
                        ),
                        name="account_owner_since",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "name",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
                                "1 to 63 characters: a–z, 0–9, and hyphens except at the ends.",
                            )
                        ],
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("reports", "Delivery reports"), ("submissions", "Submissions")],
                        default="reports",
                        editable=False,
                        max_length=11,
                    ),
                ),
                ("dialect", models.CharField(choices=portal.tenants.dialects.choices, default="link", max_length=20)),
                (
                    "default_partner_id",
                    models.CharField(
                        blank=True,
                        help_text="The platformPartnerId for delivery reports that have none.",
                        max_length=256,
                        validators=[portal.tenants.partner_values.validate_partner_id],
                    ),
                ),
                ("basic_user", models.CharField(blank=True, max_length=100)),
                ("basic_password_digest", models.CharField(blank=True, editable=False, max_length=64)),
                (
                    "header_name",
                    models.CharField(
                        blank=True,
                        help_text="A header that each request must have, such as X-Portal-Key. Empty: no header is required.",
                        max_length=100,
                        validators=[portal.tenants.feed_headers.validate_name],
                    ),
                ),
                ("header_value_digest", models.CharField(blank=True, editable=False, max_length=64)),
                (
                    "networks",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='Networks that may send requests, such as ["192.0.2.0/24"]. An empty list allows all.',
                        validators=[portal.tenants.networks.validate],
                    ),
                ),
                ("signing_keys", models.JSONField(blank=True, default=list)),
                ("active", models.BooleanField(default=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="feeds", to="tenants.gatewayaccount"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "name"), name="feed_name_per_account"),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "submissions")),
                        fields=("account",),
                        name="feed_of_submissions_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("basic_user", ""), models.Q(("basic_password_digest", ""), _negated=True), _connector="OR"
                        ),
                        name="feed_basic_user_has_password",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("header_name", ""), models.Q(("header_value_digest", ""), _negated=True), _connector="OR"
                        ),
                        name="feed_header_has_value",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("hint", models.CharField(help_text="The token's first characters.", max_length=8)),
                (
                    "for_gates",
                    models.BooleanField(
                        db_default=False, default=False, editable=False, verbose_name="For gates set by the portal"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to="tenants.feed"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PartnerId",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(db_collation="C", max_length=256)),
                (
                    "first_seen_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("declared_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="partner_ids",
                        to="tenants.gatewayaccount",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="partner_ids", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("declared_at", None)),
                        fields=["account", "first_seen_at"],
                        name="partner_id_undeclared",
                    ),
                    models.Index(fields=["value"], name="partner_id_by_value"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "value"), name="partner_id_per_account"),
                    models.CheckConstraint(
                        condition=models.Q(("value", ""), _negated=True), name="partner_id_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EarlierOwner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until_at", models.DateTimeField()),
                ("until_day", models.DateField()),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="earlier_owners",
                        to="tenants.partnerid",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earlier_partner_ids",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "until_at"), name="earlier_owner_until_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(max_length=12, unique=True)),
                ("digest", models.CharField(max_length=64)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("read", "Read figures and messages"),
                                ("numbers", "See full phone numbers"),
                                ("submit", "Create reports, submit messages"),
                                ("partner_ids", "Declare and move partner IDs"),
                                ("convert", "Send and delete conversion events"),
                                ("gates", "Manage and test gates"),
                            ],
                            max_length=20,
                        ),
                        size=None,
                    ),
                ),
                ("created_by", models.CharField(max_length=254)),
                ("abandoned_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_keys",
                        to="tenants.gatewayaccount",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="api_keys", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("scopes", []), _negated=True), name="api_key_has_scope")
                ],
            },
        ),
        migrations.CreateModel(
            name="GateApi",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="gate_api",
                        serialize=False,
                        to="tenants.gatewayaccount",
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        help_text="Scheme, host and port of LINK's Gate API, such as https://gates.example.com.",
                        max_length=300,
                    ),
                ),
                ("username", models.CharField(max_length=200)),
                ("password_sealed", models.TextField()),
                (
                    "partner_id",
                    models.CharField(
                        blank=True,
                        help_text="The platformPartnerId that owns the gates at LINK. Empty: each partner ID owns the gate that is for it.",
                        max_length=256,
                        validators=[portal.tenants.gate_api.validate_owner],
                    ),
                ),
                ("token_sealed", models.TextField(blank=True)),
                ("feed_password_sealed", models.TextField(blank=True)),
                ("feed_header_sealed", models.TextField(blank=True)),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.JSONField(blank=True, default=dict)),
                (
                    "feed",
                    models.ForeignKey(
                        help_text="The feed to which the gates deliver.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.feed",
                    ),
                ),
            ],
            options={
                "verbose_name": "Gate API of an account",
            },
        ),
    ]
