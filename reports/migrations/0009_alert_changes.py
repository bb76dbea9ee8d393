"""The instant of the last change of alerts and their rules, for incremental reading (portal/common/changes.py)."""

from django.db import migrations

from portal.common.change_operations import add_updated_at, note_changes


class Migration(migrations.Migration):
    dependencies = [("reports", "0008_changes"), ("tenants", "0005_changes")]

    operations = [
        add_updated_at("alert"),
        note_changes("alert", "seen_at", "good_since", "mailed_at", "end_mailed_at"),
        add_updated_at("alertrule"),
        note_changes("alert_rule", "mails", "mails_on"),
    ]
