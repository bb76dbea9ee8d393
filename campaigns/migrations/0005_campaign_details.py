"""Title, note, tags, owner, plan and archive of campaigns, and merging of several into one."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0004_jobs"),
        ("tenants", "0009_api_key_holder"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="archived_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="archived at"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="day_notes",
            field=models.JSONField(blank=True, db_default={}, default=dict, verbose_name="notes on days"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="merged_into",
            field=models.ForeignKey(
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
        migrations.AddField(
            model_name="campaign",
            name="note",
            field=models.TextField(blank=True, db_default="", default="", max_length=2000, verbose_name="note"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="planned_split",
            field=models.JSONField(blank=True, db_default={}, default=dict, verbose_name="planned split"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="planned_start",
            field=models.DateField(blank=True, null=True, verbose_name="planned start"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="tags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="tags",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="title",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="title"),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["tenant", "merged_into"],
                name="campaign_merged",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(fields=("tenant", "id"), name="campaign_id_per_tenant"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None), models.Q(("merged_into", models.F("id")), _negated=True), _connector="OR"
                ),
                name="campaign_not_merged_into_itself",
            ),
        ),
        # A campaign is merged into one of its own tenant.
        migrations.RunSQL(
            "ALTER TABLE campaigns_campaign ADD CONSTRAINT campaign_merged_in_its_tenant"
            " FOREIGN KEY (tenant_id, merged_into_id) REFERENCES campaigns_campaign (tenant_id, id)",
            "ALTER TABLE campaigns_campaign DROP CONSTRAINT campaign_merged_in_its_tenant",
        ),
    ]
