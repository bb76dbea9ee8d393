"""The instant of the last change of closings and exchange rates, for incremental reading (portal/common/changes.py)."""

from django.db import migrations

from portal.common.change_operations import add_updated_at, note_changes


class Migration(migrations.Migration):
    dependencies = [("reports", "0009_alert_changes"), ("tenants", "0005_changes")]

    operations = [
        add_updated_at("closingrun"),
        note_changes("closing_run", "lease_until"),
        add_updated_at("exchangerate"),
        note_changes("exchange_rate"),
    ]
