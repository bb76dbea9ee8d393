"""Making runs: the owner's rights at that moment, conditions, cancelling, killed workers, hooks, the month's report."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership, Role
from portal.common import jobs
from reports.models import DefinitionRun, ReportDefinition, ReportRun
from reports.schedules import files as stored_files
from reports.schedules.definitions import NameTaken, archive_definition, change_definition, create_definition
from reports.schedules.files import delete_old, open_file
from reports.schedules.making import make_runs
from reports.schedules.runs import DefinitionArchived, cancel, retry
from tests.deliveries.helpers import apply
from tests.schedules.conftest import IN_FULL, MASKED, asked, content, document, made, saved, stored
from tests.segments.sample import message

pytestmark = pytest.mark.django_db

ENDED: list[tuple[int, str, str]] = []


def note(run: DefinitionRun) -> None:
    """Note a run that has ended, as a hook."""
    ENDED.append((run.id, run.state, run.skipped))


def fail_once(run: DefinitionRun) -> None:
    """Fail at a run's first attempt, as a hook."""
    if run.attempts == 1:
        raise RuntimeError("no mail server")


@pytest.fixture(autouse=True)
def hooks(settings):
    settings.DEFINITION_HOOKS = [f"{__name__}.note"]
    ENDED.clear()


@pytest.fixture(autouse=True)
def messages(feed, tenant):
    """Two messages, one with a number in its campaign."""
    apply(feed, message("a", day="2026-11-05", ref_id="to +358401234567"), message("b", 1006, day="2026-11-06"))


def campaigns(run: DefinitionRun, masking=IN_FULL) -> list[str]:
    return sorted(row["Campaign"] for row in document(run, masking)["tables"]["Campaigns"])


def test_editions_for_readers_with_and_without_numbers(person, tenant):
    run = made(saved(person, tenant, "volumes"))

    assert campaigns(run) == ["sale", "to +358401234567"]
    assert campaigns(run, MASKED) == ["sale", "to +358 •••••••67"]
    assert (run.state, run.skipped, run.kind, run.cause, run.done) == ("done", "", "final", "person", 100)
    assert [(run.id, "done", "")] == ENDED
    assert stored() == [f"saved_reports/{tenant.id}/{run.id}_1_json_{edition}.json" for edition in ("full", "masked")]


def test_owner_who_sees_numbers_masked_makes_no_edition_in_full(person, tenant):
    definition = saved(person, tenant, "volumes")
    run = asked(definition)
    Membership.objects.filter(user=person).update(role=Role.ANALYST)

    make_runs(run_id=run.id)

    assert campaigns(run, IN_FULL) == ["sale", "to +358 •••••••67"]
    assert [file.edition for file in run.files.all()] == ["masked"]


@pytest.mark.parametrize("change", ["role", "left", "deleted"])
def test_owner_who_lost_the_right_stops_the_report(change, person, tenant):
    definition = saved(person, tenant, "volumes", frequency="daily", at="07:00")
    run = asked(definition)
    if change == "role":
        Membership.objects.filter(user=person).update(role=Role.VIEWER)
    elif change == "left":
        Membership.objects.filter(user=person).delete()
    else:
        person.delete()

    make_runs(run_id=run.id)

    run.refresh_from_db()
    definition.refresh_from_db()
    assert (run.state, run.skipped, run.attempts, stored()) == ("cancelled", "owner_left", 1, [])
    assert (definition.stopped_reason, definition.is_scheduled) == ("owner_left", False)
    assert [(run.id, "cancelled", "owner_left")] == ENDED
    entries = AuditEntry.objects.filter(tenant=tenant, subject="My volumes").order_by("id")
    assert list(entries.values_list("action", flat=True))[-2:] == [
        "report_definition.stopped",
        "definition_run.refused",
    ]


def test_only_if_there_are_rows(person, tenant):
    empty = {"period": "custom", "first": date(2026, 9, 1), "last": date(2026, 9, 2)}
    run = made(saved(person, tenant, "volumes", condition="rows", **empty))

    assert (run.state, run.skipped, run.rows, stored()) == ("done", "no_rows", 0, [])
    assert made(saved(person, tenant, "operators", condition="rows")).skipped == ""


def test_only_if_something_has_changed(feed, person, tenant):
    definition = saved(person, tenant, "volumes", condition="changed")
    first, again = made(definition), made(definition)
    apply(feed, message("c", day="2026-11-06"))
    third = made(definition)

    assert [run.skipped for run in (first, again, third)] == ["", "unchanged", ""]
    assert [run.files.count() for run in (first, again, third)] == [2, 0, 2]


def test_growing_days_alone_are_no_change(person, tenant, monkeypatch):
    definition = saved(person, tenant, "volumes", condition="changed", period="month_to_date", first=None, last=None)
    runs = []
    for day in (10, 11):
        monkeypatch.setattr(timezone, "now", lambda day=day: datetime(2026, 11, day, 12, tzinfo=UTC))
        runs.append(made(definition))

    assert [(str(run.first), str(run.last), run.skipped) for run in runs] == [
        ("2026-11-01", "2026-11-10", ""), ("2026-11-01", "2026-11-11", "unchanged"),
    ]  # fmt: skip


def test_due_time_has_one_run_of_its_days(person, tenant):
    definition = saved(person, tenant, "volumes", period="yesterday", first=None, last=None)
    due = datetime(2026, 11, 7, 5, tzinfo=UTC)
    runs = [asked(definition, cause="schedule", due_at=due) for _ in range(2)]

    assert runs[0] == runs[1]
    assert (str(runs[0].first), str(runs[0].last)) == ("2026-11-06", "2026-11-06")
    assert asked(saved(person, tenant, "errors")).due_at is None


