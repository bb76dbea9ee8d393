"""From the list of messages to one of them and back, by clicks, by links that others made, and without scripts."""

from __future__ import annotations

import re
from urllib.parse import unquote

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.seed import OWNER, VIEWER

LIST = "/t/nordic-retail/messages/"


def total(page: Page) -> int:
    """Return the count that the list says."""
    return int(re.sub(r"\D", "", page.locator(".search-total [role=status]").inner_text()))


@pytest.mark.parametrize("scripts", [True, False])
def test_messages_are_found_looked_at_and_come_back_to(browse, scripts):
    page = browse(OWNER, java_script_enabled=scripts)
    page.goto(LIST)
    of_month = total(page)

    page.get_by_role("link", name="7 days", exact=True).click()
    expect(page.get_by_role("link", name="7 days", exact=True)).to_have_attribute("aria-current", "true")
    of_week = total(page)
    page.get_by_role("link", name="30 days", exact=True).click()  # on some days none of the week's has failed
    expect(page.get_by_role("link", name="30 days", exact=True)).to_have_attribute("aria-current", "true")
    page.get_by_role("group", name="Counts as").get_by_label("Failed").check()
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".chips")).to_contain_text("Failed")
    failed = total(page)
    marks = page.locator("tbody .status")
    row = page.locator("tbody tr").first
    sent = row.locator("th").inner_text()
    row.get_by_role("link").first.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Message")
    expect(page.locator(".timeline-start time")).to_have_text(sent)
    expect(page.locator(".message-word .status-failed")).to_be_visible()
    page.go_back()
    expect(page.locator(".chips")).to_contain_text("Failed")
    assert total(page) == failed
    assert (0 < failed < of_month, 0 < of_week < of_month) == (True, True)
    assert page.locator("tbody .status-failed").count() == marks.count() == min(failed, 50)


def test_list_and_its_file_hold_the_same_messages(browse):
    page = browse(OWNER)
    page.goto(f"{LIST}?period=30d&counts_as=failed")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download this page as CSV").click()

    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) - 1 == page.locator("tbody tr").count()


def test_viewer_sees_masked_numbers_and_manager_whole_ones(browse):
    shown = {}
    for person in (VIEWER, OWNER):
        page = browse(person)
        page.goto(f"{LIST}?period=7d")
        shown[person] = page.locator("tbody td[data-label=Number]").first.inner_text()

    assert (re.search(r"\d{4}$", shown[VIEWER]), "•" in shown[VIEWER]) == (None, True)
    assert re.fullmatch(r"\+\d{6,15}", shown[OWNER])  # the simulation's wrong numbers are short


@pytest.mark.parametrize("scripts", [True, False])
def test_list_of_numbers_is_pasted_narrowed_and_left_with_back(browse, scripts):
    page = browse(OWNER, java_script_enabled=scripts)
    page.goto(f"{LIST}?period=7d")
    cells = page.locator("tbody td[data-label=Number]")
    numbers = list(dict.fromkeys(cells.all_inner_texts()))[:3]

    page.get_by_role("link", name="List of numbers").click()
    page.get_by_label("Numbers").fill("\n".join([*numbers, "abc"]))
    page.get_by_role("button", name="Search").click()

    expect(page.locator(".chips")).to_contain_text("a list of 3 numbers")
    assert set(cells.all_inner_texts()) == set(numbers)
    assert [number[1:] in page.url for number in numbers] == [False] * 3
    page.get_by_text("1 entry of your list is no phone number").click()
    expect(page.get_by_text("Line 4: abc")).to_be_visible()
    page.get_by_role("group", name="Counts as").get_by_label("Delivered").check()
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".chips")).to_contain_text("Delivered")
    expect(page.locator(".chips")).to_contain_text("a list of 3 numbers")
    page.go_back()
    expect(page.locator(".chips")).not_to_contain_text("Delivered")
    assert set(cells.all_inner_texts()) == set(numbers)


