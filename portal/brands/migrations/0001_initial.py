"""The colours and the logo of a tenant."""

import django.db.models.deletion
from django.db import migrations, models

import portal.brands.models
import portal.common.no_numbers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="TenantBrand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product_name",
                    models.CharField(
                        blank=True,
                        max_length=60,
                        validators=[portal.brands.models.validate_name, portal.common.no_numbers.refuse_numbers],
                    ),
                ),
                (
                    "sender_name",
                    models.CharField(
                        blank=True,
                        max_length=60,
                        validators=[portal.brands.models.validate_name, portal.common.no_numbers.refuse_numbers],
                    ),
                ),
                ("logo", models.BinaryField(null=True)),
                ("icon", models.BinaryField(null=True)),
                ("logo_digest", models.CharField(blank=True, editable=False, max_length=64)),
                ("logo_width", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ("logo_height", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ("host", models.CharField(blank=True, max_length=240, validators=[portal.brands.models.validate_host])),
                ("host_token", models.CharField(blank=True, editable=False, max_length=64)),
                ("host_confirmed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("host_checked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("host_missing_since", models.DateTimeField(blank=True, editable=False, null=True)),
                ("host_lost_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="own_brand", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "tenant_brand",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("host_confirmed_at__isnull", False)),
                        fields=("host",),
                        name="brand_host_confirmed_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("host", ""), _negated=True), ("host_confirmed_at", None), _connector="OR"
                        ),
                        name="brand_confirmed_host_has_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("icon", None), ("logo", None), ("logo_digest", "")),
                            models.Q(
                                models.Q(("icon__isnull", False), ("logo__isnull", False)),
                                models.Q(("logo_digest", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="brand_logo_is_whole",
                    ),
                ],
            },
        ),
    ]
