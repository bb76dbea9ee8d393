"""Pages without collected static files, and the rows that they show."""

import io

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal.common.periods import Month
from reports.models import ReportRun
from tests.conftest import NOW

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@pytest.fixture(autouse=True)
def plain_storages(settings):
    settings.STORAGES = STORAGES


def workbook(text: str) -> bytes:
    """Return a small workbook with `text` in its first cell."""
    book = openpyxl.Workbook()
    book.active["A1"] = text
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def make_run(tenant, month: str, *, state: str = "done", revision: int = 1, text: str = "", **extra) -> ReportRun:
    """Create a run; a finished one has a workbook of its own with `text` in it."""
    done = {}
    if state == "done":
        content = workbook(text)
        name = default_storage.save(f"reports/{tenant.id}/{month}.xlsx", ContentFile(content))
        done = {"file": name, "bytes": len(content), "sha256": "0" * 64, "messages": 1234567, "data_as_of": NOW}
    return ReportRun.objects.create(
        tenant=tenant,
        month=Month.parse(month).first_day,
        **{"kind": "final", "requested_by": "schedule"} | done | extra,
        revision=revision,
        state=state,
    )
