import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_search_by_name"),
        ("tenants", "0004_search_by_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="SegmentKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=64)),
                ("removed", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Queued"), ("running", "Running"), ("done", "Done")],
                        default="queued",
                        max_length=7,
                    ),
                ),
                ("total", models.BigIntegerField(default=0)),
                ("done", models.BigIntegerField(default=0)),
                ("position", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("queued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="segment_keys", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "segment key",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "key"), name="segment_key_per_tenant"),
                    models.CheckConstraint(
                        condition=models.Q(("removed", True), ("state", "done"), _negated=True),
                        name="segment_key_removed_is_never_done",
                    ),
                ],
            },
        ),
    ]
