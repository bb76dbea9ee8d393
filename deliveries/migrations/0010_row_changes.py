"""The instant of each row's last change, kept by the database, for incremental reading (portal/common/changes.py)."""

from django.db import migrations

from portal.common.change_operations import add_updated_at, note_changes


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0009_days_and_places"), ("tenants", "0005_changes")]

    operations = [
        add_updated_at("export"),
        note_changes("export", "lease_until"),
        add_updated_at("gate"),
        note_changes("gate"),
        add_updated_at("gatereplay"),
        note_changes("gate_replay", "lease_until"),
        add_updated_at("partnerrequest"),
        note_changes("partner_request"),
    ]
