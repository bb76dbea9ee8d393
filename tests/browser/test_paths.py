"""What people come for."""

from tests.browser.seed import OWNER


def test_x(browse):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/reports/")
    page.screenshot(path="/tmp/x.png")
    print(page.title(), page.locator("table").inner_text())
