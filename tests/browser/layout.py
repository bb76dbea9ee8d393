"""Layout faults of a page as it is drawn, and pictures of it to look at."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_SOURCE = (Path(__file__).parent / "layout.js").read_text()


def faults(page: Page) -> dict[str, list[str]]:
    """Return the page's texts that are cut off (`cut`) and those that lie on each other (`overlapping`)."""
    return page.evaluate(_SOURCE)


def take_picture(page: Page, folder: Path, name: str) -> None:
    """Write the whole page as a PNG file."""
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name.replace(':', '_')}.png", full_page=True, animations="disabled")
