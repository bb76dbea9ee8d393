"""Pages without collected static files, and the rows that they show."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from campaigns.models import RefIdScheme
from deliveries.models import Export
from portal.common.periods import Month
from portal.tenants.models import PartnerId, Tenant
from reports.models import ReportRun
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.searched import NUMBER, SECOND, sent

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@pytest.fixture(autouse=True)
def plain_storages(settings):
    settings.STORAGES = STORAGES


@pytest.fixture
def messages(feed, tenant, other_tenant, account) -> None:
    """Five messages that differ in all that can be asked for, and one of somebody else."""
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    PartnerId.objects.create(account=account, value="nr-se", tenant=tenant)
    apply(
        feed,
        sent("a", ago=9, refId="sale|A", operator="fi.elisa", customParameters={"destination": NUMBER, "shop": "7"}),
        sent("b", 1006, ago=8, refId="sale|B", operator="fi.telia", customParameters={"destination": "+358501112222"}),
        sent("c", 1000, ago=7, partner="nr-se", operator="se.tele2", customParameters={"destination": SECOND}),
        sent("d", 1002, ago=6, refId="news", operator="fi.elisa", customParameters={"destination": "+358509998888"}),
        sent("e/1+", 1010, ago=5, customParameters={"destination": "+37251234567"}),
        sent("theirs", ago=7, partner="baltic-ee", refId="sale|A", customParameters={"destination": NUMBER}),
    )


@pytest.fixture
def family(tenant, account, feed) -> Tenant:
    child = Tenant.objects.create(slug="nr-norge", name="NR Norge", timezone="Europe/Oslo", parent=tenant)
    PartnerId.objects.create(account=account, value="nr-no", tenant=child)
    return child


def workbook(text: str) -> bytes:
    """Return a small workbook with `text` in its first cell."""
    book = openpyxl.Workbook()
    book.active["A1"] = text
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def make_export(tenant, maker=None, *, key=None, state: str = "done", text: str = "", **extra) -> Export:
    """Create an export of the person's or the key's; a finished one has a file with `text` in it."""
    done = {}
    if state == "done":
        name = default_storage.save(f"exports/{tenant.id}/made.csv", ContentFile(text.encode()))
        done = {"file": name, "bytes": len(text), "sha256": "0" * 64, "done": 5, "total": 5, "as_of": NOW}
        done |= {"expires_at": timezone.now() + timedelta(days=7)}
    asked = {"maker": maker, "key": key, "made_by": str(key) if key else maker.email}
    asked |= {"title": "30 days", "format": "csv", "columns": ["message_id"]}
    return Export.objects.create(tenant=tenant, tenant_ids=[tenant.id], state=state, **asked | done | extra)


def make_run(
    tenant, month: str, *, state: str = "done", revision: int | None = 1, text: str = "", **extra
) -> ReportRun:
    """Create a run; a finished one has a workbook of its own with `text` in it."""
    done = {}
    if state == "done":
        content = workbook(text)
        name = default_storage.save(f"reports/{tenant.id}/{month}.xlsx", ContentFile(content))
        done = {"file": name, "bytes": len(content), "sha256": "0" * 64, "messages": 1234567, "data_as_of": NOW}
        done |= {f"masked_{key}": done[key] for key in ("file", "bytes", "sha256")}
    return ReportRun.objects.create(
        tenant=tenant,
        month=Month.parse(month).first_day,
        **{"kind": "final", "requested_by": "schedule"} | done | extra,
        revision=revision,
        state=state,
    )
