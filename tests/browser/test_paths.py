"""Main tasks of people on the pages, step by step."""

from __future__ import annotations

import io
import re

import openpyxl
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW
from tests.browser.seed import OWNER, PASSWORD, VIEWER

REPORTS = re.compile("/t/nordic-retail/reports/$")


def choose_tenant(page: Page, name: str) -> None:
    page.locator(".menu-tenant summary").click()
    page.get_by_role("link", name=name, exact=True).click()


def fill_in_sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_person_signs_in_comes_to_the_page_that_was_asked_for_and_signs_out(browse):
    page = browse()
    page.goto("/t/nordic-retail/reports/")

    fill_in_sign_in(page, VIEWER)
    expect(page).to_have_url(REPORTS)
    expect(page.get_by_role("heading", level=1)).to_have_text("Monthly reports")
    page.get_by_text(VIEWER, exact=True).click()
    page.get_by_role("button", name="Sign out").click()

    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.goto("/t/nordic-retail/reports/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_tenant_switcher_keeps_the_page_and_shows_what_belongs_together(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/reports/")

    page.locator(".menu-tenant summary").click()
    names = page.locator(".menu-tenant a").all_inner_texts()
    page.get_by_role("link", name="Hansa Norge AS").click()

    assert names == ["Hansa Group", "Hansa Norge AS", "Newcomer", "Nordic Retail Oy"]
    expect(page).to_have_url(re.compile("/t/hansa-norge/reports/$"))
    expect(page.locator(".menu-tenant summary")).to_contain_text("Hansa Norge AS")


def test_report_is_made_watched_and_downloaded(browse, worker):
    page = browse(OWNER)
    page.goto("/t/hansa-norge/reports/")
    row = page.locator("tbody tr").nth(1)  # the month before this one

    row.get_by_role("button", name="Create report now").click()
    expect(row).to_contain_text(re.compile("is queued|is being created|revision 1"))
    expect(row).to_contain_text("revision 1", timeout=60_000)  # the page looks again by itself
    with page.expect_download() as download:
        row.get_by_role("link", name="Download").click()

    shown = row.locator("td.number").first.inner_text()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()), read_only=True)
    figures = {value for sheet in book for line in sheet.iter_rows(values_only=True) for value in line}
    assert download.value.suggested_filename.endswith(".xlsx")
    assert int(shown.replace(",", "")) in figures
    book.close()


