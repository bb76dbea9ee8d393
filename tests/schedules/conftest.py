"""Report definitions in tests: saved by a person, made at once, and read back."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from portal.accounts.models import Role
from portal.common.masking import Masking
from reports.models import DefinitionRun, ReportDefinition
from reports.schedules.definitions import create_definition
from reports.schedules.files import edition_of, open_file
from reports.schedules.making import make_runs
from reports.schedules.runs import request_definition_run
from tests.conftest import make_user

DAYS = {"period": "custom", "first": date(2026, 11, 1), "last": date(2026, 11, 20)}
IN_FULL, MASKED = Masking(in_full=True), Masking(in_full=False)


@pytest.fixture(autouse=True)
def files(settings, tmp_path) -> Path:
    root = tmp_path / "files"
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(root)}}
    }
    return root


@pytest.fixture
def person(tenant):
    """A manager, who sees numbers in full."""
    return make_user("mari@example.com", tenant, Role.MANAGER)


def saved(person, tenant, kind: str, **values) -> ReportDefinition:
    """Save a definition of the days 1 to 20 November unless others are given."""
    given = {"name": f"My {kind}", "kind": kind, "formats": ["json"], "parameters": {}} | DAYS | values
    return create_definition(tenant=tenant, owner=person, values=given)


def asked(definition: ReportDefinition, **values) -> DefinitionRun:
    given = {"requested_by": definition.owned_by, "cause": "person", "now": timezone.now()} | values
    return request_definition_run(definition=definition, **given)


def made(definition: ReportDefinition, **values) -> DefinitionRun:
    """Ask for a run and make it."""
    run = asked(definition, **values)
    make_runs(run_id=run.id)
    return DefinitionRun.objects.get(id=run.id)


def content(run: DefinitionRun, format: str = "json", masking: Masking = IN_FULL) -> bytes:
    with open_file(edition_of(run, format, masking)) as file:
        return file.read()


def document(run: DefinitionRun, masking: Masking = IN_FULL) -> dict:
    """Return the JSON document of a run."""
    return json.loads(content(run, masking=masking))


def stored() -> list[str]:
    """Return the names of the stored files of runs."""
    root = Path(default_storage.location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
