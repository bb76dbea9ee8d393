"""Removing a month's report: who may, what is asked, what is left of it."""

from datetime import UTC, datetime

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from deliveries.models import ErasedMonth
from portal.accounts.models import AuditEntry
from portal.common.periods import Month
from reports.models import ReportRun
from reports.monthly.changes_since import changes_since
from reports.runs.due_months import queue_due_runs
from reports.runs.erased_files import delete_erased_files
from reports.runs.removal import NothingToRemove, StillBeingMade, remove_month
from reports.runs.report_scope import ReportScope
from reports.runs.runs import build_report, request_run, retry_run
from reports.schedules.erased import delete_files_of_month
from tests.pages.conftest import make_run

URL = "/t/nordic-retail/reports/"
REMOVE = f"{URL}2026-10/remove/"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch) -> datetime:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.mark.parametrize(
    ("who", "asked", "removed"),
    [("owner", 200, True), ("analyst", 200, True), ("viewer", 403, False), ("stranger", 404, False)],
)
def test_month_is_removed_by_who_may_make_it(client, request, tenant, who, asked, removed):
    run = make_run(tenant, "2026-10", kind="provisional")
    client.force_login(request.getfixturevalue(who))

    page = client.get(REMOVE)
    answer = client.post(REMOVE)

    run.refresh_from_db()
    assert (page.status_code, answer.status_code) == (asked, 302 if removed else asked)
    assert (run.removed_at == NOW, default_storage.exists(run.file)) == (removed, not removed)
    entries = list(
        AuditEntry.objects.filter(action="report.removed").values_list("actor", "tenant", "subject", "details")
    )
    details = {"revisions": [1], "final": False}
    assert entries == ([(f"{who}@example.com", tenant.id, "nordic-retail 2026-10", details)] if removed else [])


def test_removed_month_leaves_the_page_and_its_files_say_so(client, tenant, analyst):
    runs = [make_run(tenant, "2026-10", revision=n, kind="provisional") for n in (1, 2)]
    make_run(tenant, "2026-10", revision=3, state="failed")
    make_run(tenant, "2026-09")
    client.force_login(analyst)

    question = client.get(REMOVE).content.decode()
    page = client.post(REMOVE, follow=True).content.decode()
    gone = [client.get(f"{URL}{run.id}/download/") for run in runs]

    assert ("2 files are deleted for good" in question, question.count("<li>Revision")) == (True, 2)
    assert "The report for October 2026 was removed, and its files were deleted." in page
    assert ('id="m2026-10"' in page, 'id="m2026-09"' in page) == (False, True)
    assert [(answer.status_code, "was removed on" in answer.content.decode()) for answer in gone] == [(410, True)] * 2
    assert [default_storage.exists(run.file) for run in runs] == [False, False]
    assert client.get(REMOVE).status_code == 404


def test_final_report_is_removed_only_with_a_confirmation(client, tenant, owner):
    run = make_run(tenant, "2026-10", kind="final")
    client.force_login(owner)

    question = client.get(REMOVE).content.decode()
    refused = client.post(REMOVE, {"remove": "yes"})
    run.refresh_from_db()
    kept = run.removed_at is None and default_storage.exists(run.file)
    done = client.post(REMOVE, {"remove": "yes", "understood": "on"})

    run.refresh_from_db()
    assert "Invoices may rest on it." in question
    text = "Confirmation: a final report is removed only if you confirm that invoices may rest on it."
    assert (refused.status_code, text in refused.content.decode(), kept) == (422, True, True)
    assert (done.status_code, run.removed_at) == (302, NOW)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_report_that_is_being_made_is_not_removed(client, tenant, analyst, state):
    run = make_run(tenant, "2026-10", kind="provisional")
    make_run(tenant, "2026-10", revision=2, state=state)
    client.force_login(analyst)

    page = client.get(URL).content.decode()
    answers = [client.get(REMOVE, follow=True), client.post(REMOVE, follow=True)]

    assert f'href="{REMOVE}"' not in page
    assert ["was not removed" in answer.content.decode() for answer in answers] == [True, True]
    assert default_storage.exists(run.file)
    scope = ReportScope(tenant, frozenset({tenant.id}))
    with pytest.raises(StillBeingMade):
        remove_month(report_scope=scope, owner=tenant, month=Month(2026, 10), actor="x", now=NOW)
    with pytest.raises(NothingToRemove):
        remove_month(report_scope=scope, owner=tenant, month=Month(2026, 9), actor="x", now=NOW)


def test_number_of_a_removed_revision_is_not_used_again(client, tenant, analyst):
    make_run(tenant, "2026-10", revision=1, kind="provisional")
    client.force_login(analyst)
    client.post(REMOVE)

    run = request_run(tenant=tenant, month=Month(2026, 10), requested_by="analyst@example.com", now=NOW)

    assert (run.revision, build_report(run_id=run.id, now=NOW)) == (2, "done")
    run.refresh_from_db()
    assert (run.same_as, default_storage.exists(run.file)) == (None, True)


def test_same_report_again_after_a_removal_has_a_file_of_its_own(client, tenant, analyst):
    first = request_run(tenant=tenant, month=Month(2026, 10), kind="provisional", requested_by="a", now=NOW)
    assert build_report(run_id=first.id, now=NOW) == "done"
    client.force_login(analyst)
    client.post(REMOVE, {"understood": "on"})

    again = request_run(tenant=tenant, month=Month(2026, 10), requested_by="a", now=NOW)
    build_report(run_id=again.id, now=NOW)

    again.refresh_from_db()
    assert (again.same_as, again.revision, default_storage.exists(again.file)) == (None, 2, True)


def test_removed_month_is_not_made_again_by_the_schedule_an_erasure_or_a_retry(tenant):
    done = make_run(tenant, "2026-10", removed_at=NOW)
    failed = make_run(tenant, "2026-10", revision=2, state="failed", removed_at=NOW)
    ErasedMonth.objects.create(tenant=tenant, month=done.month)

    assert queue_due_runs(now=NOW) == []
    assert delete_erased_files(now=NOW, also=delete_files_of_month) == 0
    assert retry_run(run=failed, requested_by="a", now=NOW) is False
    assert ReportRun.objects.filter(state="queued").count() == 0


def test_removed_final_report_is_not_outdated(tenant):
    run = make_run(tenant, "2026-10", messages=5, removed_at=NOW)

    assert changes_since([run], {tenant.id: [tenant.id]}) == {}


def test_removal_asks_in_finnish_too(client, tenant, owner):
    make_run(tenant, "2026-10", kind="final")
    client.force_login(owner)
    client.cookies["language"] = "fi"

    page = client.get(REMOVE).content.decode()

    assert "Poistetaanko kuukauden lokakuu 2026 raportti?" in page


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-11"])
def test_month_without_a_report_is_not_found(client, tenant, owner, month):
    make_run(tenant, "2026-10")
    client.force_login(owner)

    assert client.get(f"{URL}{month}/remove/").status_code == 404


@pytest.mark.parametrize(("kind", "word"), [("final", "Final"), ("provisional", "Provisional")])
def test_provisional_and_final_reports_look_different(client, tenant, owner, kind, word):
    make_run(tenant, "2026-10", kind=kind)
    client.force_login(owner)

    page = client.get(URL).content.decode()

    assert f'<span class="stage stage-{kind}">{word}</span>' in page
    assert ("Figures may still change." in page) is (kind == "provisional")