def test_lines_pasted_into_the_field_of_one_number_are_a_list(browse):
    page = browse(OWNER)
    page.goto(f"{LIST}?period=7d")
    numbers = list(dict.fromkeys(page.locator("tbody td[data-label=Number]").all_inner_texts()))[:2]

    page.locator("[name=number]").evaluate(
        """(field, text) => { const data = new DataTransfer(); data.setData("text", text);
        const given = { clipboardData: data, bubbles: true, cancelable: true };
        field.dispatchEvent(new ClipboardEvent("paste", given)); }""",
        "\r\n".join(numbers),
    )

    expect(page.locator(".chips")).to_contain_text("a list of 2 numbers")
    assert "7 days" in page.locator(".chips").inner_text()


def test_pages_of_the_list_do_not_repeat_a_message(browse):
    page = browse(OWNER)
    page.goto(f"{LIST}?period=all")

    seen: list[str] = []
    for _turn in range(3):
        seen += page.locator("tbody th a").evaluate_all("links => links.map((link) => link.href)")
        address = page.url
        page.get_by_role("link", name="Older →").click()
        expect(page).not_to_have_url(address)

    assert (len(seen), len({link.partition("?")[0] for link in seen})) == (150, 150)


def test_wrong_filter_is_told_where_it_stands(browse):
    page = browse(OWNER, expects={422})
    page.goto(f"{LIST}?result_code=abc")

    assert page.locator("[aria-invalid=true]").get_attribute("name") == "result_code"
    expect(page.get_by_role("heading", name="Search not run")).to_be_visible()


def test_other_tenants_message_is_not_there(portal):
    with httpx.Client(base_url=portal.url, cookies={"sessionid": portal.session(VIEWER)}, timeout=30) as http:
        own = http.get(f"{LIST}link-main/{portal.rows['message_id']}/")
        other = http.get(f"/t/hansa-group/messages/link-main/{portal.rows['message_id']}/")

    assert (own.status_code, other.status_code) == (200, 404)


def test_list_is_dense_and_its_heading_stays_in_sight(browse):
    page = browse(OWNER, size={"width": 1440, "height": 900})
    page.goto(f"{LIST}?period=30d")
    rows = page.locator("tbody tr")

    rows.nth(40).scroll_into_view_if_needed()

    heading = page.locator("thead th").first.bounding_box()
    assert heading["y"] == 0
    assert heading["y"] + heading["height"] <= rows.nth(40).bounding_box()["y"]
    assert sum(rows.nth(n).bounding_box()["height"] for n in range(20)) <= 20 * 34


def test_copy_buttons_are_reached_by_keys_and_say_what_they_did(browse, portal):
    page = browse(VIEWER)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=portal.url)
    page.goto(f"{LIST}?period=30d")
    row = page.locator("tbody tr").filter(has=page.locator(".message-campaign .copy")).first
    shown = {
        "Message id copied": unquote(
            row.get_by_role("link").get_attribute("href").removesuffix("/").partition("/link-main/")[2]
        ),
        "Number copied": row.locator(".message-number").inner_text(),
        "RefId copied": row.locator(".message-campaign .code").inner_text(),
    }
    assert "•" in shown["Number copied"]

    row.get_by_role("link").focus()
    copied = {}
    for words in shown:
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator("main > .visually-hidden[role=status]")).to_have_text(words)
        copied[words] = page.evaluate("navigator.clipboard.readText()")
        expect(page.locator("main > .visually-hidden[role=status]")).to_have_text("")
    page.keyboard.press("ArrowLeft")

    assert copied == shown
    expect(row.get_by_role("button", name="Copy number")).to_be_focused()


def test_copy_buttons_need_a_script(browse):
    page = browse(OWNER, java_script_enabled=False)
    page.goto(LIST)

    assert page.locator(".copy").count() > 50
    expect(page.locator(".copy:visible")).to_have_count(0)
