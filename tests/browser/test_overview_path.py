"""From signing in to a single message by way of the figures."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDE
from tests.browser.layout import faults
from tests.browser.seed import OWNER, PASSWORD

OVERVIEW = "/t/nordic-retail/overview/"


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def kpi(page: Page, key: str) -> str:
    return page.locator(f".kpi-{key} .kpi-value").inner_text()


@pytest.mark.parametrize("scripts", [True, False])
def test_figure_leads_to_the_messages_that_it_counts(browse, scripts):
    page = browse(java_script_enabled=scripts)
    page.goto(OVERVIEW)
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    of_month = kpi(page, "messages")

    page.locator("#period summary").click()
    page.get_by_role("link", name="7 days", exact=True).click()
    expect(page).to_have_url(re.compile("period=7d"))
    expect(page.locator(".kpi-messages .kpi-value")).not_to_have_text(of_month)
    of_week = kpi(page, "messages")
    page.locator(".kpi-messages .kpi-value a").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Messages")
    assert 0 < number(of_week) < number(of_month)
    assert number(page.locator(".search-total [role=status]").inner_text()) == number(of_week)
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Message")
    page.go_back()
    page.go_back()
    expect(page.locator(".kpi-messages .kpi-value")).to_have_text(of_week)


def test_charts_are_drawn_after_the_page_and_keep_to_the_policy(browse):
    page = browse(OWNER)
    page.goto(OVERVIEW)

    chart = page.locator(".chart[data-chart=stacked-days]")
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas, svg").first).to_be_visible()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    assert box["height"] > 100


def test_own_days_that_are_the_wrong_way_round_are_told(browse):
    page = browse(OWNER, expects={422})
    page.goto(f"{OVERVIEW}?from=2026-10-31&to=2026-10-01")

    expect(page.get_by_role("alert").first).to_be_visible()


def test_large_counts_and_long_names_of_countries_stay_in_their_card(look):
    """A busy customer's figures: the seed's own counts have three digits, and left two pixels to spare."""
    page = look(OWNER, language="fi")
    page.goto(OVERVIEW)
    page.set_viewport_size(WIDE)

    page.evaluate(
        """() => {
            for (const cell of document.querySelectorAll('#countries td[data-label="Viestit"]'))
                cell.textContent = '12\u00a0345\u00a0678';
            document.querySelector('#countries th a').textContent = 'Bosnia ja Hertsegovina';
        }"""
    )

    widths = "(table) => [table, table.closest('.card')].map((element) => element.getBoundingClientRect().right)"
    table, card = page.locator("#countries").evaluate(widths)
    assert table <= card + 1
    assert faults(page) == {"cut": [], "overlapping": []}
