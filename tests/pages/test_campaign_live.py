"""A campaign that runs: its page has a live part, which is read from counts alone, and ends with the campaign."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign
from reports.statistics_stream import page_signals
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.test_overview import Page, sent

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


@pytest.fixture
def clock(monkeypatch):
    """Return a function that moves the time, from noon of the day on."""
    cache.clear()
    at = [NOW.replace(hour=12, minute=0, second=0)]
    monkeypatch.setattr(timezone, "now", lambda: at[0])
    return lambda seconds: at.__setitem__(0, at[0] + timedelta(seconds=seconds))


@pytest.fixture
def running(feed, tenant, clock) -> str:
    """A campaign of a hundred messages of today without a result; returns the address of its page."""
    apply(feed, *(message(n, 1000) for n in range(100)))
    return f"/t/nordic-retail/campaigns/{Campaign.objects.get(name='autumn').id}/"


def message(n: int, code: int, day: str = "") -> dict:
    return sent(f"m{n}", code, f"{day or f'{NOW:%Y-%m-%d}'}T08:00:00", 4, refId="autumn")


def deliver(feed, first: int, last: int) -> None:
    apply(feed, *(message(n, 1001) for n in range(first, last)))


def state(answer) -> str:
    found = re.search(r'data-state="(\w+)"', answer.content.decode())
    return found[1] if found else ""


def summary(answer) -> str:
    return re.search(r'class="live-summary">([^<]*)<', answer.content.decode())[1]


def test_page_of_a_running_campaign_has_a_live_part(client, viewer, running):
    client.force_login(viewer)

    page = client.get(running)

    assert state(page) == "running"
    assert summary(page) == "0 of 100 messages have their result (0\N{NO-BREAK SPACE}%)."
    assert f'data-live="{running}live/?compare=none"' in page.content.decode()
    assert "cannot be told yet" in page.content.decode()


def test_page_asks_again_and_hears_of_changes_within_two_seconds(client, viewer, running):
    client.force_login(viewer)

    for answer in (client.get(running), client.get(f"{running}live/", headers=PART)):
        assert re.findall(r'data-live-every="(\d+)"', answer.text) == ["2"]
    assert page_signals.EVERY <= 2


def test_live_part_has_the_figures_of_now_and_tells_when_it_will_be_done(client, viewer, running, feed, clock):
    client.force_login(viewer)
    client.get(f"{running}live/", headers=PART)
    deliver(feed, 0, 50)
    clock(60)

    answer = client.get(f"{running}live/", headers=PART)

    page = Page(answer.content.decode())
    assert page.rows["status"][1][:2] == ["Delivered", "50"]
    assert page.rows["status"][2][:2] == ["Pending", "50"]
    assert summary(answer) == "50 of 100 messages have their result (50\N{NO-BREAK SPACE}%)."
    assert re.search(r"Probably done in 40.s to 1.min 30.s, judged by the last minutes\.", answer.content.decode())


def test_it_is_done_with_its_last_result(client, viewer, running, feed):
    client.force_login(viewer)
    deliver(feed, 0, 100)

    part, page = client.get(f"{running}live/", headers=PART), client.get(running)

    assert (state(part), summary(part)) == ("done", "All 100 messages have their result.")
    assert state(page) == ""


def test_it_is_not_followed_any_more_when_nothing_changes(client, viewer, running, feed, clock):
    client.force_login(viewer)
    states = []
    for seconds in (0, 300, 290, 20):
        clock(seconds)
        states.append(state(client.get(f"{running}live/", headers=PART)))
    deliver(feed, 0, 1)
    states.append(state(client.get(f"{running}live/", headers=PART)))

    assert states == ["running", "running", "running", "quiet", "running"]


def test_campaign_of_earlier_days_has_no_live_part(client, viewer, feed, tenant, clock):
    apply(feed, message(1, 1000, f"{NOW - timedelta(days=2):%Y-%m-%d}"))
    client.force_login(viewer)

    assert state(client.get(f"/t/nordic-retail/campaigns/{Campaign.objects.get(name='autumn').id}/")) == ""


def test_unchanged_figures_are_not_sent_again(client, viewer, running, feed):
    client.force_login(viewer)
    first = client.get(f"{running}live/", headers=PART)

    again = client.get(f"{running}live/", headers=PART | {"If-None-Match": first.headers["ETag"]})
    deliver(feed, 0, 1)
    changed = client.get(f"{running}live/", headers=PART | {"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, again.content, changed.status_code) == (200, 304, b"", 200)


def test_it_reads_counts_alone_however_many_messages_there_are(client, viewer, running, feed):
    client.force_login(viewer)
    asked = []
    client.get(f"{running}live/", headers=PART)
    for first in (0, 50):
        deliver(feed, first, first + 50)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{running}live/", headers=PART)
        asked.append([query["sql"] for query in captured.captured_queries])

    tables = {table for sql in asked[0] for table in re.findall(r'(?:FROM|JOIN) "?(\w+)"?', sql)}
    assert tables.isdisjoint({"message", "delivery_report", "message_parameter", "inbox"})
    assert len(asked[0]) <= 45
    assert abs(len(asked[0]) - len(asked[1])) <= 1


def test_without_scripts_it_leads_to_the_page(client, viewer, running):
    client.force_login(viewer)

    assert client.get(f"{running}live/").url == running


def test_masked_name_stays_masked(client, viewer, feed, tenant, clock):
    apply(feed, sent("a", 1000, f"{NOW:%Y-%m-%d}T08:00:00", refId="to 358401234567"))
    client.force_login(viewer)
    campaign = Campaign.objects.get()

    part = client.get(f"/t/nordic-retail/campaigns/{campaign.id}/live/", headers=PART).content.decode()

    assert "358401234567" not in part
    assert "quiet-link" not in part
