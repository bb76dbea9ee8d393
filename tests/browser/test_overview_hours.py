"""The Overview of a few days: its chart and table by the hour."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from portal.common.periods import start_of_day
from tests.browser.seed import OWNER

OVERVIEW = "/t/nordic-retail/overview/"
YESTERDAY = (datetime.now(UTC).astimezone(ZoneInfo("Europe/Helsinki")) - timedelta(days=1)).date()


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def figures(page: Page) -> list[int]:
    return [number(text) for text in page.locator("#days tbody tr td:nth-child(2)").all_inner_texts()]


@pytest.mark.parametrize("days", [1, 3])
def test_hours_are_drawn_sum_up_and_lead_to_the_messages_of_their_day(browse, days):
    page = browse(OWNER)
    page.goto(f"{OVERVIEW}?from={YESTERDAY - timedelta(days=days - 1)}&to={YESTERDAY}")

    chart = page.locator(".chart[data-chart=stacked-days]")
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas, svg").first).to_be_visible()
    chart.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(chart.locator(".tip-content strong")).to_have_text(re.compile("02:00–03:00$"))

    page.locator(".chart-data summary").first.click()
    found = figures(page)
    begin, end = (start_of_day(YESTERDAY + timedelta(days=n), "Europe/Helsinki") for n in range(2))
    of_yesterday = (end - begin) // timedelta(hours=1)
    assert len(found) >= 23 * days
    assert sum(found) == number(page.locator(".kpi-messages .kpi-value").inner_text())
    hours = page.locator("#days tbody th").all_inner_texts()
    page.get_by_role("button", name="Hour", exact=True).click()
    assert page.locator("#days tbody th").all_inner_texts() == hours

    page.locator("#days tbody th a").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Messages")
    expect(page).to_have_url(re.compile(f"from={YESTERDAY}&to={YESTERDAY}"))
    assert number(page.locator(".search-total [role=status]").inner_text()) == sum(found[-of_yesterday:])


def test_hours_in_finnish(browse):
    page = browse(OWNER, language="fi")
    page.goto(f"{OVERVIEW}?from={YESTERDAY}&to={YESTERDAY}")

    expect(page.locator("#days-title")).to_have_text("Viestit tunneittain")
    page.locator(".chart-data summary").first.click()
    assert "9.00–10.00" in page.locator("#days tbody th a").all_inner_texts()
