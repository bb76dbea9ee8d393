"""Tables of the Overview that the browser saves: in the tenant's language, whatever language the page is read in."""

import csv
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.seed import OWNER
from tests.spreadsheet import LCID_FINNISH, opened_rows

OVERVIEW = "/t/nordic-retail/overview/?period=30d"  # English, in Finland


def saved(page: Page, table: str) -> Path:
    with page.expect_download() as download:
        page.locator(f"[data-download={table}]").click()
    return download.value.path()


def rows_of(file: Path) -> list[list[str]]:
    return list(csv.reader(file.read_text("utf-8-sig").splitlines(), delimiter=";"))


@pytest.mark.needs_libreoffice
def test_tables_are_saved_in_the_tenants_language_in_the_order_that_is_shown(browse, tmp_path):
    pages = {language: browse(OWNER, language=language) for language in ("en", "fi")}
    files = {}
    for language, page in pages.items():
        page.goto(OVERVIEW)
        page.locator("#countries th").nth(1).locator("button.sort").click()
        page.locator("#countries th").nth(1).locator("button.sort").click()  # the smallest first
        page.locator("summary", has_text="table" if language == "en" else "taulukkona").click()
        files[language] = [rows_of(saved(page, table)) for table in ("countries", "days")]

    shown = pages["fi"].locator("#countries tbody tr:not(.rest) > td:nth-child(2)").all_inner_texts()
    countries, days = files["fi"]
    assert files["fi"] == files["en"]
    assert [countries[0], days[0][0]] == [["Country", "Messages", "Share", "Delivery rate", "Median (s)"], "Day"]
    assert [row[1] for row in countries[1 : len(shown) + 1]] == shown == sorted(shown, key=int)

    (tmp_path / "days.csv").write_bytes(saved(pages["fi"], "days").read_bytes())
    _heads, first, *_rest = opened_rows(tmp_path / "days.csv", separator=";", lcid=LCID_FINNISH)
    assert (type(first[0].value), type(first[1].value), first[6].data_type) == (datetime, int, "n")


def test_table_that_cannot_be_fetched_is_said_and_tried_again(browse, watches):
    page = browse(OWNER, language="fi")
    page.goto(OVERVIEW)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)

    page.locator("[data-download=countries]").click()
    expect(page.get_by_role("alert").filter(has_text="Mitään ei muutettu")).to_be_visible()
    page.context.set_offline(False)
    with page.expect_download():
        page.get_by_role("button", name="Yritä uudelleen").click()

    watches[0].problems.clear()  # the request that was meant to fail
