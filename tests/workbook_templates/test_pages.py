"""Pages of templates: who may, what is stored, what is refused, and the report that is filled in."""

from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.accounts.models import AuditEntry
from portal.common.masking import Masking
from portal.common.periods import Month
from reports.models import ReportRun, WorkbookTemplate
from reports.monthly.selector import MonthScope
from reports.runs.editions import open_edition
from reports.runs.runs import build_now
from reports.workbook_templates import services
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.segments.sample import message
from tests.workbook_templates.sample import make_template, saved, template

pytestmark = pytest.mark.django_db


@pytest.fixture
def messages(feed, tenant, settings, tmp_path) -> None:
    """Two messages of the month, and a folder for its reports."""
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    apply(feed, message("a", day="2026-11-04"), message("b", 1006, day="2026-11-05"))


PAGE = "/t/nordic-retail/reports/templates/"


def uploaded(client, content: bytes, name: str = "Board pack"):
    return client.post(PAGE, {"name": name, "file": SimpleUploadedFile("board.xlsx", content)})


def test_template_is_stored_and_its_cells_are_shown(client, manager, tenant):
    client.force_login(manager)
    answer = uploaded(client, template())
    [found] = WorkbookTemplate.objects.filter(tenant=tenant)

    assert (answer.status_code, answer.url) == (302, f"{PAGE}{found.id}/")
    assert (found.name, bytes(found.content), found.is_monthly) == ("Board pack", template(), False)
    page = client.get(answer.url).content.decode()
    assert "Our month!A5" in page
    assert "Countries" in page
    assert [entry.action for entry in AuditEntry.objects.filter(tenant=tenant)] == ["report_template.added"]


def test_template_with_problems_is_refused_with_its_cells(client, manager, tenant):
    client.force_login(manager)
    book = openpyxl.Workbook()
    book.active["B3"] = "{{Countries.Massages}}"
    answer = uploaded(client, saved(book))

    assert answer.status_code == 422
    assert "Sheet!B3" in answer.content.decode()
    assert "Did you mean “Countries.Messages”?" in answer.content.decode()
    assert not WorkbookTemplate.objects.filter(tenant=tenant).exists()


@pytest.mark.parametrize("content", [b"", b"no workbook", bytes(6 * 1024 * 1024)], ids=["empty", "text", "large"])
def test_other_files_are_refused(client, manager, tenant, content):
    client.force_login(manager)

    assert uploaded(client, content).status_code == 422
    assert not WorkbookTemplate.objects.filter(tenant=tenant).exists()


def test_name_is_taken_once(client, manager, tenant):
    make_template(tenant, "board PACK")
    client.force_login(manager)
    answer = uploaded(client, template())

    assert answer.status_code == 422
    assert "There is a template of this name." in answer.content.decode()


def test_name_with_a_phone_number_is_refused(client, manager, tenant):
    client.force_login(manager)

    assert uploaded(client, template(), "For +358401234567").status_code == 422


def test_tenant_has_a_limit_of_templates(client, manager, tenant, monkeypatch):
    monkeypatch.setattr(services, "MAX_TEMPLATES", 1)
    make_template(tenant, "One")
    client.force_login(manager)

    assert "There are 1 templates, the limit." in uploaded(client, template()).content.decode()


@pytest.mark.parametrize("person", ["viewer", "analyst"])
def test_templates_are_for_managers(client, request, person, tenant):
    client.force_login(request.getfixturevalue(person))

    assert client.get(PAGE).status_code == 403
    assert uploaded(client, template()).status_code == 403


def test_one_template_is_chosen_and_then_removed(client, manager, tenant):
    first, second = make_template(tenant, "One"), make_template(tenant, "Two")
    client.force_login(manager)
    for found in (first, second):
        client.post(f"{PAGE}{found.id}/choose/", {"use": "yes"})
    assert list(WorkbookTemplate.objects.filter(tenant=tenant, is_monthly=True)) == [second]

    client.post(f"{PAGE}{second.id}/choose/", {"use": "no"})
    assert not WorkbookTemplate.objects.filter(tenant=tenant, is_monthly=True).exists()
    client.post(f"{PAGE}{second.id}/remove/")
    assert list(WorkbookTemplate.objects.filter(tenant=tenant)) == [first]
    assert [entry.action for entry in AuditEntry.objects.filter(tenant=tenant).order_by("id")][-2:] == [
        "report_template.unchosen",
        "report_template.removed",
    ]


def test_download_is_the_file_that_was_uploaded(client, manager, tenant):
    found = make_template(tenant, "One")
    client.force_login(manager)

    assert client.get(f"{PAGE}{found.id}/file/").content == template()


def test_monthly_report_is_filled_into_the_chosen_template(tenant, messages):
    found = make_template(tenant, "One")

    def built() -> tuple[ReportRun, list[str]]:
        run, _ = build_now(scope=MonthScope(tenant), month=Month.of(NOW.date()), requested_by="tests", now=NOW)
        with open_edition(run, Masking(in_full=True)) as file:
            return run, openpyxl.load_workbook(BytesIO(file.read())).sheetnames

    plain, sheets = built()
    assert sheets[0] == "Cover"
    services.choose_monthly(template=found, is_chosen=True, actor="manager@example.com")
    run, sheets = built()

    assert sheets == ["Our month", "Days & more", "Other", "Untouched"]
    assert (plain.revision, run.revision) == (1, 2)


def test_template_that_cannot_be_filled_leaves_the_portals_own_workbook(tenant, messages):
    found = make_template(tenant, "One")
    WorkbookTemplate.objects.filter(id=found.id).update(is_monthly=True, content=b"damaged")

    run, _ = build_now(scope=MonthScope(tenant), month=Month.of(NOW.date()), requested_by="tests", now=NOW)

    with open_edition(run, Masking(in_full=True)) as file:
        assert openpyxl.load_workbook(BytesIO(file.read())).sheetnames[0] == "Cover"
