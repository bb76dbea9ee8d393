"""A day of each kind of person, by what each of them sees and does."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.seed import ANALYST, MANAGER, OWNER, STAFF, VIEWER

MASKED = re.compile(r"\+\d+ •+")


def whole_numbers(page: Page) -> list[str]:
    """Return the phone numbers that the page shows in full."""
    return re.findall(r"\+\d{10,}", page.locator("main").inner_text())


def figure(page: Page, name: str) -> int:
    card = page.locator(".kpi", has=page.get_by_text(name, exact=True)).first
    return int(re.sub(r"\D", "", card.locator(".kpi-value").inner_text()))


def test_marketing_manager_looks_what_failed_and_takes_the_list_along(browse):
    page = browse(MANAGER)
    page.goto("/t/nordic-retail/overview/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")

    campaign = page.locator("#campaigns tbody th a").first
    name = campaign.inner_text()
    campaign.click()
    expect(page).to_have_url(re.compile("campaign="))
    expect(page.locator("main")).to_contain_text(name)
    page.goto("/t/nordic-retail/messages/?status=failed")
    assert whole_numbers(page) != []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=False).first.click()
    text = download.value.path().read_text("utf-8-sig")
    assert re.search(r"\+\d{10,}", text)


def test_analyst_works_with_masked_numbers_and_makes_a_report(browse, portal, worker):
    page = browse(ANALYST)
    page.goto("/t/nordic-retail/messages/")
    expect(page.locator("tbody .message-number").first).to_have_text(MASKED)
    assert whole_numbers(page) == []

    page.goto("/t/nordic-retail/reports/")
    row = page.locator(f"#m{portal.rows['month']}")  # the running month may have no messages yet
    revision = int(re.search(r"revision (\d+)", row.inner_text())[1])
    row.get_by_role("button", name="Create next revision").click()
    expect(row).to_contain_text(re.compile(f"revision {revision + 1}|Checked on"))
    expect(row.get_by_role("link", name=re.compile("Download"))).to_be_visible()

    page.goto("/accounts/profile/")
    expect(page.get_by_role("heading", name="What each role may do")).to_be_visible()


def test_viewer_reads_and_is_told_who_may_do_more(browse):
    page = browse(VIEWER, expects={403})
    page.goto("/t/nordic-retail/overview/")
    expect(page.locator(".kpi").first).to_be_visible()
    page.goto("/t/nordic-retail/messages/")
    assert whole_numbers(page) == []
    page.goto("/t/nordic-retail/reports/")
    expect(page.get_by_role("button", name=re.compile("Create"))).to_have_count(0)

    page.goto("/t/nordic-retail/settings/audit/")
    expect(page.locator("main")).to_contain_text("owner")


def test_partner_sees_all_customers_together_and_one_alone(browse):
    page = browse(OWNER)
    page.goto("/t/hansa-group/overview/")
    together = page.locator("main").inner_text()
    assert "Hansa Norge AS" in together

    page.get_by_role("link", name="Hansa Norge AS").first.click()
    expect(page.locator(".menu-tenant summary")).to_contain_text("Hansa Norge AS")


def test_operator_looks_after_the_portal_and_as_a_customer(browse):
    page = browse(STAFF, fresh=True)
    page.goto("/admin/")
    expect(page.get_by_text("Health").first).to_be_visible()
    for address in ("/admin/tenants/feed/", "/admin/reports/reportrun/", "/admin/deliveries/quarantinedrow/"):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()

    page.goto("/admin/tenants/tenant/")
    page.get_by_role("link", name="Newcomer").first.click()
    page.get_by_role("link", name=re.compile("View as")).first.click()
    page.get_by_label("Reason").fill("the customer asked")
    page.get_by_role("button", name=re.compile("View|Start")).first.click()
    expect(page.get_by_role("button", name=re.compile("Stop"))).to_have_count(1)  # one banner
    page.get_by_role("button", name=re.compile("Stop")).click()
    expect(page).to_have_url(re.compile("/admin/"))
