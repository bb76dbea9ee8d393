"""The event `report.ready` of monthly reports: gates tell each that is made, and each that could not be."""

import pytest
from django.utils import timezone

from deliveries.gates.event_examples import BODIES
from deliveries.models import Gate
from portal.common import jobs
from portal.common.periods import Month
from portal.tenants.models import GatewayAccount
from reports.models import ReportRun
from reports.runs.runs import build_report, request_run
from tests.deliveries.helpers import apply, dlr
from tests.gates.factors import make_gate
from tests.schedules.test_events import bodies

pytestmark = pytest.mark.django_db
OCTOBER = Month(2026, 10)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    of_files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = settings.STORAGES | {"default": of_files}
    settings.PUBLIC_URL = "https://reports.example.com"


@pytest.fixture
def gate(feed, tenant) -> Gate:
    apply(
        feed,
        dlr(
            "a",
            sentTimestamp="2026-10-05T10:00:00Z",
            timestamp="2026-10-05T10:00:05Z",
            gateCustomParameters={"platformPartnerId": "nr-fi"},
            customParameters={"destination": "+358401234567"},
        ),
    )
    return make_gate(tenant, events=["report.ready"])


def made(tenant, account=None) -> ReportRun:
    run = request_run(tenant=tenant, account=account, month=OCTOBER, requested_by="key", now=timezone.now())
    build_report(run_id=run.id, now=timezone.now())
    run.refresh_from_db()
    return run


def test_gates_tell_a_monthly_report_that_is_made_and_one_without_changes(gate, tenant):
    run, same = made(tenant), made(tenant)
    first, second = bodies(gate)
    assert set(first) == set(BODIES[Gate.Event.REPORT_READY])
    assert (first["report"], first["run"], first["kind"], first["name"]) == (None, run.id, "monthly", "2026-10")
    assert (first["first"], first["last"], first["state"]) == ("2026-10-01", "2026-10-31", "final")
    assert (first["formats"], first["rows"], first["skipped"]) == (["xlsx"], run.rows, None)
    assert first["url"] == f"https://reports.example.com/t/{tenant.slug}/reports/"
    assert first["api_url"] == f"https://reports.example.com/api/v1/reports/{run.id}/"
    assert (second["run"], same.same_as_id, second["rows"]) == (same.id, run.id, run.rows)


def test_a_monthly_report_that_could_not_be_made_is_told_once(gate, tenant, monkeypatch):
    def broken(**_):
        raise OSError("no space left")

    monkeypatch.setattr("reports.runs.runs.month_figures", broken)
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="key", now=timezone.now())
    for attempt in range(jobs.MAX_ATTEMPTS):
        assert bodies(gate) == [], attempt
        ReportRun.objects.filter(id=run.id).update(not_before=None)
        build_report(run_id=run.id, now=timezone.now())
    [told] = bodies(gate)
    assert (told["run"], told["formats"], told["skipped"], told["rows"]) == (run.id, [], "failed", None)


def test_an_accounts_report_is_told_to_its_owner_alone(gate, tenant, account):
    made(account.pool, account)
    assert bodies(gate) == []  # nobody owns it

    GatewayAccount.objects.filter(id=account.id).update(owner=tenant, owner_since=timezone.now())
    account.refresh_from_db()
    run = made(account.pool, account)
    [told] = bodies(gate)
    assert (told["run"], told["name"]) == (run.id, f"{account.name} 2026-10")
    assert told["url"] == f"https://reports.example.com/t/{tenant.slug}/reports/accounts/{account.name}/"
