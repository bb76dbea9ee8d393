"""The summary on top of the Reports page shows the figures of the workbook that can be downloaded below it."""

import io
import re
from datetime import UTC, datetime

import openpyxl
import pytest
from django.utils import timezone

from portal.common.periods import Month
from reports.models import ReportRun
from reports.runs.runs import build_report, request_run
from tests.deliveries.helpers import apply, dlr
from tests.pages.conftest import make_run

URL = "/t/nordic-retail/reports/"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch) -> datetime:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


def october(id_: str, code: int = 1001, to: str = "+358401234567", **more) -> bytes:
    return dlr(
        id_, code, sentTimestamp="2026-10-05T10:00:00Z", timestamp="2026-10-05T10:00:05Z",
        gateCustomParameters={"platformPartnerId": "nr-fi"}, customParameters={"destination": to}, **more,
    )  # fmt: skip


def make(tenant, *, requested_by: str = "schedule") -> ReportRun:
    run = request_run(tenant=tenant, month=Month(2026, 10), requested_by=requested_by, now=NOW)
    assert build_report(run_id=run.id, now=NOW) == "done"
    return ReportRun.objects.get(id=run.id)


def shown(page: str) -> dict[str, str]:
    """Return the summary's figures by name, with the note below each."""
    figure = r'kpi-name[^>]*>([^<]+)<.*?<span class="kpi-value">([^<]+)</span>(?:<span class="kpi-note">([^<]*))?'
    found = re.findall(figure, page, re.DOTALL)
    return {name: f"{value} {note}".strip() for name, value, note in found}


def test_summary_equals_the_workbook(client, feed, tenant, viewer):
    apply(
        feed, october("a", segments=2), october("b"), october("c", 1006), october("d", 1000, to="+46701112233"),
        october("e", to="+46701112234"), october("f", 1010, to="+37251234567"),
    )  # fmt: skip
    run = make(tenant)
    client.force_login(viewer)

    page = client.get(URL).content.decode()
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{URL}{run.id}/download/").getvalue()))

    cells = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True) if row[0]}
    countries = [row[:3] for row in book["Countries"].iter_rows(min_row=2, values_only=True)]
    assert shown(page) == {
        "Messages": "6",
        "Delivered": "50.00\xa0% 3 messages",
        "Pending": "16.67\xa0% 1 message",
        "Failed": "16.67\xa0% 1 message",
        "Unknown": "16.67\xa0% 1 message",
        "SMS parts": "7",
        "Countries": "3 Finland 50.0\xa0%, Sweden 33.3\xa0%, Estonia 16.7\xa0%",
    }
    counts = [cells[name] for name in ("Messages", "Delivered", "Pending", "Failed", "Unknown", "SMS parts")]
    assert (counts, cells["Delivery rate"]) == ([6, 3, 1, 1, 1, 7], 0.5)
    assert [row for row in countries if row[0] in ("FI", "SE", "EE")] == [
        ("FI", "Finland", 3), ("SE", "Sweden", 2), ("EE", "Estonia", 1),
    ]  # fmt: skip


def test_summary_keeps_the_figures_of_the_file_while_the_counts_change(client, feed, tenant, viewer):
    apply(feed, october("a"))
    make(tenant)
    apply(feed, october("b", 1006), october("c", 1006))
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    assert (shown(page)["Messages"], shown(page)["Delivered"]) == ("1", "100.00\xa0% 1 message")
    assert ("stage-outdated" in page, "Download outdated file" in page) == (True, True)


def test_report_without_stored_figures_shows_dashes(client, tenant, viewer):
    make_run(tenant, "2026-10")
    client.force_login(viewer)

    figures = shown(client.get(URL).content.decode())

    assert (figures["Messages"], figures["Delivered"], figures["Countries"]) == ("1,234,567", "–", "–")


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ("schedule", "Created automatically"),
        ("erasure", "Created automatically after an erasure"),
        ("analyst@example.com", "Created by analyst@example.com"),
    ],
)
def test_row_says_who_made_the_report_and_in_which_language(client, tenant, viewer, who, text):
    make_run(tenant, "2026-10", requested_by=who, language="fi")
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    assert f'made-by">{text}</div>' in page
    assert re.search(r'<div class="soft small">[\d.]+\sKB · Finnish</div>', page)


def test_summary_follows_when_a_running_report_is_done(client, feed, tenant, analyst):
    apply(feed, october("a"))
    run = request_run(tenant=tenant, month=Month(2026, 10), requested_by="analyst@example.com", now=NOW)
    client.force_login(analyst)
    row = {"headers": {"HX-Request": "true"}}

    before = client.get(URL, {"month": "2026-10"}, **row).content.decode()
    build_report(run_id=run.id, now=NOW)
    after = client.get(URL, {"month": "2026-10"}, **row).content.decode()

    assert ('id="newest"' in before, 'id="newest" hx-swap-oob="true"' in after) == (False, True)
    assert (shown(after)["Messages"], "October 2026" in after) == ("1", True)


def test_removed_newest_month_gives_its_place_to_the_one_before(client, tenant, viewer):
    make_run(tenant, "2026-10", removed_at=NOW)
    make_run(tenant, "2026-09")
    client.force_login(viewer)

    page = client.get(URL).content.decode()

    assert '<h2 id="newest-title">September 2026</h2>' in page
