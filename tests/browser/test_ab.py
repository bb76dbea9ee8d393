"""The page of an A/B test: asked and answered without scripts, whole on a small phone, on one sheet of paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.layout import take_picture
from tests.browser.pages import address_of
from tests.browser.seed import OWNER
from tests.browser.test_print import needs_poppler, printed


def test_form_and_calculator_work_without_scripts(browse, portal):
    page = browse(OWNER, java_script_enabled=False)
    page.goto(address_of("campaigns:ab", portal.rows))

    page.get_by_label("Compare", exact=True).select_option("within")
    page.get_by_label("Time in seconds").fill("30")
    page.get_by_label("Planned split").fill("50:50")
    page.get_by_label("Rate so far, in percent").fill("80")
    page.get_by_label("Gain to be found, in points").fill("5")
    page.get_by_role("button", name="Compare").click()

    expect(page.locator("#verdict")).to_contain_text("within 30 s")
    expect(page.get_by_label("Compare", exact=True)).to_have_value("within")
    expect(page.get_by_label("Planned split")).to_have_value("50:50")
    expect(page.locator("#needed")).to_contain_text("Each variant needs")
    expect(page.get_by_label("Gain to be found, in points")).to_have_value("5")


def test_chosen_ref_ids_are_kept_by_a_name(request, browse, portal):
    page = browse(OWNER)
    page.goto(f"{address_of('campaigns:ab', portal.rows)}?a=first%0Asecond&b=third")

    page.get_by_label("Name of this comparison").fill("Two mornings")
    page.get_by_role("button", name="Save comparison").click()

    expect(page.get_by_label("RefIds of A")).to_have_value("first\nsecond")
    saved = page.get_by_role("link", name="Two mornings")
    expect(saved).to_be_visible()
    if folder := request.config.getoption("--pictures"):
        take_picture(page, folder, "ab-saved")
    page.get_by_role("button", name="Delete Two mornings").click()
    expect(saved).to_have_count(0)


def test_wrong_field_is_marked(browse, portal):
    page = browse(OWNER, expects={422})
    page.goto(f"{address_of('campaigns:ab', portal.rows)}?split=half&a=x")

    expect(page.locator(".notice-error")).to_contain_text("See the fields below.")
    expect(page.get_by_label("Planned split")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("RefIds of A")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "fi"])
def test_page_fits_the_smallest_phone(browse, portal, language):
    page = browse(OWNER, size={"width": 320, "height": 640}, language=language)
    page.goto(address_of("campaigns:ab", portal.rows))

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@needs_poppler
def test_page_prints_on_one_sheet_with_its_conversions(browse, portal, tmp_path):
    page = browse(OWNER, dark=True)
    for metric, table in (("delivered", "Conversions"), ("revenue", "Revenue per")):
        page.goto(f"{address_of('campaigns:ab', portal.rows)}?metric={metric}")

        texts, _pictures = printed(page, tmp_path)

        assert len(texts) == 1, metric
        shown = ("A/B test of", "Variants", "Differences", "Countries and operators", table)
        assert [words for words in shown if words not in texts[0]] == [], metric
        assert "How many messages does a test need?" not in texts[0]