def test_language_is_switched_and_kept(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/reports/")

    page.get_by_role("button", name="Suomeksi").click()
    expect(page).to_have_url(REPORTS)
    expect(page.get_by_role("heading", level=1)).to_have_text("Kuukausiraportit")
    page.goto("/accounts/profile/")

    assert page.evaluate("document.documentElement.lang") == "fi"


def test_theme_and_density_are_switched_at_once_and_kept(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/reports/")
    light = background(page)

    page.locator(".looks-sign").click()
    with page.expect_response("**/look/"):
        page.get_by_role("button", name="Dark").click()
    dark = background(page)
    with page.expect_response("**/look/"):
        page.get_by_role("button", name="Wide").click()
    page.reload()

    assert light != dark == background(page)
    assert page.evaluate("({...document.documentElement.dataset})") == {"bsTheme": "dark", "density": "comfortable"}


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_ref_ids_are_tried_live_and_saved(browse):
    page = browse(OWNER, expects={422})
    page.goto("/t/newcomer/settings/ref-ids/")
    preview = page.locator("#ref-id-preview")

    page.get_by_label("several values separated by a delimiter").check()
    page.get_by_label("Delimiter", exact=True).fill("|")
    page.get_by_label("Fields in order").fill("campaign, store")
    page.get_by_label("Test a refId").fill("spring|Turku")
    expect(preview.locator("tbody tr")).to_have_count(1)
    expect(preview.locator("tbody tr").first).to_have_text(re.compile(r"spring\|Turku\s+spring\s+–\s+Turku"))
    page.get_by_label("Fields in order").fill("store")
    expect(preview).to_contain_text("One of the fields must be called campaign")
    page.get_by_label("Fields in order").fill("campaign, store")
    expect(preview.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").first).to_contain_text(re.compile(r"\S"))
    page.reload()
    expect(page.get_by_label("Fields in order")).to_have_value("campaign, store")


def test_refused_settings_say_why_and_keep_what_was_typed(browse):
    page = browse(OWNER, expects={422})
    page.goto("/t/newcomer/settings/")

    page.get_by_label("Name", exact=True).fill("Newcomer Oy Ab")
    page.get_by_label("Days to keep phone numbers").fill("400")
    page.get_by_label("Days to keep messages").fill("40")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_label("Name", exact=True)).to_have_value("Newcomer Oy Ab")
    expect(page.get_by_label("Days to keep phone numbers")).to_have_value("400")
    expect(page.locator(".errorlist").first).to_be_visible()


def test_somebody_is_invited_and_joins(browse):
    owner = browse(OWNER)
    owner.goto("/t/newcomer/settings/members/")
    owner.get_by_label("E-mail").fill("joins@example.com")
    owner.get_by_label("Role", exact=True).select_option("Analyst")
    owner.get_by_role("button", name="Send invitation").click()
    link = owner.locator("code", has_text="/accounts/invitation/").inner_text()

    guest = browse()
    guest.goto(re.sub(r"^https?://[^/]+", "", link))
    expect(guest.get_by_role("heading", level=1)).to_have_text("Join Newcomer")
    guest.get_by_label("Your name").fill("Joining Person")
    guest.get_by_label("Password").fill("twelve green bicycles")
    guest.get_by_role("button", name="Accept invitation").click()

    expect(guest.locator(".menu-tenant summary")).to_contain_text("Newcomer")
    owner.reload()
    expect(owner.get_by_label("Role of joins@example.com")).to_have_value("analyst")


def test_api_key_is_shown_once_works_and_is_revoked(browse, portal):
    page = browse(OWNER)
    page.goto("/t/newcomer/settings/api-keys/")
    page.get_by_label("Name").fill("Reporting")
    page.get_by_role("button", name="Create key").click()
    key = page.locator("#new-key").inner_text()
    row = page.locator("tbody tr", has_text="Reporting")
    asked = {"headers": {"Authorization": f"Bearer {key}"}}

    assert page.request.get("/api/v1/partner-ids/", **asked).status == 200
    page.reload()
    assert key not in page.content()
    expect(row).to_have_count(1)
    row.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke").click()

    expect(row).to_contain_text("Revoked")
    assert page.request.get("/api/v1/partner-ids/", **asked).status == 401


def focused(page: Page) -> str:
    """Return the text of what has the focus."""
    return page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')")


def test_main_path_by_keys_alone(browse):
    page = browse()
    page.goto("/t/nordic-retail/reports/")

    page.get_by_label("E-mail").focus()
    page.keyboard.type(OWNER)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(REPORTS)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips the header
    for _press in range(40):  # past the forecast and the links of saved reports
        page.keyboard.press("Tab")
        if focused(page).startswith("Create"):  # this month's report, which another test may have made
            break
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("Create next revision")
    page.keyboard.press("Tab")
    with page.expect_download() as download:
        page.keyboard.press("Enter")

    assert download.value.suggested_filename.endswith(".xlsx")


def test_menu_opens_and_closes_by_keys(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/reports/")
    summary = page.locator(".menu-tenant summary")

    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Hansa Group")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Hansa Group")).to_be_hidden()
    expect(summary).to_be_focused()


def test_main_path_without_scripts(browse):
    page = browse(java_script_enabled=False, size=NARROW)
    page.goto("/t/nordic-retail/reports/")

    fill_in_sign_in(page, OWNER)
    expect(page).to_have_url(REPORTS)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    choose_tenant(page, "Newcomer")
    expect(page.locator(".menu-tenant summary")).to_contain_text("Newcomer")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="RefIds").click()
    page.get_by_label("several values separated by a delimiter").check()
    page.get_by_label("Delimiter", exact=True).fill("_")
    page.get_by_label("Fields in order").fill("campaign, variant")
    page.get_by_label("Test a refId").fill("spring_b")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#ref-id-preview tbody tr").first).to_have_text(re.compile(r"spring_b\s+spring\s+b"))
    page.get_by_role("link", name="RefIds").click()
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("button", name="Suomeksi").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Miten refId-tunnukset luetaan")
    assert download.value.suggested_filename.endswith(".xlsx")


def test_partner_ids_show_whose_messages_these_are(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/partner-ids/")

    expect(page.locator("tbody th")).to_have_text(["nr-fi", "nr-se"])


def test_waiting_partner_id_is_declared_by_the_accounts_owner(browse):
    page = browse(OWNER)
    page.goto("/t/hansa-group/partner-ids/")

    waiting = page.get_by_role("region", name="In the pool of")
    waiting.get_by_label("Owner").select_option("Hansa Norge AS")
    page.get_by_role("button", name="Declare hansa-dk").click()

    expect(page.get_by_role("status").first).to_contain_text("hansa-dk is declared for Hansa Norge AS")
    expect(page.locator("#partner-ids tbody th")).to_have_text(["hansa-dk", "hansa-no"])
    expect(page.get_by_role("button", name="Declare hansa-dk")).to_have_count(0)
