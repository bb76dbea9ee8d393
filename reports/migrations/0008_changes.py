"""The instant of each row's last change, kept by the database, for incremental reading (portal/common/changes.py)."""

from django.db import migrations

from portal.common.change_operations import add_updated_at, note_changes


class Migration(migrations.Migration):
    dependencies = [("reports", "0007_budgets"), ("tenants", "0005_changes")]

    operations = [
        add_updated_at("budget"),
        note_changes("budget"),
        add_updated_at("definitionrun"),
        note_changes("definition_run", "lease_until"),
        add_updated_at("invoicecheck"),
        note_changes("invoice_check", "lease_until"),
        add_updated_at("outsideaddress"),
        note_changes("report_address"),
        note_changes("price_list"),
        add_updated_at("reportdefinition"),
        note_changes("report_definition"),
        add_updated_at("reportmail"),
        note_changes("report_mail", "lease_until", "openings", "last_opened_at"),
        add_updated_at("reportrecipient"),
        note_changes("report_recipient"),
        add_updated_at("reportrun"),
        note_changes("report_run", "lease_until"),
        add_updated_at("statement"),
        note_changes("statement"),
    ]
