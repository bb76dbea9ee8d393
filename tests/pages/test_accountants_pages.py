"""Pages of an accountant: a walk over all that they link to finds no way to a message."""

import re
from collections import deque
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve

from portal.accounts.models import Role
from reports.models import Alert, AlertRule
from tests.conftest import NOW, make_user
from tests.pages.campaign_month import PERIOD, month
from tests.pricing.stored import price_list

__all__ = ["month"]

pytestmark = pytest.mark.django_db

START = "/t/nordic-retail/"
# Pages that show messages or numbers, by the names of their routes.
OF_MESSAGES = re.compile(
    r"^messages:|^leaks:messages$|^campaigns:(conversion_list|recipient_list|recipient)$|^conversions:events$"
)
_addresses = re.compile(r'(?:href|hx-get|data-href|data-url)="([^"]+)"').findall
MOST = 150  # pages


def route_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def walked(client, *starts: str) -> dict[str, set[str]]:
    """Return the pages below START that are reached by links, with the paths that each links to.

    Of pages that differ by what is in them alone (ids, a query) a few are opened.
    """
    waiting, found, times = deque(starts), {}, {}
    while waiting and len(found) < MOST:
        address = waiting.popleft()
        path = urlsplit(address).path
        name = route_of(path)
        if address in found or not path.startswith(START) or OF_MESSAGES.search(name) or times.get(name, 0) >= 3:
            continue
        answer = client.get(address)
        assert answer.status_code != 403, address
        times[name] = times.get(name, 0) + 1
        if answer.status_code != 200 or answer.streaming or "html" not in answer.headers["Content-Type"]:
            continue
        links = {urljoin(address, unescape(one).split("#")[0]) for one in _addresses(answer.content.decode())}
        found[address] = {link for link in links if urlsplit(link).netloc == ""}
        waiting.extend(sorted(found[address]))
    return found


def to_messages(pages: dict[str, set[str]]) -> set[tuple[str, str]]:
    return {
        (page, link)
        for page, links in pages.items()
        for link in links
        if OF_MESSAGES.search(route_of(urlsplit(link).path))
    }


@pytest.fixture
def everything(tenant, month) -> list[str]:
    """Figures of a month, prices and an alert; the pages with the most links among them."""
    price_list({"country": "FI", "micro": 65_000})
    rule = AlertRule.objects.create(tenant=tenant, kind="delivery", scope="all", threshold=5)
    figures = {"now": 0.1, "usual": 0.9, "messages": 9}
    Alert.objects.create(tenant=tenant, rule=rule, since=NOW, seen_at=NOW, opened_at=NOW, figures=figures)
    campaign = f"{START}campaigns/{month['id']}/"
    return [
        f"{START}overview/?{PERIOD}",
        f"{START}campaigns/?{PERIOD}",
        campaign,
        *(f"{campaign}{part}/" for part in ("ab", "days", "hours", "recipients", "conversions")),
        f"{START}segments/?{PERIOD}&key=shop",
        f"{START}segments/?{PERIOD}&key=shop&by=tier",
        *(f"{START}{part}/" for part in ("alerts", "leaks", "reports", "partner-ids", "billing")),
    ]


def test_walk_of_an_accountant_finds_no_link_to_messages(client, tenant, everything):
    client.force_login(make_user("books@example.com", tenant, Role.ACCOUNTANT))
    pages = walked(client, *everything)
    assert set(everything) <= set(pages)
    assert len(pages) > 30
    assert to_messages(pages) == set()


def test_the_same_pages_link_to_messages_for_a_viewer(client, tenant, everything):
    client.force_login(make_user("viewer@example.com", tenant, Role.VIEWER))
    found = {}
    for address in everything:
        answer = client.get(address)
        if answer.status_code == 200:
            found[address] = {urljoin(address, unescape(one)) for one in _addresses(answer.content.decode())}
    linking = {page.split("?")[0].removeprefix(START) for page, _link in to_messages(found)}
    assert {"overview/", "segments/"} <= linking
    assert {page for page in linking if page.endswith(("ab/", "recipients/"))}
