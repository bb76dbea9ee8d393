"""The builder of saved reports and its neighbours: fields that a choice needs, cards and buttons in line."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW
from tests.browser.seed import OWNER

NEW = "/t/nordic-retail/reports/definitions/new/"
LAPTOP = {"width": 1280, "height": 800}
CONDITIONAL = ("First day", "Last day", "Weekday", "Day of the month", "Local time", "Condition", "Send to members")


def shown_fields(page: Page) -> list[str]:
    """Return those of the fields of one choice that are to be seen."""
    form = page.locator("#builder")
    fields = {name: form.get_by_label(name, exact=True) for name in CONDITIONAL if name != "Send to members"}
    fields["Send to members"] = form.get_by_role("group", name="Send to members")
    return [name for name in CONDITIONAL if fields[name].is_visible()]


@pytest.mark.parametrize("scripts", [True, False])
def test_builder_shows_the_fields_that_its_choices_need(browse, scripts):
    page = browse(OWNER, java_script_enabled=scripts)
    page.goto(NEW)
    assert shown_fields(page) == []

    page.get_by_label("Period", exact=True).select_option("custom")
    assert shown_fields(page) == ["First day", "Last day"]

    page.get_by_label("Period", exact=True).select_option("last_month")
    often = page.get_by_label("How often")
    for frequency, own in (("daily", []), ("weekly", ["Weekday"]), ("monthly", ["Day of the month"])):
        often.select_option(frequency)
        assert shown_fields(page) == [*own, "Local time", "Condition", "Send to members"]
    often.select_option("")
    assert shown_fields(page) == []


def test_tables_of_the_builder_unfold_by_keyboard(browse):
    page = browse(OWNER, size=NARROW)
    page.goto(NEW)
    column = page.get_by_label("Maturity", exact=True)
    expect(column).to_be_hidden()

    page.get_by_text("Choose groups and columns").focus()
    page.keyboard.press("Enter")
    expect(column).to_be_visible()


def test_rule_asks_which_one_only_of_one(browse):
    page = browse(OWNER, size=LAPTOP)
    page.goto("/t/nordic-retail/alerts/rules/new/")
    which = page.get_by_label("Which one", exact=True)
    expect(which).to_be_hidden()
    page.get_by_label("Which messages").select_option("country")
    expect(which).to_be_visible()


@pytest.mark.parametrize("address", ["/t/nordic-retail/alerts/rules/new/", "campaigns:details"])
def test_cards_beside_each_other_begin_at_one_height(browse, portal, address):
    page = browse(OWNER, size=LAPTOP)
    page.goto(
        address if address.startswith("/") else f"/t/nordic-retail/campaigns/{portal.rows['campaign_id']}/details/"
    )
    tops = page.locator(".columns .card").evaluate_all("cards => cards.map(card => card.getBoundingClientRect().top)")

    assert len(tops) == 2
    assert len(set(tops)) == 1


@pytest.mark.parametrize("language", ["en", "fi"])
def test_buttons_of_a_month_stand_in_one_line_on_a_laptop(browse, language):
    page = browse(OWNER, size=LAPTOP, language=language)
    page.goto("/t/nordic-retail/reports/")
    rows = page.locator("tr.month:has(.btn-primary) .actions-list").evaluate_all(
        "lists => lists.map(list => [...list.querySelectorAll('.btn')].map(one => one.getBoundingClientRect().top))"
    )

    assert rows
    assert [len(set(tops)) for tops in rows] == [1] * len(rows)
    assert min(len(tops) for tops in rows) >= 3
