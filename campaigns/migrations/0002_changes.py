"""The instant of each row's last change, kept by the database, for incremental reading (portal/common/changes.py)."""

from django.db import migrations

from portal.common.change_operations import add_updated_at, index_changes, note_changes


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial"), ("tenants", "0005_changes")]

    operations = [
        add_updated_at("campaign"),
        note_changes("campaigns_campaign"),
        add_updated_at("conversionevent"),
        note_changes("conversion_event"),
        index_changes("campaign", "campaign_by_change"),
        index_changes("conversionevent", "conversion_event_by_change"),
    ]
