"""A campaign's page: beside another campaign, and every figure opens to as many messages."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone

from campaigns.merging import merge
from campaigns.models import Campaign
from reports.campaigns import compared
from reports.campaigns.speed import Reached, curve, reached, speed_rows
from reports.figures.kpis import Kpis
from reports.figures.volume import Volume
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.test_overview import Page, sent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def several(feed, tenant):
    """A spring campaign, and an autumn one with every kind of result, in two countries and on two days."""
    apply(
        feed,
        sent("s0", 1001, "2026-10-05T10:00:00", 50, refId="spring"),
        sent("s1", 1006, "2026-10-05T10:00:00", refId="spring"),
        sent("a0", 1001, "2026-11-02T10:00:00", 5, refId="autumn", operator="fi.elisa"),
        sent("a1", 1001, "2026-11-02T10:00:00", 20, refId="autumn", operator="fi.elisa"),
        sent("a2", 1006, "2026-11-02T10:00:00", refId="autumn", operator="fi.dna"),
        sent("a3", 1004, "2026-11-03T10:00:00", refId="autumn", to="+46701234567"),
        sent("a4", 1000, "2026-11-03T10:00:00", refId="autumn"),
        sent("x", 1001, "2026-11-03T10:00:00"),
    )
    long_ago = datetime(2026, 10, 5, tzinfo=UTC)
    Campaign.objects.filter(name="spring").update(created_at=long_ago, tags=["sale"])
    Campaign.objects.filter(name="autumn").update(created_at=long_ago + timedelta(days=28), tags=["sale"])


def address(name: str) -> str:
    return f"/t/nordic-retail/campaigns/{Campaign.objects.get(name=name).id}/"


def test_campaign_is_shown_beside_the_previous_one_of_its_tag(client, viewer, several):
    Campaign.objects.filter(name="spring").update(title="Spring sale")
    client.force_login(viewer)

    page = Page(client.get(address("autumn")).content.decode())

    assert page.rows["status"] == [
        ["Status", "Messages", "Share", "Spring sale", "Share"],
        ["Delivered", "2", "0.4", "1", "0.5"],
        ["Pending", "1", "0.2", "0", "0"],
        ["Failed", "2", "0.4", "1", "0.5"],
        ["Unknown", "0", "0", "0", "0"],
        ["Total", "5", "", "2", ""],
    ]
    assert [row[1:] for row in page.rows["speed"] if row[0] in ("5 s", "10 s", "1 min")] == [
        ["0.2", "0"],
        ["0.2", "0"],
        ["0.4", "0.5"],
    ]


def test_curve_of_the_speed_is_drawn_beside_that_of_the_compared_campaign(client, viewer, several):
    client.force_login(viewer)
    curves = {}
    for compare in ("", "none"):
        page = client.get(address("autumn"), {"compare": compare}).content.decode()
        svg = re.search(r'<svg class="speed-curve".*?</svg>', page, re.DOTALL)[0]
        curves[compare] = re.findall(r'<path( class="compared")? ?d="([^"]+)"', svg)

    own = ("", "M0.0 200.0H85.5V160.0H157.3V120.0H600.0V120.0")
    other = (' class="compared"', "M0.0 200.0H205.9V100.0H600.0V100.0")
    assert curves == {"": [other, own], "none": [own]}


def test_map_has_the_countries_of_the_campaign_and_leads_to_each(client, viewer, several):
    client.force_login(viewer)
    page = client.get(address("autumn"))

    (drawn,) = re.findall(r'<script id="[^"]*map[^"]*" type="application/json">(.*?)</script>', page.content.decode())
    rows = json.loads(drawn)["rows"]
    assert [(row["code"], row["messages"], row["rate"]) for row in rows] == [("FI", 4, 0.5), ("SE", 1, 0.0)]
    for row in rows:
        narrowed = client.get(row["href"])
        assert (narrowed.status_code, narrowed.context["figures"].kpis.volume.messages) == (200, row["messages"])


def test_another_campaign_is_chosen_or_none(client, viewer, several, tenant):
    client.force_login(viewer)
    spring = Campaign.objects.get(name="spring")
    Campaign.objects.update(tags=[])

    alone = Page(client.get(address("autumn")).content.decode())
    chosen = Page(client.get(address("autumn"), {"compare": spring.id}).content.decode())
    none = Page(client.get(address("autumn"), {"compare": "none"}).content.decode())

    assert [len(page.rows["status"][0]) for page in (alone, chosen, none)] == [3, 5, 3]


def test_any_campaign_is_found_to_compare_with(client, viewer, several, tenant, monkeypatch):
    """Also one that is not among the newest, and it stays chosen in the list."""
    monkeypatch.setattr(compared, "MAX_CHOICES", 2)
    old = datetime(2026, 10, 6, tzinfo=UTC)
    Campaign.objects.bulk_create(Campaign(tenant=tenant, name=f"news {n}", title=f"N {n}") for n in range(3))
    Campaign.objects.filter(name__startswith="news").update(created_at=old + timedelta(days=60))
    Campaign.objects.update(tags=[])
    client.force_login(viewer)

    found = client.get(address("autumn"), {"find": "SPRING"}).content.decode()
    (href,) = re.findall(r'<li><a href="(\?compare=\d+)">spring</a></li>', found)
    beside = client.get(address("autumn") + href).content.decode()
    many = client.get(address("autumn"), {"find": "news"}).content.decode()
    none = client.get(address("autumn"), {"find": "autumn"})

    assert Page(beside).rows["status"][0] == ["Status", "Messages", "Share", "spring", "Share"]
    assert re.search(r'<option value="\d+" selected>spring</option>', beside)
    assert re.findall(r'<a href="\?compare=\d+">(N \d)</a> <span class="soft small">(news \d)</span>', many) == [
        ("N 2", "news 2"),
        ("N 1", "news 1"),
    ]
    assert "1 more matches: type more of the name." in many
    assert "No other campaign has this in its name, title or tags." in none.content.decode()
    assert none.status_code == 200


@pytest.mark.parametrize("text", ["x" * 257, "a\0b"])
def test_search_that_cannot_be_followed_is_explained(client, viewer, several, text):
    client.force_login(viewer)

    answer = client.get(address("autumn"), {"find": text})

    assert answer.status_code == 422
    assert "The search text may have at most 256 characters" in answer.content.decode()


def test_hidden_number_finds_no_campaign_to_compare_with(client, viewer, manager, several, tenant):
    Campaign.objects.create(tenant=tenant, name="to 358401234567")
    shown = {}
    for person in (viewer, manager):
        client.force_login(person)
        page = client.get(address("autumn"), {"find": "4012345"}).content.decode()
        shown[person] = 'id="matches"' in page

    assert shown == {viewer: False, manager: True}


def test_table_of_recipients_sums_to_the_campaign(client, viewer, several):
    client.force_login(viewer)

    rows = Page(client.get(address("autumn")).content.decode()).rows["recipients"]

    assert rows == [
        ["Recipients", "Messages"],
        ["Received it", "2"],
        ["Did not receive it Reasons", "2"],
        ["Not yet known", "1"],
    ]


@pytest.mark.parametrize("compare", ["x", "999999", "9" * 30, "-1", "a\0b"])
def test_no_such_campaign_to_compare_with_is_said(client, viewer, several, compare):
    client.force_login(viewer)

    answer = client.get(address("autumn"), {"compare": compare})

    assert answer.status_code == 422
    assert "There is no such campaign to compare with." in answer.content.decode()


def test_campaign_of_another_customer_is_not_compared_with(client, viewer, several, other_tenant):
    theirs = Campaign.objects.create(tenant=other_tenant, name="of another")
    client.force_login(viewer)

    answer = client.get(address("autumn"), {"compare": theirs.id})

    assert answer.status_code == 422
    assert "of another" not in answer.content.decode()


@pytest.mark.parametrize(("part", "least"), [("", 15), ("days/", 8), ("live/", 25)])
def test_every_figure_opens_to_as_many_messages(client, viewer, several, part, least):
    client.force_login(viewer)
    page = client.get(address("autumn") + part, headers={"HX-Request": "true"}).content.decode()

    figures = re.findall(r'data-value="(\d+)">\s*<a class="quiet-link" href="([^"]+)">', page)
    wrong = []
    for value, href in figures:
        listed = client.get(unescape(href)).content.decode()
        if len(set(re.findall(r"/messages/link-main/(\w+)/", listed))) != int(value):
            wrong.append((value, href))

    assert len(figures) > least
    assert wrong == []


def test_parts_of_it_lead_to_the_overview(client, viewer, several):
    client.force_login(viewer)

    page = Page(client.get(address("autumn")).content.decode())
    (href,) = page.links["Sweden"]

    assert href.startswith("/t/nordic-retail/overview/?from=2026-11-02&to=2026-11-03&campaign=autumn")
    narrowed = Page(client.get(href).content.decode())
    assert [row[1] for row in narrowed.rows["countries"][1:]] == ["1"]


def test_every_table_that_is_offered_as_a_file_has_a_page_for_it(client, analyst, several):
    client.force_login(analyst)

    page = client.get(address("autumn")).content.decode()
    hrefs = [unescape(href) for href in re.findall(r'href="([^"]*/exports/table/[^"]*)"', page)]

    assert {re.search(r"table=(\w+)", href)[1] for href in hrefs} >= {"statuses", "speed", "countries", "failures"}
    assert [(href, status) for href in hrefs if (status := client.get(href).status_code) != 200] == []


def test_merged_campaigns_have_one_page(client, viewer, several):
    spring = Campaign.objects.get(name="spring")
    merge(campaign=spring, into=Campaign.objects.get(name="autumn"), actor="x")
    client.force_login(viewer)

    answer = client.get(address("spring"), follow=True)

    assert answer.redirect_chain == [(address("autumn"), 302)]
    assert Page(answer.content.decode()).rows["status"][-1][:2] == ["Total", "7"]


def test_campaign_without_messages_says_so(client, viewer, tenant):
    Campaign.objects.create(tenant=tenant, name="planned")
    client.force_login(viewer)

    assert "No messages yet" in client.get(address("planned")).content.decode()


def test_masked_name_has_no_links_to_its_messages(client, viewer, manager, feed, tenant):
    apply(feed, sent("a", 1001, "2026-11-02T10:00:00", refId="to 358401234567"))
    shown = {}
    for person in (viewer, manager):
        client.force_login(person)
        shown[person] = client.get(address("to 358401234567")).content.decode()

    assert "358401234567" not in shown[viewer]
    assert "to +358 •••••••67" in shown[viewer]
    assert ('href=""' in shown[viewer], "quiet-link" in shown[viewer]) == (False, False)
    assert "quiet-link" in shown[manager]


def test_notes_are_on_their_days(client, viewer, several):
    Campaign.objects.filter(name="autumn").update(day_notes={"2026-11-03": "Sent twice."}, note="To members.")
    client.force_login(viewer)

    page = client.get(address("autumn")).content.decode()

    assert "To members." in page
    assert re.search(r"<dt>[^<]*3 Nov[^<]*</dt><dd>Sent twice.</dd>", page)


def kpis(messages: int, latency: dict[int, int]) -> Kpis:
    delivered = sum(latency.values())
    volume = Volume(messages=messages, parts=messages, delivered=delivered, failed=messages - delivered)
    return Kpis(volume, messages, latency)


def test_all_sent_messages_are_the_denominator_of_the_speed():
    assert [row.share for row in speed_rows(kpis(10, {0: 2, 60: 6}), None)][:5] == [0.2, 0.2, 0.2, 0.8, 0.8]
    assert reached(kpis(10, {0: 2, 60: 6})) == Reached(0.75, pytest.approx(10.38, abs=0.01))
    assert reached(kpis(10, {0: 10})) == Reached(0.9, 0.0)
    assert reached(kpis(10, {0: 4})) is None


def test_curve_rises_to_the_share_that_arrived():
    assert curve(kpis(4, {0: 2})) == "M0.0 100.0H0.0V100.0H600.0V100.0"
    assert curve(Kpis(latency={})) == ""
