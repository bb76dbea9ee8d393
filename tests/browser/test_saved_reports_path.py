"""An analyst's whole way: a ready-made report is copied, changed, previewed, made, downloaded and compared."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import openpyxl
import pytest
from playwright.sync_api import expect

from tests.browser.seed import MANAGER

LIST = "/t/nordic-retail/reports/definitions/"
# heading of the workbook: field of the API
FIGURES = {
    "Messages": "messages", "SMS parts": "parts", "Delivered parts": "delivered_parts", "Billed parts": "billed_parts",
    "Delivered": "delivered", "Failed": "failed", "Pending": "pending", "Unknown": "unknown",
    "Delivery rate": "delivery_rate",
}  # fmt: skip


@pytest.fixture
def exporter(portal, tmp_path) -> Iterator[None]:
    """Somebody who makes saved reports."""
    with portal.worker(tmp_path, "exporter"):
        yield


@pytest.mark.usefixtures("exporter")
def test_ready_made_report_is_copied_changed_and_made_with_the_figures_of_the_api(browse, portal):
    page = browse(MANAGER)
    page.goto(LIST)
    page.get_by_role("link", name="Copy Operators of last month").click()
    page.get_by_label("Name", exact=True).fill("Operators, by hand")
    page.get_by_label("Language of the files").select_option("en")
    page.get_by_label("How often").select_option("")
    preview = page.locator("#report-preview")
    expect(preview.get_by_role("heading", name="Operators", exact=True)).to_be_visible()
    expect(preview).not_to_contain_text("Next runs:")
    first = preview.locator("tbody tr").first.locator("td").all_inner_texts()
    page.get_by_role("button", name="Save report").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Operators, by hand")
    page.get_by_role("button", name="Run now").click()
    file = page.get_by_role("link", name="Excel workbook (XLSX)")
    expect(file).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        file.click()

    book = openpyxl.load_workbook(download.value.path(), data_only=True)
    sheet = [list(row) for row in book["Operators"].iter_rows(values_only=True)]
    top = next(number for number, row in enumerate(sheet) if "Messages" in row)
    head = sheet[top]
    rows = [dict(zip(head, row, strict=True)) for row in sheet[top + 1 :] if row[0] and row[2]]
    found = {(row["Country code"], row["Operator"]): [row[name] for name in FIGURES] for row in rows}
    first_day, last_day = re.findall(r"\d{4}-\d\d-\d\d", download.value.suggested_filename)
    answer = httpx.get(
        f"{portal.url}/api/v1/statistics/",
        params={"from": first_day, "to": last_day, "group_by": "country,operator"},
        headers={"Authorization": f"Bearer {portal.rows['api_key']}"},
        timeout=30,
    ).json()
    assert found == {
        (group["key"]["country"], group["key"]["operator"]): [
            pytest.approx(group[field], abs=1e-6) for field in FIGURES.values()
        ]
        for group in answer["groups"]
    }
    assert first[3].replace(",", "") == str(rows[0]["Messages"])
