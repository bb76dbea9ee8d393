"""Every linked figure of the pages of campaigns, A/B tests, segments and conversions opens as many rows.

Counts without a link are listed with their reasons: a new one fails the test.
"""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import resolve

from deliveries.attributing.attribute import attribute_due
from deliveries.conversions import uploads
from tests.conftest import NOW
from tests.pages.campaign_month import PERIOD, month

__all__ = ["month"]

pytestmark = pytest.mark.django_db

T = "/t/nordic-retail"
# Each page by the name of its route, with its addresses: `{id}` is a campaign, `{kind}` a kind of events.
PAGES = {
    "campaigns:list": [f"campaigns/?{PERIOD}", f"campaigns/?{PERIOD}&state=archived", f"campaigns/?{PERIOD}&q=sale"],
    "campaigns:campaign": ["campaigns/{id}/", "campaigns/{id}/?compare={other}"],
    "campaigns:live": ["campaigns/{id}/live/"],
    "campaigns:days": ["campaigns/{id}/days/"],
    "campaigns:hours": ["campaigns/{id}/hours/"],
    "campaigns:recipients": ["campaigns/{id}/recipients/"],
    "campaigns:recipient_list": ["campaigns/{id}/recipients/all/", "campaigns/{id}/recipients/all/?variant=A"],
    "campaigns:conversions": ["campaigns/{id}/conversions/"],
    "campaigns:ab": ["campaigns/{id}/ab/", "campaigns/{id}/ab/?metric=within&within=20"],
    "segments:segments": [
        f"segments/?{PERIOD}&key=shop",
        f"segments/?{PERIOD}&key=tier&campaign=sale",
        f"segments/?{PERIOD}&key=shop&by=tier",
    ],
    "conversions:index": [f"conversions/?{PERIOD}"],
    "conversions:upload_one": ["conversions/uploads/{upload}/"],
}
# Routes below these that show no figures: forms, files, and the lists that figures open.
WITHOUT_FIGURES = {
    "campaigns": {"details", "merge", "separate", "recipient", "conversion_list", "ab_save", "ab_delete"},
    "segments": set[str](),
    "conversions": {"events", "upload", "upload_cancel", "upload_undo", "upload_errors"},
}
FIGURE = re.compile(r'<a\b[^>]*?href="([^"]+)"[^>]*>\s*(\d+(?:\.\d+)?)(?:\xa0| )?(%?)\s*</a>')
COUNT = re.compile(r"(?<![\d.,:•+–-])\d+(?![\d.,:]*\d|[\xa0 ]?(?:%|s\b|min\b|h\b|d\b|pt\b|points|[A-Z]{3}\b|of 100))")
NO_COUNTS = re.compile(
    r'<(a|time)\b.*?</\1>|<span class="code">.*?</span>|\d+ [A-Z][a-z]{2} \d{4}( \d+:\d+)?', re.DOTALL
)
MOST_WORDS = 6  # of a figure; more are prose
NO_SET = "Message Search finds the messages of one campaign or of all, of no set of campaigns"
ONE_SUM = "recipients and messages without a number in one sum; the campaign's conversions open each of both"
NO_LIST = "only a campaign has a list of its recipients"
# Counts of cells without a link: (route, table or card, column or name) and why there is none.
UNLINKED = {
    ("campaigns:list", "campaigns", "Messages"): NO_SET,  # of "on other pages" and "archived"
    ("campaigns:list", "campaigns", "Failed"): NO_SET,
    ("campaigns:list", "campaigns", "Conversions"): "the list of events is of one campaign or of all",
    ("campaigns:list", "campaigns", "Variants"): "it counts names; the A/B page compares them",
    ("campaigns:ab", "ab-conversions", "Recipients addressed"): ONE_SUM,
    ("campaigns:ab", "ab-conversions", "Recipients with an event"): ONE_SUM,
    ("campaigns:ab", "ab-conversions", "With an event within 30\xa0d"): ONE_SUM,
    ("segments:segments", "values", "Recipients"): NO_LIST,
    ("segments:segments", "values", "Conversion rate"): NO_LIST,
    ("conversions:upload_one", "upload", "Lines read"): "lines of a file that is deleted once it is read",
    ("conversions:upload_one", "upload", "Stored before"): "the events came another way; no row says which they are",
}


