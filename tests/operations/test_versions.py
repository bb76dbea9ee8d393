"""Databases of other versions: rejected before anything is migrated."""

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from portal.operations.versions import unknown_migrations

pytestmark = pytest.mark.django_db


def record(*names: tuple[str, str]) -> None:
    for app, name in names:
        MigrationRecorder(connection).record_applied(app, name)


def test_migrated_database_is_of_this_version():
    assert unknown_migrations() == []
    assert checks.run_checks(databases=["default"], tags=["database"]) == []


def test_migrate_rejects_a_database_of_another_version_and_names_it():
    record(("tenants", "0007_tenant_country"), ("deliveries", "0024_jobs"), ("sessions", "0002_of_a_package"))
    assert unknown_migrations() == ["deliveries.0024_jobs", "tenants.0007_tenant_country"]

    with pytest.raises(SystemCheckError) as refused:
        call_command("migrate", skip_checks=False, verbosity=0)

    said = " ".join(str(refused.value).split())
    assert (
        "(portal.E001) The database has migrations that this version does not know (2, such as deliveries.0024_jobs)."
        in said
    )
    assert "an earlier one that was never released" in said
