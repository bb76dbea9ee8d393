"""Pages of templates: who may, what is stored, what is refused, and the report that is filled in."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.common.masking import Masking
from portal.common.periods import Month
from reports.models import DefinitionRun, ReportDefinition, ReportRun, WorkbookTemplate
from reports.monthly.selector import MonthScope
from reports.runs.editions import open_edition
from reports.runs.runs import build_now
from reports.schedules.definitions import create_definition
from reports.schedules.files import edition_of, open_file
from reports.schedules.making import make_runs
from reports.schedules.runs import request_definition_run
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


@pytest.fixture
def saved_report(messages, manager, tenant):
    """Return a function that saves monthly volumes with a template."""

    def save(template: WorkbookTemplate, formats: list[str]) -> ReportDefinition:
        values = {
            "name": "Board", "kind": "monthly", "formats": formats, "parameters": {"template": template.id},
            "period": "custom", "first": date(2026, 11, 1), "last": date(2026, 11, 30),
        }  # fmt: skip
        return create_definition(tenant=tenant, owner=manager, values=values)

    return save


def made(definition: ReportDefinition) -> DefinitionRun:
    now = timezone.now()
    run = request_definition_run(definition=definition, requested_by="mari@example.com", cause="person", now=now)
    make_runs(run_id=run.id)
    return DefinitionRun.objects.get(id=run.id)


def workbook_of(run: DefinitionRun, *, in_full: bool):
    with open_file(edition_of(run, "xlsx", Masking(in_full=in_full))) as file:
        return openpyxl.load_workbook(BytesIO(file.read()))


def test_saved_report_fills_the_template_that_was_chosen_for_it(saved_report, tenant):
    chosen, of_months = make_template(tenant, "Board pack"), make_template(tenant, "Another")
    services.choose_monthly(template=of_months, is_chosen=True, actor="mari@example.com")
    definition = saved_report(chosen, ["xlsx", "json"])

    book = openpyxl.Workbook()
    book.active["A1"] = "{{Summary.Messages}} messages in {{Report.Period}}"
    WorkbookTemplate.objects.filter(id=chosen.id).update(content=saved(book))
    run = made(definition)

    assert (run.state, run.error) == ("done", "")
    for in_full in (True, False):
        filled = workbook_of(run, in_full=in_full)
        assert (filled.sheetnames, filled.active["A1"].value) == (["Sheet"], "2 messages in November 2026")
    with open_edition(run.report_run, Masking(in_full=True)) as file:
        assert openpyxl.load_workbook(BytesIO(file.read())).sheetnames[0] == "Our month"  # the month's own stays


def test_saved_report_without_its_template_is_the_months_workbook(saved_report, client, manager, tenant):
    client.force_login(manager)
    chosen = make_template(tenant, "Board pack")
    definition = saved_report(chosen, ["xlsx"])
    address = f"/t/nordic-retail/reports/definitions/{definition.id}/"
    assert "Board pack" in client.get(address).content.decode()
    assert "Saved reports: Board" in client.get(PAGE).content.decode()

    services.remove_template(template=chosen, actor="mari@example.com")

    assert workbook_of(made(definition), in_full=True).sheetnames[:2] == ["Cover", "Summary"]
    assert "The template does not exist any more" in client.get(address).content.decode()
    form = client.get(f"{address}change/").content.decode()
    assert "The template that was chosen does not exist any more." in form


def test_builder_offers_the_templates_for_monthly_volumes(client, manager, tenant, other_tenant):
    client.force_login(manager)
    others = make_template(other_tenant, "Theirs")
    page = "/t/nordic-retail/reports/definitions/new/?kind="
    assert 'name="template"' not in client.get(f"{page}monthly").content.decode()
    own = make_template(tenant, "Board pack")
    values = {
        "name": "Board", "kind": "monthly", "period": "last_month", "formats": ["xlsx"], "template": str(own.id),
    }  # fmt: skip

    offered = client.get(f"{page}monthly").context["form"].fields["template"].choices
    assert offered == [("", "The month's own workbook"), (str(own.id), "Board pack")]
    assert 'name="template"' not in client.get(f"{page}volumes").content.decode()
    assert client.post(page, values | {"template": str(others.id)}).status_code == 422
    without = client.post(page, values | {"formats": ["pdf"]})
    assert (without.status_code, "choose the format Excel workbook" in without.content.decode()) == (422, True)
    assert client.post(page, values).status_code == 302
    assert ReportDefinition.objects.get().parameters == {"template": own.id}
