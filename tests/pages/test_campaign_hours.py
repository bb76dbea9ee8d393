"""Hours of sending on a campaign's page: local ones, loaded after the rest; each figure opens as many messages."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.models import Message
from tests.campaigns.test_recipients import message
from tests.deliveries.helpers import apply
from tests.pages.test_campaign_recipients import PART, address, words

pytestmark = pytest.mark.django_db

# Helsinki is two hours ahead of UTC; daylight saving time ended on October 25.
SENT = [
    ("a", 1001, "2026-11-19T05:00:00Z", 5),
    ("b", 1001, "2026-11-19T05:59:59Z", 9),
    ("c", 1006, "2026-11-18T05:30:00Z", 7),
    ("d", 1001, "2026-10-24T04:10:00Z", 600),
    ("e", 1000, "2026-11-19T22:00:00Z", 0),
]


def report(id_: str, code: int, sent_at: str, seconds: int, ref_id: str = "autumn") -> dict:
    at = datetime.fromisoformat(sent_at) + timedelta(seconds=seconds)
    return message(id_, None, code, ref_id) | {"sentTimestamp": sent_at, "timestamp": at.isoformat()}


@pytest.fixture
def by_hour(feed, tenant):
    apply(feed, *(report(*one) for one in SENT), report("f", 1001, "2026-11-19T21:10:00Z", 5, "spring"))


def rows_of(client) -> list[str]:
    page = client.get(address("autumn", "hours/"), headers=PART).content.decode()
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"<tr><th.*?</tr>", page, re.S)[1:]]


def test_figures_are_by_the_hour_on_the_tenants_clock(client, viewer, by_hour):
    client.force_login(viewer)

    assert rows_of(client) == [
        "00:00–00:59 1 0 0.00 % –",
        "07:00–07:59 4 3 75.00 % 9 s",
    ]


def test_each_figure_opens_as_many_messages(client, viewer, by_hour):
    merge(campaign=Campaign.objects.get(name="spring"), into=Campaign.objects.get(name="autumn"), actor="test")
    client.force_login(viewer)
    page = client.get(address("autumn", "hours/"), headers=PART).content.decode()

    links = re.findall(r'<a class="quiet-link" href="([^"]+)">(\d+)</a>', page)

    assert [int(n) for _href, n in links] == [1, 0, 4, 3, 1, 1]
    assert [len(client.get(unescape(href)).context["rows"]) for href, _n in links] == [1, 0, 4, 3, 1, 1]
    assert client.get(address("spring", "hours/")).url == address("autumn", "hours/")


def test_page_loads_its_hours_afterwards_and_they_are_a_page_without_scripts(client, viewer, by_hour):
    client.force_login(viewer)

    page = client.get(address("autumn", "")).content.decode()
    alone = client.get(address("autumn", "hours/"))

    assert f'hx-get="{address("autumn", "hours/")}" hx-trigger="later"' in page
    assert f'<a href="{address("autumn", "hours/")}">Show hours of sending</a>' in page
    assert "<h1" in alone.content.decode()
    assert "Hours are in Europe/Helsinki, all days together." in words(alone)


def test_campaign_whose_messages_are_deleted_says_so(client, viewer, by_hour):
    Message.objects.all().delete()
    client.force_login(viewer)

    assert words(client.get(address("autumn", "hours/"), headers=PART)) == "No message of this campaign is stored."
