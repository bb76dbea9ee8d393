"""Lists of a campaign's recipients: as many rows as the figures say, page by page, masked, also after an erasure."""

import random
import re
from html import unescape

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.erasure.erase import erase_number
from reports.campaigns import recipient_lists, recipients_views
from tests.campaigns.test_recipients import CODES, message
from tests.deliveries.helpers import apply
from tests.pages.test_campaign_recipients import PART, address, sent, words  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db

NUMBER = re.compile(r'<th role="rowheader" scope="row" class="nowrap"><a href="[^"]+">([^<]+)</a>')


@pytest.fixture
def many(feed, tenant) -> None:
    """Two campaigns to forty numbers, by chance, and messages without a readable one."""
    chance = random.Random(22)
    numbers = [f"+35840{n:07}" for n in range(40)]
    reports = [
        message(f"m{n}", chance.choice(numbers), chance.choice(list(CODES)), chance.choice(["autumn", "spring"]))
        for n in range(150)
    ]
    apply(feed, *reports, *(message(f"n{n}", None, 1001) for n in range(4)), message("bad", "NO-2333", 1006))


def rows_of(client, where: str) -> list[str]:
    """Return the numbers or message ids of a list, all its pages."""
    found, next_ = [], where
    while next_:
        answer = client.get(next_)
        assert answer.status_code == 200
        page = answer.content.decode()
        found += NUMBER.findall(page) or re.findall(r'<th role="rowheader"[^>]*><a href="[^"]+/(\w+)/"', page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        next_ = unescape(more[1]) if more else ""
    return found


def figures(client, name: str) -> list[tuple[int, str]]:
    """Return the figures of the part, each with the address that it leads to."""
    part = client.get(address(name), headers=PART).content.decode()
    return [(int(n), href) for href, n in re.findall(r'<a href="([^"]+)">(\d+)</a>', part)]


@pytest.mark.parametrize("is_merged", [False, True])
def test_each_list_has_as_many_rows_as_its_figure_says(client, manager, many, monkeypatch, is_merged):
    monkeypatch.setattr(recipients_views, "PAGE", 3)
    if is_merged:
        merge(campaign=Campaign.objects.get(name="spring"), into=Campaign.objects.get(name="autumn"), actor="test")
    client.force_login(manager)

    found = figures(client, "autumn")
    lists = {href.split("/")[-2]: (n, rows_of(client, href)) for n, href in found}

    assert lists.keys() == {"all", "delivered", "failed", "pending", "unknown", "unreadable"}
    assert {name: len(rows) for name, (_n, rows) in lists.items()} == {name: n for name, (n, _rows) in lists.items()}
    everybody = lists["all"][1]
    assert len(set(everybody)) == len(everybody)
    assert sorted(everybody) == sorted(one for name in recipient_lists.BEST_FIRST for one in lists[name][1])


def test_a_row_has_the_newest_of_the_best_messages_and_opens_to_all_of_them(client, manager, feed, tenant):
    apply(
        feed,
        message("a", "+358401111111", 1001),
        message("b", "+358401111111", 1006),
        message("c", "+358401111111", 1006),
        message("d", "+358402222222", 1006),
        message("e", "+358402222222", 1002) | {"sentTimestamp": "2026-11-19T08:00:04Z"},
    )
    client.force_login(manager)

    got = client.get(address("autumn", "recipients/delivered/")).content.decode()
    failed = client.get(address("autumn", "recipients/failed/")).content.decode()

    assert "/messages/link-main/a/" in got
    assert "5\N{NO-BREAK SPACE}s" in got
    assert "/messages/link-main/e/" in failed
    assert "1002" in failed
    for page, ids in ((got, {"a", "b", "c"}), (failed, {"d", "e"})):
        (n, href) = re.search(r'data-value="(\d+)"><a class="quiet-link" href="([^"]+)"', page).groups()
        assert (int(n), set(rows_of(client, href))) == (len(ids), ids)


def test_numbers_are_masked_by_role(client, viewer, manager, sent):  # noqa: F811
    shown = {}
    for person in (viewer, manager):
        client.force_login(person)
        shown[person] = rows_of(client, address("autumn", "recipients/all/"))

    assert set(shown[manager]) == {"+358401111111", "+358402222222", "+358403333333"}
    assert set(shown[viewer]) == {"+358 •••••••11", "+358 •••••••22", "+358 •••••••33"}


def test_erased_number_keeps_its_row_and_says_so(client, manager, sent, tenant):  # noqa: F811
    client.force_login(manager)
    before = rows_of(client, address("autumn", "recipients/delivered/"))

    erase_number(number="+358401111111", tenant=tenant, actor="test")

    assert (before, rows_of(client, address("autumn", "recipients/delivered/"))) == (["+358401111111"], ["erased"])
    page = client.get(address("autumn", "recipients/delivered/")).content.decode()
    (href,) = re.findall(r'class="quiet-link" href="([^"]+)"', page)
    assert set(rows_of(client, href)) == {"a", "b"}


def test_empty_list_says_so(client, viewer, feed, tenant):
    apply(feed, message("a", "+358401111111", 1001))
    client.force_login(viewer)
    for group in ("failed", "unreadable"):
        assert "Nobody is in this list" in words(client.get(address("autumn", f"recipients/{group}/")))


@pytest.mark.parametrize("cursor", ["x", "AAAA", "\0", "é"])
def test_page_that_there_is_not_says_so(client, viewer, sent, cursor):  # noqa: F811
    client.force_login(viewer)
    for part in ("recipients/all/", "recipients/unreadable/"):
        answer = client.get(address("autumn", part), {"cursor": cursor})
        assert answer.status_code == 422
        assert "This page of the list does not exist" in words(answer)


@pytest.mark.parametrize("part", ["recipients/nobody/", "recipient/x/", "recipient/AAAA/"])
def test_unknown_group_or_recipient_is_not_found(client, viewer, sent, part):  # noqa: F811
    client.force_login(viewer)
    assert client.get(address("autumn", part)).status_code == 404


def test_merged_campaign_leads_to_the_one_that_shows_it(client, viewer, sent):  # noqa: F811
    client.force_login(viewer)
    part = re.search(
        r'quiet-link" href="[^"]+(recipient/[^"]+)"', client.get(address("spring", "recipients/all/")).content.decode()
    )[1]
    merge(campaign=Campaign.objects.get(name="spring"), into=Campaign.objects.get(name="autumn"), actor="test")
    for one in ("recipients/all/", part):
        assert client.get(address("spring", one)).url == address("autumn", one)
