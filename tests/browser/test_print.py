"""Pages on paper: charts whole, every column, no empty page, headings on each page; and pages without scripts."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.seed import OWNER

OVERVIEW, MESSAGES = "/t/nordic-retail/overview/", "/t/nordic-retail/messages/"
COLUMNS = ["Sent", "Number", "Country,", "Status, result", "RefId,", "Partner ID", "Parts", "Time to"]  # some wrap
GREEN, TEAL = (0, 158, 115), (11, 107, 107)  # --delivered and --accent in light

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler's pdftotext is not installed")


def printed(page: Page, folder: Path) -> tuple[list[str], list[bytes]]:
    """Return the text and the picture of each page that the browser prints."""
    path = folder / "page.pdf"
    page.pdf(path=path, format="A4", print_background=True)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True).stdout.decode()
    subprocess.run(["pdftoppm", "-r", "50", path, folder / "picture"], check=True)
    return text.split("\f")[:-1], [picture.read_bytes() for picture in sorted(folder.glob("picture*.ppm"))]


def pixels(picture: bytes, colour: tuple[int, int, int]) -> int:
    size, body = re.match(rb"P6\s+\d+ \d+\s+255\s", picture).end(), bytes(colour)
    points = picture[size:]
    return sum(points[at : at + 3] == body for at in range(0, len(points), 3))


def drawn_overview(browse, **options) -> Page:
    page = browse(OWNER, **options)
    page.goto(OVERVIEW)
    expect(page.locator(".chart canvas")).to_have_count(2)
    return page


@needs_poppler
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_overview_is_printed_with_its_charts(browse, tmp_path, size):
    page = drawn_overview(browse, size=size, dark=True)

    texts, pictures = printed(page, tmp_path)

    assert "Messages by day" in texts[0]
    assert pixels(pictures[0], GREEN) > 1000  # the days
    assert sum(pixels(picture, TEAL) for picture in pictures) > 200  # Finland on the map
    assert all(len(text.split()) > 30 for text in texts[:-1])
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "auto"  # as it was before


def test_charts_fit_the_paper(browse):
    page = drawn_overview(browse)

    page.set_viewport_size({"width": 700, "height": 1000})
    page.emulate_media(media="print")
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.chart canvas')].map((canvas) => {
            const box = canvas.getBoundingClientRect();
            return [box.left >= 0 && box.right <= innerWidth, box.width / box.height / (canvas.width / canvas.height)];
        })"""
    )

    assert [fits for fits, _ratio in boxes] == [True, True]
    assert [ratio for _fits, ratio in boxes] == pytest.approx([1, 1], rel=0.02)


@needs_poppler
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_table_is_printed_with_all_columns_and_its_headings_on_each_page(browse, tmp_path, size):
    page = browse(OWNER, size=size)
    page.goto(MESSAGES)

    texts, _pictures = printed(page, tmp_path)

    rows = [len(re.findall(r"\d\d:\d\d:\d\d", text)) for text in texts]
    assert (len(texts) > 1, min(rows) > 0, sum(rows)) == (True, True, 50), texts[-1]
    assert [column for text in texts for column in COLUMNS if column not in text] == []


def test_closed_explanation_is_not_printed(browse):
    """It would have the last page for itself at times."""
    page = browse(OWNER)
    page.goto(f"{MESSAGES}?counts_as=failed")
    expect(page.locator("details.explained")).to_be_visible()

    page.emulate_media(media="print")

    expect(page.locator("details.explained")).to_be_hidden()


def test_without_scripts_a_charts_table_is_in_its_place(browse):
    page = browse(OWNER, java_script_enabled=False)
    page.goto(OVERVIEW)

    expect(page.locator("#days tbody tr").first).to_be_visible()
    expect(page.locator("#countries tbody tr").first).to_be_visible()
    expect(page.locator(".chart").first).to_be_hidden()
    expect(page.locator(".chart").last).to_be_hidden()


@needs_poppler
def test_without_scripts_the_table_is_printed_too(browse, tmp_path):
    page = browse(OWNER, java_script_enabled=False)
    page.goto(OVERVIEW)

    texts, _pictures = printed(page, tmp_path)

    assert re.search(r"Day +Messages +Delivered", texts[0])
