"""The command palette and the keyboard help, by keys alone, and without a script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import NARROW, WIDE
from tests.browser.layout import faults
from tests.browser.seed import OWNER, VIEWER

OVERVIEW = "/t/nordic-retail/overview/"
RECENT = "Object.entries(localStorage).filter(([key]) => key.startsWith('palette:'))"


def options(page: Page):
    return page.locator("#palette [role=option]")


def type_in(page: Page, text: str) -> None:
    page.keyboard.press("Control+k")
    expect(options(page).first).to_be_visible()
    page.keyboard.type(text)


def test_keys_alone_lead_to_a_page_which_is_recent_afterwards(browse):
    page = browse(OWNER)
    page.goto(OVERVIEW)

    type_in(page, "audit")
    expect(options(page)).to_have_count(1)
    expect(page.locator("#palette [role=status]")).to_have_text("1 result")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/t/nordic-retail/settings/audit/$"))

    page.keyboard.press("Control+k")
    expect(options(page).first).to_contain_text("Audit log")
    expect(page.locator("#palette .palette-name").first).to_have_text("Recent")
    assert page.evaluate("document.activeElement.id") == "palette-text"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    active = page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_enter_before_the_answer_opens_what_the_whole_text_finds(browse):
    page = browse(OWNER)
    page.goto(OVERVIEW)
    page.keyboard.press("Control+k")
    expect(options(page).first).to_be_visible()

    page.keyboard.type("Hansa Norge")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/t/hansa-norge/overview/$"))


@pytest.mark.parametrize("person", [OWNER, VIEWER])
def test_number_is_in_no_address_and_not_kept(browse, person):
    page = browse(person)
    addresses = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(OVERVIEW)

    type_in(page, "040 123 4567")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("overview"))
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Messages|Go to"))

    assert [address for address in addresses if "1234567" in address or "123%204567" in address] == []
    assert page.evaluate(RECENT) == []


def test_recent_ones_are_deleted_at_sign_out(browse):
    page = browse(VIEWER, fresh=True)
    page.goto(OVERVIEW)
    type_in(page, "reports")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/reports/$"))
    assert len(page.evaluate(RECENT)) == 1

    page.get_by_text(VIEWER, exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))

    assert page.evaluate(RECENT) == []


def test_question_mark_lists_the_pages_shortcuts_but_not_while_typing(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/messages/")
    field, help_ = page.get_by_label("RefId", exact=True), page.locator("#keys")

    field.press("?")
    expect(help_).to_be_hidden()
    expect(field).to_have_value("?")
    field.blur()
    page.keyboard.press("?")

    expect(help_).to_be_visible()
    expect(help_.get_by_text("In a table: go to the previous or the next row")).to_be_visible()
    expect(help_.get_by_text("On a column's heading: sort by it")).to_be_hidden()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()


@pytest.mark.parametrize(("size", "dark", "language"), [(WIDE, False, "en"), (NARROW, True, "fi")])
def test_open_palette_bars_nobody(browse, size, dark, language):
    page = browse(OWNER, size=size, dark=dark, language=language)
    page.goto(OVERVIEW)

    page.locator("[data-palette]").click()
    expect(options(page).first).to_be_visible()

    assert violations(page) == []
    assert faults(page)["cut"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#palette [data-close]").click()
    expect(page.locator("#palette")).to_be_hidden()


def test_search_that_does_not_answer_says_so_and_leads_on(browse):
    page = browse(OWNER, expects={503})
    page.goto(OVERVIEW)
    page.route("**/go/", lambda route: route.fulfill(status=503, body="away") if route.request.resource_type == "fetch"
               else route.continue_())  # fmt: skip

    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=status]")).to_contain_text("The search did not answer.")
    page.keyboard.type("audit")
    expect(options(page)).to_have_count(0)
    expect(page.locator("#palette [role=status]")).to_contain_text("The search did not answer.")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Audit log")).to_be_visible()


def test_link_leads_to_a_page_without_a_script(browse):
    page = browse(OWNER, java_script_enabled=False)
    page.goto(OVERVIEW)

    page.get_by_role("link", name="Go to").click()
    page.get_by_role("searchbox").fill("Hansa Norge")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.get_by_role("main").get_by_role("link", name="Hansa Norge AS").click()

    expect(page).to_have_url(re.compile("/t/hansa-norge/overview/$"))
