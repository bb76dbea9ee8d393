"""Share links."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ShareLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("overview", "Overview"),
                            ("report", "Monthly report"),
                            ("panel", "Embedded panel"),
                            ("ab", "A/B test"),
                        ],
                        max_length=8,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("month", models.DateField(blank=True, null=True)),
                (
                    "panel",
                    models.CharField(
                        blank=True,
                        choices=[("kpis", "Key figures"), ("days", "Messages by day"), ("countries", "Countries")],
                        max_length=9,
                    ),
                ),
                (
                    "hosts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=253), blank=True, default=list, size=None
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("made_by", models.CharField(max_length=254)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("openings", models.PositiveIntegerField(db_default=0, default=0)),
                ("last_opened_at", models.DateTimeField(blank=True, null=True)),
                (
                    "maker",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="share_links", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "share_link",
                "indexes": [models.Index(fields=["tenant", "-id"], name="share_link_by_tenant")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "expires_at__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("created_at"), "+", models.Value(datetime.timedelta(days=90))
                                ),
                            )
                        ),
                        name="share_link_ends_in_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "report"), ("month__isnull", False)),
                            models.Q(("kind", "overview"), ("month", None), ("panel", "")),
                            models.Q(
                                models.Q(("kind", "ab"), ("month", None), ("panel", "")),
                                models.Q(("query", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("kind", "panel"), ("month", None)),
                                models.Q(("panel", ""), _negated=True),
                                models.Q(("hosts", []), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="share_link_fits_its_kind",
                    ),
                ],
            },
        ),
    ]
