"""Date fields with their calendar: in the page's language, by keyboard alone, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import NARROW
from tests.browser.seed import OWNER

MESSAGES = "/t/nordic-retail/messages/?from=2026-10-31&to=2026-10-31"
OVERVIEW = "/t/nordic-retail/overview/?from=2026-10-30&to=2026-10-31"


@pytest.mark.parametrize(
    ("language", "before", "after", "button"),
    [
        ("en", "31 Oct 2026", "30 Oct 2026", "Choose a date: From"),
        ("fi", "31.10.2026", "30.10.2026", "Valitse päivämäärä: Alkaen"),
    ],
)
def test_day_is_chosen_by_keyboard_in_the_page_s_language(browse, language, before, after, button):
    page = browse(OWNER, language=language)
    page.goto(MESSAGES)
    field = page.locator("input[name=from][data-day]")
    expect(field).to_have_value(before)

    page.get_by_role("button", name=button).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".day-panel:popover-open")).to_be_visible()
    expect(page.locator("calendar-date button[tabindex='0'][aria-pressed='true']")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("ArrowLeft")
    expect(page.locator("calendar-date button[tabindex='0']", has_text="30")).to_be_focused()
    page.keyboard.press("Enter")

    expect(field).to_have_value(after)
    expect(page.locator(".day-panel:popover-open")).to_have_count(0)
    expect(page.get_by_role("button", name=button)).to_be_focused()


def test_escape_closes_the_calendar_and_leaves_the_menu_open(browse):
    page = browse(OWNER)
    page.goto(OVERVIEW)
    page.locator("#period > summary").click()

    page.get_by_role("button", name="Choose a date: From").click()
    expect(page.locator(".day-panel:popover-open")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator(".day-panel:popover-open")).to_have_count(0)
    expect(page.locator("#period[open]")).to_have_count(1)


def test_calendar_fits_on_a_phone(browse):
    page = browse(OWNER, size=NARROW)
    page.goto(MESSAGES)

    page.get_by_role("button", name="Choose a date: To").click()
    box = page.locator(".day-panel:popover-open").bounding_box()

    assert (box["x"] >= 0, box["x"] + box["width"] <= NARROW["width"]) == (True, True)


def test_dates_are_typed_without_scripts(browse):
    page = browse(OWNER, java_script_enabled=False, language="fi")
    page.goto(OVERVIEW)
    page.locator("#period > summary").click()

    page.locator("#period-from").fill("29.10.2026")
    page.locator(".period-go button").click()

    expect(page.locator("#period-from")).to_have_value("29.10.2026")
    expect(page.locator(".menu-period .menu-name")).to_contain_text("29.")
