"""Explanations of words of figures, opened by keyboard and closed by Escape."""

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.seed import OWNER


def test_explanation_opens_by_keyboard_and_closes_by_escape(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/overview/")

    button = page.get_by_role("button", name="Explain: Median time")
    button.focus()
    page.keyboard.press("Enter")
    shown = page.locator(".explanation:popover-open")
    expect(shown).to_contain_text("Half of the delivered messages")
    assert violations(page) == []
    page.keyboard.press("Escape")

    expect(shown).to_have_count(0)
    expect(button).to_be_focused()