class Cells(HTMLParser):
    """The texts of cells of tables and lists of facts, without links and dates: (id around it, name, text)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self._ids: list[tuple[str, str]] = []
        self._name, self._term, self._text = "", "", None
        self.feed(NO_COUNTS.sub(" ", page))

    def handle_starttag(self, tag, attributes) -> None:
        given = dict(attributes)
        if tag in ("table", "section", "div"):
            self._ids.append((tag, given.get("id") or given.get("aria-labelledby") or ""))
        if tag in ("td", "dd", "dt"):
            self._text, self._name = "", given.get("data-label", self._term)

    def handle_endtag(self, tag) -> None:
        if self._ids and tag == self._ids[-1][0]:
            self._ids.pop()
        if tag == "dt":
            self._term, self._text = (self._text or "").strip(), None
        if tag in ("td", "dd") and self._text is not None:
            around = next((name for _tag, name in reversed(self._ids) if name), "")
            self.found.append((around, self._name, self._text))
            self._text = None

    def handle_data(self, data) -> None:
        if self._text is not None:
            self._text += data


def unlinked(page: str) -> set[tuple[str, str]]:
    """Return the cells with a count that has no link: the id around them, and their name."""
    return {
        (around, name)
        for around, name, text in Cells(page).found
        if COUNT.search(text) and len(text.split()) <= MOST_WORDS
    }


def figures(page: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the address, the text, and whether it is a share, of each linked figure of a page."""
    for href, text, percent in FIGURE.findall(page.replace("&nbsp;", "\xa0")):
        yield unescape(href), text, bool(percent)


def listed(client, href: str) -> int:
    """Return how many rows the list has that a figure opens, on all its pages."""
    rows, here = 0, href
    while here:
        answer = client.get(here)
        assert answer.status_code == 200, here
        rows += len(answer.context[next(name for name in ("recipients", "refused", "rows") if name in answer.context)])
        more = re.search(r'rel="next" href="([^"]+)"|href="([^"]+)" rel="next"', answer.content.decode())
        here = urljoin(here, unescape(more[1] or more[2])) if more else ""
    return rows


@pytest.fixture
def upload(tenant, owner, month) -> int:
    """An upload of three events, one of them without a message, and of two lines that are refused."""
    number = "+358400000001"
    lines = [
        "event_id;kind;occurred_at;destination",
        f"u1;purchase;2026-11-19T09:00:00Z;{number}",
        f"u2;sign-up;2026-11-19T10:00:00Z;{number}",
        "u3;purchase;2026-11-19T09:00:00Z;+358409999999",
        f"u4;nothing;yesterday;{number}",
        "u5;purchase;2026-11-19T09:00:00Z;none",
    ]
    begun = uploads.begin(tenant=tenant, user=owner, name="shop.csv", content="\n".join(lines).encode(), now=NOW)
    uploads.confirm(begun, {name: name for name in lines[0].split(";")}, actor=owner.email)
    assert uploads.run_uploads() == 1
    attribute_due()
    return begun.id


def test_each_route_is_walked_or_shows_no_figure():
    from deliveries.conversions import urls as conversions_urls
    from reports.campaigns import urls as campaigns_urls
    from reports.segments import urls as segments_urls

    for module in (campaigns_urls, segments_urls, conversions_urls):
        walked = {name.partition(":")[2] for name in PAGES if name.startswith(f"{module.app_name}:")}
        assert walked | WITHOUT_FIGURES[module.app_name] == {pattern.name for pattern in module.urlpatterns}


@pytest.mark.any_python
def test_every_linked_figure_opens_as_many_rows_and_others_have_a_reason(client, owner, month, upload):
    client.force_login(owner)
    counts: dict[str, int] = {}
    wrong, walked, without = [], {}, set()
    for name, addresses in PAGES.items():
        walked[name] = 0
        for address in addresses:
            url = f"{T}/{address.format(**month, upload=upload)}"
            answer = client.get(url, headers={"HX-Request": "true"})
            assert (answer.status_code, resolve(urlsplit(url).path).view_name) == (200, name), url
            page = answer.content.decode()
            without |= {(name, *cell) for cell in unlinked(page)}
            for href, text, is_share in figures(page):
                whole = urljoin(url, href)
                if whole not in counts:
                    counts[whole] = listed(client, whole)
                walked[name] += 1
                if not is_share and counts[whole] != int(text):
                    wrong.append((url, whole, text, counts[whole]))
    assert wrong == []
    assert min(walked.values()) > 0, walked
    assert sum(walked.values()) > 200
    assert without == UNLINKED.keys()
