"""A manager creates a gate in the browser: rows, the request while typing, the secret; answers stay text."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.pages import address_of
from tests.browser.seed import OWNER

LIST = "/t/nordic-retail/gates/"


def test_request_is_shown_while_typing_and_the_gate_is_created(browse):
    page = browse(OWNER, expects={422})
    page.goto(LIST)
    page.get_by_role("link", name="Create a gate").first.click()

    page.get_by_label("Name", exact=True).fill("From the browser")
    page.get_by_label("URL").fill("https://receiver.example.org/new")
    request = page.locator("#gate-preview pre")
    expect(request).to_contain_text("POST https://receiver.example.org/new")
    expect(request).to_contain_text('"resultCode":')
    page.get_by_label("Method").select_option("GET")
    page.get_by_label("Template of the query").fill("no=${nothing}")
    expect(page.locator("#gate-preview .errorlist")).to_contain_text("There is no field nothing.")
    page.get_by_label("Template of the query").fill("code=${resultCode}")
    expect(request).to_contain_text("GET https://receiver.example.org/new?code=")

    page.get_by_role("button", name="Add a destination").click()
    expect(page.get_by_label("URL")).to_have_count(2)
    expect(page.get_by_label("URL").nth(1)).to_be_focused()
    assert page.get_by_label("URL").first.input_value() == "https://receiver.example.org/new"
    page.get_by_label("URL").nth(1).fill("do://drop")
    page.get_by_role("button", name="Move destination 2 up").click()
    expect(page.get_by_label("URL").first).to_have_value("do://drop")
    expect(page.locator("#gate-preview")).to_contain_text("do://drop: the report is discarded.")
    page.get_by_role("button", name="Remove destination 1").click()
    expect(page.get_by_label("URL")).to_have_count(1)

    page.get_by_role("button", name="Create gate").click()
    assert page.locator("#new-secret").inner_text().startswith("whsec_")
    page.reload()
    assert page.locator("#new-secret").count() == 0
    page.get_by_role("link", name="Back to the gate").click()
    page.get_by_role("link", name="Delete gate").click()
    page.get_by_role("button", name="Delete gate").click()
    expect(page.get_by_role("status").first).to_contain_text("The gate From the browser was deleted")


def test_script_in_a_stored_answer_stays_text(browse, portal):
    page = browse(OWNER, size=NARROW)
    page.goto(address_of("gates:attempt", portal.rows))

    assert "taken over" not in page.title()
    answer = page.get_by_role("region", name="Answer").locator("code")
    assert answer.inner_text() == "<script>document.title = 'taken over'</script><b>out of order</b>"
    assert answer.locator("b, script").count() == 0


def test_message_leads_to_its_attempts(browse, portal):
    page = browse(OWNER)
    page.goto(address_of("messages:message", portal.rows))

    forwarding = page.get_by_role("region", name="Forwarding")
    forwarding.locator("ol a").first.click()

    assert page.get_by_role("heading", level=1).inner_text() == "Attempt of Order system"
    page.get_by_role("link", name=portal.rows["message_id"]).click()
    assert page.url == portal.url + address_of("messages:message", portal.rows)
