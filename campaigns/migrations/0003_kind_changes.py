"""The instant of the last change of kinds of conversions, for incremental reading (portal/common/changes.py)."""

from django.db import migrations

from portal.common.change_operations import add_updated_at, note_changes


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_changes"), ("tenants", "0005_changes")]

    operations = [
        add_updated_at("conversionkind"),
        note_changes("conversion_kind"),
    ]
