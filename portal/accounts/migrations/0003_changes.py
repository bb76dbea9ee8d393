"""The instant of each row's last change, kept by the database, for incremental reading (portal/common/changes.py)."""

from django.db import migrations

from portal.common.change_operations import add_updated_at, index_changes, note_changes


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_accountants"), ("tenants", "0005_changes")]

    operations = [
        add_updated_at("user"),
        note_changes("accounts_user", "password", "last_login", "is_staff", "is_superuser"),
        add_updated_at("membership"),
        note_changes("accounts_membership"),
        add_updated_at("invitation"),
        note_changes("accounts_invitation"),
        add_updated_at("auditentry"),
        note_changes("accounts_auditentry"),
        index_changes("auditentry", "audit_by_change"),
    ]
