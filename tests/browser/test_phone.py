"""Small windows, and wide ones at 200 %: one menu, the current page in sight, and nothing scrolls sideways."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import IN_ENGLISH, LOOKED_AT_BY, address_of
from tests.browser.seed import GUARDED, OWNER

SMALL = {"width": 320, "height": 640}
ZOOMED = {"width": 720, "height": 450}  # 1440 by 900 at 200 %
LONG = "Pohjoismainen vähittäiskauppayhtiö-Käyttöönottosuunnittelukokous"

# What is wider than the window, or scrolls sideways in itself; the row of pages and wide tables may.
SIDEWAYS = """() => [...document.querySelectorAll('body *')].filter((element) => {
    if (!element.checkVisibility() || element.closest('.nav-row, .table-scroll, .visually-hidden, pre')) return false;
    const scrolls = ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
    if (scrolls && element.scrollWidth > element.clientWidth + 1) return true;
    return document.documentElement.scrollWidth > innerWidth && element.getBoundingClientRect().right > innerWidth + 1;
}).map((element) => element.outerHTML.slice(0, 120))"""

LENGTHEN = """(name) => document.querySelectorAll('h1, .menu-name, tbody th a').forEach((element) => {
    element.textContent = name;
})"""


@pytest.mark.parametrize(("size", "scale"), [(SMALL, 1), (ZOOMED, 2)], ids=["320", "200%"])
def test_nothing_scrolls_sideways(browse, portal, size, scale):
    found = {}
    pages = {person: browse(person, size=size, device_scale_factor=scale) for person in ("", OWNER, GUARDED)}
    for name, person in LOOKED_AT_BY.items():
        page = pages.get(person) or pages[""]
        page.goto(address_of(name, portal.rows))
        found[name] = page.evaluate(SIDEWAYS)
        if name not in IN_ENGLISH:
            page.evaluate(LENGTHEN, LONG)
            found[f"{name} with long names"] = page.evaluate(SIDEWAYS)

    assert {name: elements for name, elements in found.items() if elements} == {}


def test_what_scrolls_sideways_is_found(browse):
    page = browse(size=SMALL)
    page.goto("/accounts/login/")

    page.evaluate(
        """() => {
            const main = document.querySelector('main');
            main.append(document.createElement('p'));
            main.lastChild.textContent = 'wide';
            main.lastChild.style.width = '500px';
        }"""
    )

    assert page.evaluate(SIDEWAYS) == ['<p style="width: 500px;">wide</p>']


def in_sight(page: Page) -> bool:
    return page.evaluate(
        """() => {
            const box = document.querySelector('.nav-row [aria-current]').getBoundingClientRect();
            return box.left >= 0 && box.right <= innerWidth;
        }"""
    )


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("language", ["en", "fi"])
def test_current_page_is_in_sight(browse, scripts, language):
    page = browse(OWNER, size=SMALL, language=language, java_script_enabled=scripts)
    seen = {}
    for name in ("overview", "messages", "reports", "partner-ids", "settings"):
        page.goto(f"/t/nordic-retail/{name}/")
        seen[name] = in_sight(page)

    assert [name for name, is_seen in seen.items() if not is_seen] == []


@pytest.mark.parametrize("scripts", [True, False])
def test_header_has_one_menu(browse, scripts):
    page = browse(OWNER, size=SMALL, java_script_enabled=scripts)
    page.goto("/t/nordic-retail/reports/")
    sign_out = page.get_by_role("button", name="Sign out")
    assert page.locator("header .header-row").bounding_box()["height"] < 60  # one row
    expect(page.get_by_role("button", name="Suomeksi")).to_be_hidden()

    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.locator("#freshness")).to_be_visible()
    page.get_by_text(OWNER, exact=True).click()
    expect(sign_out).to_be_visible()
    page.get_by_role("button", name="Suomeksi").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Kuukausiraportit")


@pytest.mark.parametrize("language", ["en", "fi"])
def test_header_is_one_row_at_200_percent(browse, language):
    page = browse(OWNER, size=ZOOMED, language=language, device_scale_factor=2)
    heights = {}
    for name in ("reports", "overview"):  # the Overview's has the period too
        page.goto(f"/t/nordic-retail/{name}/")
        page.evaluate("(name) => { document.querySelector('.menu-tenant .menu-name').textContent = name; }", LONG)
        heights[name] = page.locator("header .header-row").bounding_box()["height"]
    page.locator(".menu-button").click()

    assert {name: height for name, height in heights.items() if height > 60} == {}
    expect(page.locator("#freshness")).to_be_visible()
    assert page.evaluate(SIDEWAYS) == []


def test_menu_closes_by_keys_and_is_no_menu_where_there_is_room(browse):
    page = browse(OWNER, size=SMALL)
    page.goto("/t/nordic-retail/reports/")
    menu = page.get_by_role("button", name="Menu", exact=True)

    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Suomeksi")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Suomeksi")).to_be_hidden()
    expect(menu).to_be_focused()

    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("button", name="Suomeksi")).to_be_visible()
    expect(menu).to_be_hidden()