def test_repeated_request_gets_the_open_run(person, tenant):
    definition = saved(person, tenant, "volumes")
    assert asked(definition) == asked(definition)

    archive_definition(definition=definition, actor="x", now=timezone.now())
    with pytest.raises(DefinitionArchived):
        asked(definition)


def test_name_is_unique_among_those_not_archived(person, tenant, other_tenant):
    first = saved(person, tenant, "volumes", name="Weekly")
    with pytest.raises(NameTaken):
        saved(person, tenant, "errors", name="WEEKLY")
    saved(person, other_tenant, "errors", name="Weekly")
    archive_definition(definition=first, actor="x", now=timezone.now())
    second = saved(person, tenant, "errors", name="Weekly")
    with pytest.raises(NameTaken):
        change_definition(
            definition=saved(person, tenant, "errors"), values={"name": "weekly"}, actor=person, now=timezone.now()
        )
    with pytest.raises(ValueError, match="owner"):
        create_definition(tenant=tenant, owner=person, values={"owner": person})
    assert ReportDefinition.objects.filter(tenant=tenant, archived_at=None, name="Weekly").get() == second


def test_cancelled_run_makes_no_file_and_is_retried(person, tenant):
    run = asked(saved(person, tenant, "volumes"))
    assert cancel(run, actor="x")
    make_runs(run_id=run.id)
    run.refresh_from_db()
    assert (run.state, stored(), cancel(run, actor="x"), ENDED) == ("cancelled", [], False, [])

    assert retry(run, requested_by="y@example.com")
    make_runs(run_id=run.id)
    run.refresh_from_db()
    assert (run.state, run.cause, run.requested_by, len(stored())) == ("done", "retry", "y@example.com", 2)
    assert not retry(run, requested_by="y@example.com")


def test_run_whose_worker_was_killed_has_its_files_once(person, tenant):
    run = asked(saved(person, tenant, "volumes"))
    killed = jobs.claim(DefinitionRun, run.id)
    left = default_storage.save(f"saved_reports/{tenant.id}/{run.id}_1_json_full.json", ContentFile(b"half"))
    DefinitionRun.objects.filter(id=run.id).update(lease_until=timezone.now() - timedelta(seconds=1))

    assert make_runs() == 1

    run.refresh_from_db()
    assert (run.state, run.attempts, ENDED) == ("done", 2, [(run.id, "done", "")])
    assert left not in stored()
    assert sorted(run.files.values_list("file", flat=True)) == stored()
    with pytest.raises(jobs.LeaseLost):
        jobs.renew(killed)


def test_hook_that_fails_leaves_no_file_and_is_called_again(person, tenant, settings):
    settings.DEFINITION_HOOKS = [f"{__name__}.note", f"{__name__}.fail_once"]
    run = made(saved(person, tenant, "volumes"))
    assert (run.state, run.files.count(), stored()) == ("queued", 0, [])

    DefinitionRun.objects.filter(id=run.id).update(not_before=None)
    make_runs(run_id=run.id)

    run.refresh_from_db()
    assert (run.state, run.attempts, run.files.count(), len(stored())) == ("done", 2, 2, 2)


def test_monthly_volumes_are_the_month_s_revision(person, tenant):
    definition = saved(
        person, tenant, "monthly", formats=["xlsx", "json"], first=date(2026, 11, 1), last=date(2026, 11, 30)
    )
    first, again = made(definition), made(definition)

    report = ReportRun.objects.get(tenant=tenant, revision=1)
    assert (first.report_run, again.report_run.same_as) == (report, report)
    with default_storage.open(report.file) as file:
        assert content(first, "xlsx") == content(again, "xlsx") == file.read()
    with default_storage.open(report.masked_file) as file:
        assert content(first, "xlsx", MASKED) == file.read()
    assert document(first)["header"]["month"] == "2026-11"
    assert campaigns(first, MASKED) == ["sale", "to +358 •••••••67"]


def test_file_expires(person, tenant):
    run = made(saved(person, tenant, "volumes"))
    now = run.finished_at + stored_files.KEPT

    assert delete_old(now=now - timedelta(seconds=1)) == 0
    assert delete_old(now=now) == 2

    assert stored() == []
    assert set(run.files.values_list("gone", flat=True)) == {"expired"}
    with pytest.raises(FileNotFoundError):
        open_file(run.files.select_related("run").first())


def test_subject_that_is_gone_stops_the_report(person, tenant):
    definition = saved(person, tenant, "campaign", parameters={"campaign": 1_000_000})
    run = made(definition)

    definition.refresh_from_db()
    assert (run.state, run.skipped, definition.stopped_reason) == ("cancelled", "subject_gone", "subject_gone")


def test_long_table_is_cut_and_says_so(person, tenant, monkeypatch):
    monkeypatch.setattr("reports.schedules.figure_tables.MAX_ROWS", 1)
    found = document(made(saved(person, tenant, "volumes")))

    rows = found["tables"]["Campaigns"]
    assert [(row["Campaign"], row["Messages"]) for row in rows] == [("sale", 1), ("(1 other rows)", 1)]
    assert found["totals"]["Campaigns"]["Messages"] == 2


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"last": None}, "custom_has_days"),
        ({"last": date(2026, 10, 1)}, "custom_has_days"),
        ({"frequency": "weekly", "at": "07:00"}, "schedule_is_whole"),
        ({"frequency": "monthly", "at": "07:00", "month_day": 32}, "schedule_is_whole"),
    ],
)
def test_definition_that_cannot_be(values, name, person, tenant):
    with pytest.raises(IntegrityError, match=name):
        saved(person, tenant, "volumes", **values)
