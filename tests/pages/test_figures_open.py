"""Every linked figure of the pages of campaigns, A/B tests, segments and conversions opens as many rows."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import resolve

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
    "campaigns:recipient_list": ["campaigns/{id}/recipients/all/"],
    "campaigns:conversions": ["campaigns/{id}/conversions/"],
    "campaigns:ab": ["campaigns/{id}/ab/", "campaigns/{id}/ab/?metric=within&within=20"],
    "segments:segments": [
        f"segments/?{PERIOD}&key=shop",
        f"segments/?{PERIOD}&key=tier&campaign=sale",
        f"segments/?{PERIOD}&key=shop&by=tier",
    ],
    "conversions:index": [f"conversions/?{PERIOD}"],
}
# Routes below these that show no figures: forms, files, and the lists that figures open.
WITHOUT_FIGURES = {
    "campaigns": {"details", "merge", "separate", "recipient", "conversion_list", "ab_save", "ab_delete"},
    "segments": set[str](),
    "conversions": {
        "events", "upload", "upload_one", "upload_cancel", "upload_undo", "upload_errors",
    },
}  # fmt: skip
FIGURE = re.compile(r'<a\b[^>]*?href="([^"]+)"[^>]*>\s*(\d+(?:\.\d+)?)(?:\xa0| )?(%?)\s*</a>')


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
        rows += len(answer.context["rows"] if "rows" in answer.context else answer.context["recipients"])
        more = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
        here = urljoin(here, unescape(more[1])) if more else ""
    return rows


def test_each_route_is_walked_or_shows_no_figure():
    from deliveries.conversions import urls as conversions_urls
    from reports.campaigns import urls as campaigns_urls
    from reports.segments import urls as segments_urls

    for module in (campaigns_urls, segments_urls, conversions_urls):
        walked = {name.partition(":")[2] for name in PAGES if name.startswith(f"{module.app_name}:")}
        assert walked | WITHOUT_FIGURES[module.app_name] == {pattern.name for pattern in module.urlpatterns}


@pytest.mark.any_python
def test_every_linked_figure_opens_as_many_rows(client, owner, month):
    client.force_login(owner)
    counts: dict[str, int] = {}
    wrong, walked = [], {}
    for name, addresses in PAGES.items():
        walked[name] = 0
        for address in addresses:
            url = f"{T}/{address.format(**month)}"
            answer = client.get(url, headers={"HX-Request": "true"})
            assert (answer.status_code, resolve(urlsplit(url).path).view_name) == (200, name), url
            for href, text, is_share in figures(answer.content.decode()):
                if href not in counts:
                    counts[href] = listed(client, href)
                walked[name] += 1
                if not is_share and counts[href] != int(text):
                    wrong.append((url, href, text, counts[href]))
    assert wrong == []
    assert min(walked.values()) > 0, walked
    assert sum(walked.values()) > 150
