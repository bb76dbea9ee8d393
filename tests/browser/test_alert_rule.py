"""Builder of alert rules in a browser: what is chosen changes the limits and the names that are offered."""

from playwright.sync_api import expect

from tests.browser.seed import OWNER


def test_limits_and_names_follow_what_is_chosen(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/alerts/rules/new/")
    limits, names = page.locator("#alert-range"), page.locator("#alert-names option")
    expect(limits).to_have_text("From 3 to 100 percentage points. Left empty it is 10.")
    expect(names).to_have_count(0)

    page.get_by_label("What it looks at").select_option("silence")
    expect(limits).to_have_text("From 15 to 1,440 minutes. Left empty it is 30.")
    page.get_by_label("Which messages").select_option("campaign")
    expect(names.first).to_be_attached()
    name = names.first.get_attribute("value")
    page.get_by_label("What it looks at").select_option("volume_up")
    expect(limits).to_contain_text("Left empty it is 100.")
    expect(names.first).to_be_attached()  # another kind leaves the choice of messages

    page.get_by_label("Name", exact=True).fill("More than usual")
    page.get_by_label("Which one").fill(name)
    page.get_by_role("button", name="Create rule").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("More than usual")
    expect(page.get_by_role("textbox", name="Threshold")).to_have_value("100")
