"""Explanations of words of figures: on every page, opened by keyboard beside their word, closed by Escape."""

import pytest
from django.utils import translation
from playwright.sync_api import Page, expect

from portal.common.glossary import GLOSSARY
from tests.browser.axe import violations
from tests.browser.conftest import WIDE
from tests.browser.pages import LOOKED_AT_BY, address_of
from tests.browser.seed import OWNER

WITH_WORDS_BY_THEMSELVES = {"glossary", "api:docs"}  # the words are the page's subject, or for programmers

# The Finnish word of "Status" heads the states of reports, requests and keys too.
OTHER_SENSES = {
    (name, "Tila") for name in ("reports:months", "deliveries:partner_ids", "settings:segments", "exports:list")
}
OTHER_SENSES |= {("reports:account_months", "Tila"), ("conversions:index", "Tila")}
# A result code's reason in the table of failures.
OTHER_SENSES |= {
    (name, word) for name in ("reports:overview", "campaigns:campaign", "share") for word in ("Unknown", "Tuntematon")
}

# Wide and narrow windows, and those between, where columns are the tightest.
WIDTHS = (1440, 1300, 1060, 820, 704, 390)

# Headings and labels in which a word of the glossary stands without its button: [text, words with a button in it].
HEADINGS = """() => [...document.querySelectorAll('main :is(th, dt, h2, h3, legend, label.form-label, .kpi-name)')]
    .filter((element) => !element.closest('[hidden]'))
    .map((element) => {
        const own = element.matches('label, .kpi-name') ? element.parentElement : element;
        const buttons = [...own.querySelectorAll('button.explain')];
        return [element.textContent.trim(), buttons.map((button) => button.getAttribute('popovertarget').slice(5))];
    })"""
# Buttons that stand on another line than the end of their words: what is written before them.
ALONE = """() => [...document.querySelectorAll('main button.explain')].filter((button) => button.checkVisibility())
    .map((button) => {
        const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        texts.currentNode = button;
        const isText = ({ data, parentElement }) => data.trim() && parentElement.checkVisibility();
        while (texts.previousNode() && !isText(texts.currentNode));
        const end = document.createRange();
        const length = texts.currentNode.data.trimEnd().length;
        end.setStart(texts.currentNode, length - 1);
        end.setEnd(texts.currentNode, length);
        const [word, ring] = [end.getBoundingClientRect(), button.getBoundingClientRect()];
        const middle = (ring.top + ring.bottom) / 2;
        return middle > word.top - 2 && middle < word.bottom + 2 ? '' : texts.currentNode.data.trim();
    }).filter(Boolean)"""
# The box of the open explanation and of the button that opened it.
BOXES = """async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); // the script has placed it
    const open = document.querySelector('.explanation:popover-open');
    const button = document.querySelector('button.explain[data-used]');
    const box = (element) => { const { left, right, top, bottom } = element.getBoundingClientRect();
        return { left, right, top, bottom }; };
    return [box(open), box(button), document.documentElement.clientWidth, innerHeight];
}"""


def words_by_form(language: str) -> dict[str, set[str]]:
    """Return the glossary's keys by each form in which headings show them."""
    found: dict[str, set[str]] = {}
    with translation.override(language):
        for key, term in GLOSSARY.items():
            for form in term.forms:
                found.setdefault(str(form), set()).add(key)
    return found


@pytest.mark.parametrize("language", ["en", "fi"])
def test_every_word_of_the_glossary_has_its_button_where_it_is(browse, portal, language):
    words = words_by_form(language)
    pages: dict[str, Page] = {}
    bare, alone, seen = [], [], set()
    for name, person in LOOKED_AT_BY.items():
        if name in WITH_WORDS_BY_THEMSELVES:
            continue
        page = pages.get(person) or pages.setdefault(person, browse(person, language=language))
        page.goto(address_of(name, portal.rows))
        for text, buttons in page.evaluate(HEADINGS):
            if text in words and (name, text) not in OTHER_SENSES:
                seen |= words[text]
                if not words[text] & set(buttons):
                    bare.append((name, text))
        lost = page.evaluate(
            "() => [...document.querySelectorAll('button.explain')]"
            ".filter((button) => !button.popoverTargetElement).map((button) => button.ariaLabel)"
        )
        assert (name, lost) == (name, [])
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            alone += [(name, width, text) for text in page.evaluate(ALONE)]

    assert (bare, alone) == ([], [])
    assert len(seen) > 20  # the pages show most of the words as headings


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
