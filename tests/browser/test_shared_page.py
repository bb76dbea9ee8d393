"""The Overview behind a shared link: nothing on it looks as if it could be opened; it is printed whole."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import address_of
from tests.browser.seed import OWNER
from tests.browser.test_print import GREEN, needs_poppler, pixels, printed

OVERVIEW = "/t/nordic-retail/overview/?period=30d"


def cursors(page: Page, chart: str) -> set[str]:
    """Return the pointer's looks on a way across a chart."""
    canvas = page.locator(f"{chart} canvas")
    canvas.scroll_into_view_if_needed()
    box, found = canvas.bounding_box(), set()
    for across in range(1, 20):
        for down in (0.5, 0.88):
            page.mouse.move(box["x"] + box["width"] * across / 20, box["y"] + box["height"] * down)
            found.add(canvas.evaluate("(element) => getComputedStyle(element).cursor"))
    return found


@pytest.mark.parametrize("chart", ["[data-chart=stacked-days]", "[data-chart=map]"])
def test_charts_have_a_hand_only_where_a_click_opens_something(browse, portal, chart):
    own, shared = browse(OWNER), browse()
    own.goto(OVERVIEW)
    shared.goto(address_of("share", portal.rows))
    for page in (own, shared):
        page.locator(chart).scroll_into_view_if_needed()
        expect(page.locator(f"{chart} canvas")).to_have_count(1)

    assert ("pointer" in cursors(own, chart), "pointer" in cursors(shared, chart)) == (True, False)


@needs_poppler
def test_shared_page_is_printed_whole(browse, portal, tmp_path):
    page = browse(dark=True)
    page.goto(address_of("share", portal.rows))
    expect(page.locator(".chart canvas")).to_have_count(2)
    titles = page.locator("main h2").all_inner_texts()

    texts, pictures = printed(page, tmp_path)

    assert [title for title in titles if not any(title in text for text in texts)] == []
    assert pixels(pictures[0], GREEN) > 1000  # the days
    assert all(len(text.split()) > 30 for text in texts[:-1])
    assert "Nordic Retail Oy" in texts[0]


@needs_poppler
def test_headings_of_sorted_tables_are_printed_on_each_page(browse, tmp_path):
    page = browse(OWNER)
    page.goto(OVERVIEW)
    expect(page.locator("#failures button.sort")).to_have_count(3)

    page.evaluate(
        """() => {
            const body = document.querySelector('#failures tbody');
            for (let n = 0; n < 60; n++) body.append(body.rows[0].cloneNode(true));
        }"""
    )
    name = page.locator("#failures tbody .status").first.inner_text()

    texts, _pictures = printed(page, tmp_path)

    pages = [text for text in texts if name in text]
    assert len(pages) > 1
    assert ["Cause and remedy" in text for text in pages] == [True] * len(pages)
