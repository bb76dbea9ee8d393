"""Message logs: columns, masked numbers, erasure, retention, changes, limits."""

import io
import json

import openpyxl
import pandas
import pytest
from django.utils import timezone

from deliveries.erasure.erase import erase_number
from deliveries.models import RetentionMark
from portal.common import jobs
from reports.models import DefinitionRun
from reports.schedules.files import delete_old
from reports.schedules.making import make_runs
from reports.schedules.runs import cancel
from tests.deliveries.helpers import apply
from tests.schedules.conftest import IN_FULL, MASKED, asked, content, document, made, saved, stored
from tests.segments.sample import message

pytestmark = pytest.mark.django_db(transaction=True)  # files are read in a snapshot of its own

NUMBER = "+358401234567"
COLUMNS = ["sent_at", "message_id", "number", "campaign", "status", "parts"]


@pytest.fixture(autouse=True)
def messages(feed, tenant):
    apply(
        feed,
        message("a", day="2026-11-05", number=NUMBER, ref_id=f"to {NUMBER}"),
        message("b", 1006, day="2026-11-06", number="+358407654398", ref_id='=1+1,"x"'),
        message("c", day="2026-10-06", number="+358407654398"),
    )


def log(person, tenant, **values):
    return saved(person, tenant, "messages", **{"parameters": {"columns": COLUMNS}} | values)


def numbers(run: DefinitionRun, masking=IN_FULL) -> list[str]:
    return [row["number"] for row in document(run, masking)["rows"]]


def test_formats_and_editions(person, tenant):
    run = made(log(person, tenant, formats=["xlsx", "csv", "parquet", "json"]))

    assert (run.state, run.error, run.rows) == ("done", "", 2)
    assert numbers(run) == ["+358407654398", NUMBER]
    assert numbers(run, MASKED) == ["+358 •••••••98", "+358 •••••••67"]
    assert [row["campaign"] for row in document(run, MASKED)["rows"]] == ['=1+1,"x"', "+358 •••••••67"]
    rows = document(run)["rows"]
    assert list(rows[0]) == COLUMNS
    frame = pandas.read_parquet(io.BytesIO(content(run, "parquet")))
    assert frame.message_id.tolist() == [row["message_id"] for row in rows] == ["b", "a"]
    sheet = openpyxl.load_workbook(io.BytesIO(content(run, "xlsx"))).worksheets[0]
    cells = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[1:4] for row in cells] == [("b", "+358407654398", '=1+1,"x"'), ("a", NUMBER, f"to {NUMBER}")]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, max_col=4, min_col=2) for cell in row} == {"s"}
    assert "\"'=1+1" in content(run, "csv").decode("utf-8-sig")
    assert NUMBER not in content(run, "csv", MASKED).decode("utf-8-sig")
    assert run.oldest == {str(tenant.id): ["2026-11-05", "2026-11-05"]}
    assert len(stored()) == 8


def test_filters_and_conditions(feed, person, tenant):
    failed = {"columns": COLUMNS, "search": {"statuses": ["failed"]}}
    assert made(log(person, tenant, parameters=failed)).rows == 1
    none = {"columns": COLUMNS, "search": {"country": "SE"}}
    run = made(log(person, tenant, name="none", parameters=none, condition="rows"))
    assert (run.state, run.skipped, run.files.count()) == ("done", "no_rows", 0)

    changed = log(person, tenant, name="changed", condition="changed")
    first, again = made(changed), made(changed)
    apply(feed, message("d", day="2026-11-07"))
    third = made(changed)
    assert [one.skipped for one in (first, again, third)] == ["", "unchanged", ""]


def test_files_are_deleted_when_a_number_is_erased(person, tenant):
    run = made(log(person, tenant))
    figures = made(saved(person, tenant, "operators"))

    erase_number(number=NUMBER, tenant=tenant, actor="x")
    assert delete_old(now=timezone.now()) == 2

    assert set(run.files.values_list("gone", flat=True)) == {"erased"}
    assert set(figures.files.values_list("gone", flat=True)) == {""}
    again = made(run.definition)
    assert numbers(again) == ["+358407654398", ""]


def test_run_begun_before_an_erasure_is_made_again(person, tenant, monkeypatch):
    run = asked(log(person, tenant))

    erased = []

    def mark_aside(job, *fields, **kwargs):
        if not erased:
            erased.append(DefinitionRun.objects.filter(id=run.id).update(erased_at=timezone.now()))
        return renew(job, *fields, **kwargs)

    renew = jobs.renew
    monkeypatch.setattr(jobs, "renew", mark_aside)
    make_runs(run_id=run.id)
    run.refresh_from_db()
    assert (run.state, run.erased_at, stored(), erased) == ("queued", None, [], [1])

    DefinitionRun.objects.filter(id=run.id).update(not_before=None)
    make_runs(run_id=run.id)
    run.refresh_from_db()
    assert (run.state, len(stored())) == ("done", 2)


def test_files_go_with_what_retention_deletes(person, tenant):
    run = made(log(person, tenant))

    RetentionMark.objects.create(tenant=tenant, numbers_before="2026-11-05")
    assert delete_old(now=timezone.now()) == 0
    RetentionMark.objects.update(numbers_before="2026-11-06")
    assert delete_old(now=timezone.now()) == 2
    assert set(run.files.values_list("gone", flat=True)) == {"retention"}


def test_too_many_rows(person, tenant, settings):
    settings.EXPORT_MAX_ROWS = 1
    run = made(log(person, tenant))

    assert (run.state, run.skipped, stored()) == ("cancelled", "too_large", [])


def test_cancelled_between_pages(person, tenant, monkeypatch):
    run = asked(log(person, tenant, formats=["csv", "json"]))
    seen = []

    def cancel_first(job, *fields, **kwargs):
        if not seen:
            seen.append(cancel(run, actor="x"))
        return renew(job, *fields, **kwargs)

    renew = jobs.renew
    monkeypatch.setattr(jobs, "renew", cancel_first)
    make_runs(run_id=run.id)

    run.refresh_from_db()
    assert (run.state, run.skipped, seen, stored()) == ("cancelled", "", [True], [])


def test_json_is_one_document(person, tenant):
    run = made(log(person, tenant, formats=["json"]))

    found = json.loads(content(run))
    assert found["header"]["numbers"] == "full"
    assert found["header"]["title"] == "My messages · 1–20 Nov 2026 · final"
