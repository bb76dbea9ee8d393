"""Indexes of the counts that no query goes by (keys begin with the tenant), and a table that another one replaced."""

import django.db.models.deletion
from django.db import migrations, models

_DAILY = ("campaigncount", "condensedcampaigncount", "condensedlatencycount", "dailycount", "latencycount")
_TENANTS = (*_DAILY, "condensedspan", "hourcount", "submissioncount")
_ACCOUNTS = (*_DAILY, "submissioncount")


def _without_index(model: str, name: str, to: str) -> migrations.AlterField:
    field = models.ForeignKey(
        to, on_delete=django.db.models.deletion.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    return migrations.AlterField(model, name, field)


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0012_condensed_campaigns"),
        ("tenants", "0005_feed_kind"),
    ]

    operations = [
        *(_without_index(model, "tenant", "tenants.tenant") for model in _TENANTS),
        *(_without_index(model, "account", "tenants.gatewayaccount") for model in _ACCOUNTS),
        migrations.DeleteModel("CondensedCampaignLatency"),
    ]
