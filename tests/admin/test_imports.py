"""The admin's page of imports: what became of each one's rows, and the quarantined ones."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from deliveries.applying.apply import apply_waiting
from deliveries.applying.import_counts import outcome_of
from deliveries.models import ImportRun, IngestCount, QuarantinedRow
from tests.admin.acting import act
from tests.deliveries.helpers import put


@pytest.fixture
def run(feed, tmp_path, settings) -> ImportRun:
    settings.INGEST_MAX_BODY = 200
    path = tmp_path / "october.ndjson"
    path.write_bytes(b'{"id":"a","resultCode":1001}\n' * 3 + b"broken\n" + b"x" * 300)
    with pytest.raises(CommandError):
        call_command("import_dlrs", str(path), feed="main")
    return ImportRun.objects.get()


def test_imports_show_their_rows_and_lead_to_the_quarantined_ones(staff, feed, tenant, run):
    put(feed, b"broken, but by the door")
    apply_waiting()
    page = staff.get(reverse("admin:deliveries_importrun_changelist")).content.decode()
    link = reverse("admin:deliveries_quarantinedrow_changelist") + f"?import_run={run.id}"
    cells = [re.search(rf"field-{name}[^>]*>\s*(\d+)", page)[1] for name in ("reports", "duplicates")]
    assert cells == ["1", "2"]
    assert f'<a href="{link}">2</a>' in page

    listed = staff.get(link).context["cl"]
    assert sorted(row.reason for row in listed.result_list) == ["not JSON", "too long"]
    row = QuarantinedRow.objects.get(reason="not JSON", import_run=run)
    detail = staff.get(reverse("admin:deliveries_quarantinedrow_change", args=[row.id])).content.decode()
    assert "october.ndjson" in detail


def test_replay_by_staff_uncounts_the_import_rows_too(staff, tenant, run):
    row = QuarantinedRow.objects.get(reason="not JSON", import_run=run)
    act(staff, "deliveries_quarantinedrow", "replay_rows", row)
    outcome = outcome_of(run)
    assert (outcome.reasons, outcome.waiting) == ({"too long": 1}, 1)
    assert sum(IngestCount.objects.values_list("quarantined", flat=True)) == 1
