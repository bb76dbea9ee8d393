"""Months of the Reports page: which are listed and offered, and the question before an empty one is made."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from deliveries.models import DailyCount
from reports.models import ReportRun
from tests.deliveries.helpers import apply, dlr
from tests.pages.conftest import make_run

URL = "/t/nordic-retail/reports/"
QUESTION = "Create a report without messages?"


@pytest.fixture(autouse=True)
def now(monkeypatch) -> datetime:
    instant = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: instant)
    return instant


def send(feed, *months: str) -> None:
    for month in months:
        sent_at = {"sentTimestamp": f"{month}-05T10:00:00Z", "timestamp": f"{month}-05T10:00:05Z"}
        apply(feed, dlr(f"m{month}", gateCustomParameters={"platformPartnerId": "nr-fi"}, **sent_at))


def listed(response) -> list[str]:
    return [str(row.month) for row in response.context["page_obj"]]


def offered(page: str) -> list[tuple[str, str]]:
    """Return value and text of each option of the month picker."""
    return re.findall(r'<option value="([^"]*)"(?: selected)?>([^<]*)</option>', page.split('id="make"')[1])


def test_months_with_messages_or_a_report_are_listed_and_those_between_are_not(client, tenant, feed, viewer):
    send(feed, "2026-10", "2026-07")
    make_run(tenant, "2020-01")
    client.force_login(viewer)

    assert listed(client.get(URL)) == ["2026-11", "2026-10", "2026-07", "2020-01"]


def test_month_whose_messages_moved_away_is_not_listed(client, tenant, feed, viewer):
    send(feed, "2026-10", "2026-07")
    DailyCount.objects.filter(tenant=tenant, day__month=7).update(messages=0, parts=0)  # rows of zeros mean nothing
    client.force_login(viewer)

    assert listed(client.get(URL)) == ["2026-11", "2026-10"]


def test_picker_offers_the_months_from_the_first_message_to_today(client, tenant, feed, analyst):
    send(feed, "2026-10", "2026-08")
    make_run(tenant, "2026-10")
    make_run(tenant, "2020-01")  # no messages: the picker does not begin there
    client.force_login(analyst)

    page = client.get(URL).content.decode()
    client.cookies["language"] = "fi"
    finnish = client.get(URL).content.decode()

    assert offered(page) == [
        ("2026-11", "November 2026 (no messages)"),
        ("2026-10", "October 2026 (has a report)"),
        ("2026-09", "September 2026 (no messages)"),
        ("2026-08", "August 2026"),
    ]
    assert ("2026-09", "Syyskuu 2026 (ei viestejä)") in offered(finnish)


def test_empty_month_asks_first_and_is_made_after_the_answer(client, tenant, feed, analyst):
    send(feed, "2026-10")
    client.force_login(analyst)

    asked = client.post(f"{URL}make/", {"month": "2020-01"})
    before = ReportRun.objects.count()
    made = client.post(f"{URL}make/", {"month": "2020-01", "confirmed": "yes"})

    page = asked.content.decode()
    assert (asked.status_code, QUESTION in page, "no messages in January 2020" in page) == (200, True, True)
    assert ('<input type="hidden" name="month" value="2020-01">' in page, before) == (True, 0)
    assert (made.status_code, ReportRun.objects.get().month.isoformat()) == (302, "2020-01-01")


def test_month_with_messages_or_a_report_is_made_at_once(client, tenant, feed, analyst):
    send(feed, "2026-10")
    make_run(tenant, "2026-09")
    client.force_login(analyst)

    answers = [client.post(f"{URL}make/", {"month": month}).status_code for month in ("2026-10", "2026-09")]

    assert (answers, ReportRun.objects.filter(state="queued").count()) == ([302, 302], 2)


def test_row_of_an_empty_month_asks_on_a_page_of_its_own(client, tenant, feed, analyst):
    send(feed, "2026-10")
    client.force_login(analyst)

    page = client.get(URL).content.decode()
    in_place = client.post(f"{URL}make/", {"month": "2026-11"}, headers={"HX-Request": "true"})

    rows = {row.split('"', 1)[0]: "hx-post" in row for row in page.split('id="m')[1:] if row.startswith("2026")}
    assert rows == {"2026-11": False, "2026-10": True}
    assert (in_place.headers.get("HX-Refresh"), in_place.content, ReportRun.objects.count()) == ("true", b"", 0)
