"""Every page, in light and dark, wide and narrow: open to everybody, whole, and as it should be built."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.conftest import NARROW, WIDE
from tests.browser.pages import ADDRESSES, LOOKED_AT_BY, WITHOUT_PAGE, address_of
from tests.browser.seed import OWNER

# What every run looks at, and with --long the other two.
LOOKS = [
    pytest.param(WIDE, False, "en", id="wide-light-en"),
    pytest.param(NARROW, True, "fi", id="narrow-dark-fi"),
    pytest.param(NARROW, False, "en", id="narrow-light-en", marks=pytest.mark.long),
    pytest.param(WIDE, True, "fi", id="wide-dark-fi", marks=pytest.mark.long),
]

BUILT = """() => ({
    lang: document.documentElement.lang,
    titled: document.title.includes('·'),
    h1: document.querySelectorAll('h1').length,
    main: document.querySelectorAll('main').length,
    tooWide: document.documentElement.scrollWidth > innerWidth
        && [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .map((e) => e.outerHTML.slice(0, 120)),
})"""


def test_every_route_is_looked_at_or_has_no_page():
    listed = [*LOOKED_AT_BY, *WITHOUT_PAGE]

    assert sorted(listed) == sorted(ADDRESSES)


def test_routes_without_a_page_show_none(portal):
    """Nothing hides in the table of those that are not looked at."""
    pages = []
    for person in ("", OWNER):
        cookies = {"sessionid": portal.session(person)} if person else {}
        with httpx.Client(base_url=portal.url, cookies=cookies, timeout=30) as http:
            answers = {name: http.get(address_of(name, portal.rows)) for name in WITHOUT_PAGE}
        pages += [name for name, answer in answers.items() if answer.status_code == 200 and "<html" in answer.text]

    assert pages == []


@pytest.mark.parametrize(("size", "dark", "language"), LOOKS)
@pytest.mark.parametrize("name", LOOKED_AT_BY)
def test_page_bars_nobody(browse, portal, name, size, dark, language):
    page = browse(LOOKED_AT_BY[name], size=size, dark=dark, language=language)

    answer = page.goto(address_of(name, portal.rows))

    assert (answer.status, page.evaluate(BUILT)) == (
        200,
        {"lang": language, "titled": True, "h1": 1, "main": 1, "tooWide": False},
    )
    assert violations(page) == []


def is_outlined(page: Page) -> bool:
    return page.evaluate(
        """() => { const s = getComputedStyle(document.activeElement);
                   return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none' }"""
    )
