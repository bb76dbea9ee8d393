"""Small windows: one menu, and the current page in sight (test_every_page.py looks for what scrolls sideways)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.layout import LONG, SMALL, ZOOMED, sideways, sideways_when_small
from tests.browser.seed import OWNER


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

    assert sideways(page) == ['<p style="width: 500px;">wide</p>']


def test_long_name_that_does_not_wrap_is_found(browse):
    page = browse(size=SMALL)
    page.goto("/accounts/login/")

    page.locator("h1").evaluate("heading => heading.style.whiteSpace = 'nowrap'")

    found = sideways_when_small(page, with_long_names=True)
    assert [line.partition(" wide")[0] for line in found] == ["long names, 320", "long names, 720"]


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
    assert sideways(page) == []


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


@pytest.mark.parametrize("language", ["en", "fi"])
def test_lists_of_the_overview_are_short(browse, language):
    page = browse(OWNER, size={"width": 390, "height": 844}, language=language)
    page.goto("/t/nordic-retail/overview/")

    lists = page.locator("table.table-brief")
    assert lists.count() == 3
    for one in lists.all():
        rows = one.locator("tbody tr:visible").all()
        assert len(rows) <= 7  # five, a single other one, and the messages without a campaign
        assert {row.bounding_box()["height"] for row in rows if row.bounding_box()["height"] > 70} == set()
        expect(one.locator("thead")).to_be_hidden()
    assert page.locator("#costs tbody tr:visible").count() == 2
    assert page.evaluate("document.documentElement.scrollHeight") < 4600

    more = page.locator("#operators ~ .card-note a")
    total = page.locator("#operators tbody tr:not(.rest)").count()
    assert int(more.inner_text().split()[0]) >= total - 5
    more.click()
    expect(page.locator("#operators tbody tr.rest")).to_have_count(0)
    shown = page.locator("#operators tbody tr:visible").count()
    assert shown == page.locator("#operators tbody tr").count() > 7


def test_lists_of_the_overview_are_whole_where_there_is_room(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/overview/")

    rows = page.locator("#operators tbody tr")
    assert rows.count() > 7
    assert page.locator("#operators tbody tr:visible").count() == rows.count()
    expect(page.locator("#operators thead")).to_be_visible()
    expect(page.locator("#operators ~ .card-note")).to_be_hidden()
