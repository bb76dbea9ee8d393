"""Explanations of words of figures: opened by keyboard beside their word, closed by Escape."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import WIDE
from tests.browser.seed import OWNER
from tests.browser.words import lonely_buttons, without_button

# The box of the open explanation and of the button that opened it.
BOXES = """async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); // the script has placed it
    const open = document.querySelector('.explanation:popover-open');
    const button = document.querySelector('button.explain[data-used]');
    const box = (element) => { const { left, right, top, bottom } = element.getBoundingClientRect();
        return { left, right, top, bottom }; };
    return [box(open), box(button), document.documentElement.clientWidth, innerHeight];
}"""


@pytest.mark.parametrize("language", ["en", "fi"])
def test_words_of_the_glossary_are_found_and_missed_without_their_buttons(look, language):
    """The words and buttons of all pages are looked at in test_every_page.py."""
    name, page = "reports:overview", look(OWNER, language=language)
    page.goto("/t/nordic-retail/overview/")
    assert (without_button(page, name, language), lonely_buttons(page, name)) == ([], [])

    each = "() => document.querySelectorAll('main button.explain').forEach(%s)"
    page.evaluate(each % "(button) => button.style.display = 'block'")
    alone = lonely_buttons(page, name)
    page.evaluate(each % "(button) => button.remove()")
    bare = without_button(page, name, language)

    assert (len(alone) > 10, len(set(bare)) > 10) == (True, True)


def test_explanation_opens_by_keyboard_and_closes_by_escape(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/overview/")

    button = page.locator(".kpi").get_by_role("button", name="Explain: Median time")
    button.focus()
    page.keyboard.press("Enter")
    shown = page.locator(".explanation:popover-open")
    expect(shown).to_contain_text("Half of the delivered messages")
    expect(shown).to_be_focused()  # so that screen readers read it
    dialog = page.get_by_role("dialog", name="Median time")
    assert "Half of the delivered" in dialog.evaluate(
        "(element) => document.getElementById(element.getAttribute('aria-describedby')).textContent"
    )
    assert violations(page) == []
    page.keyboard.press("Escape")

    expect(shown).to_have_count(0)
    expect(button).to_be_focused()


@pytest.mark.parametrize("size", [WIDE, {"width": 320, "height": 640}], ids=["wide", "phone"])
@pytest.mark.parametrize("is_anchored", [True, False], ids=["anchored", "by script"])
def test_explanations_open_beside_their_word_and_inside_the_window(browse, portal, size, is_anchored):
    page = browse(OWNER, size=size)
    if not is_anchored:
        page.add_init_script("CSS.supports = () => false")
        page.route("**/base*.css", without_anchors)
    for address in ("/t/nordic-retail/overview/", "/t/nordic-retail/messages/"):
        page.goto(address)
        buttons = page.locator("main button.explain:visible")
        assert buttons.count() > 5
        for button in buttons.all():
            button.evaluate("(element) => element.dataset.used = ''")
            button.press("Enter")
            shown, at, width, height = page.evaluate(BOXES)
            assert (shown["left"] >= 0, shown["right"] <= width) == (True, True)
            assert (shown["top"] >= 0, shown["bottom"] <= height) == (True, True)
            is_under = 0 <= shown["top"] - at["bottom"] <= 12
            is_above = 0 <= at["top"] - shown["bottom"] <= 12
            assert is_under or is_above
            assert (shown["left"] <= at["right"], at["left"] <= shown["right"]) == (True, True)
            page.keyboard.press("Escape")
            button.evaluate("(element) => delete element.dataset.used")


def test_explanations_open_without_scripts(browse):
    page = browse(OWNER, java_script_enabled=False)
    page.goto("/t/nordic-retail/overview/")

    page.locator("thead").get_by_role("button", name="Explain: Delivery rate").first.click()

    expect(page.get_by_role("dialog", name="Delivery rate")).to_be_visible()


def test_buttons_are_no_part_of_a_heading_s_sorting_and_saving(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/overview/")
    heading = page.locator("#countries thead th").nth(1)

    heading.get_by_role("button", name="Explain: Message").click()
    expect(page.get_by_role("dialog", name="Message")).to_be_visible()
    page.keyboard.press("Escape")
    assert heading.get_attribute("aria-sort") is None
    heading.get_by_role("button", name="Messages", exact=True).click()

    assert heading.get_attribute("aria-sort") == "descending"
    assert heading.inner_text() == "Messages"


def without_anchors(route) -> None:
    """Serve the style sheet as a browser reads it that knows no anchor positioning."""
    answer = route.fetch()
    assert "position-area" in answer.text()
    route.fulfill(response=answer, body=answer.text().replace("position-area", "position-unknown"))
