"""Faults of a page as it is drawn, its weight, and pictures of it to look at."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

SMALL = {"width": 320, "height": 640}
ZOOMED = {"width": 720, "height": 450}  # 1440 by 900 at 200 %

# What is wider than the window, or scrolls sideways in itself; the row of pages and wide tables may. Where only a text
# sticks out of its box, the page itself.
_SIDEWAYS = """() => {
    const MAY = '.nav-row, .table-scroll, .visually-hidden, pre';
    const isWide = document.documentElement.scrollWidth > innerWidth;
    const found = [...document.querySelectorAll('body *')].filter((element) => {
        if (!element.checkVisibility() || element.closest(MAY)) return false;
        const scrolls = ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
        if (scrolls && element.scrollWidth > element.clientWidth + 1) return true;
        return isWide && element.getBoundingClientRect().right > innerWidth + 1;
    }).map((element) => element.outerHTML.slice(0, 120));
    return isWide && !found.length ? [`a text in a page ${document.documentElement.scrollWidth} wide`] : found;
}"""

LONG = "Pohjoismainen vähittäiskauppayhtiö-Käyttöönottosuunnittelukokous"
_LENGTHEN = """(name) => document.querySelectorAll('h1, .menu-name, tbody th a').forEach((element) => {
    element.textContent = name;
})"""

# What was asked for before the first paint, as it came over the line, and whether charts were among it.
_FIRST = """() => new Promise((tell) => {
    const painted = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
    const look = () => {
        if (!painted()) return requestAnimationFrame(look);
        const asked = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
        const first = asked.filter((entry) => entry.startTime <= painted());
        tell([
            first.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
            first.map((entry) => entry.name).filter((name) => name.includes('charts')),
        ]);
    };
    look();
})"""

_SOURCE = (Path(__file__).parent / "layout.js").read_text()


def faults(page: Page) -> dict[str, list[str]]:
    """Return the page's texts that are cut off (`cut`) and those that lie on each other (`overlapping`)."""
    return page.evaluate(_SOURCE)


def sideways(page: Page) -> list[str]:
    """Return the elements that are wider than the window or scroll sideways in themselves."""
    if found := page.evaluate(_SIDEWAYS):
        with suppress(PlaywrightTimeout):  # charts follow the window's width a moment later
            page.wait_for_function(f"() => ({_SIDEWAYS})().length === 0", timeout=3000)
            found = []
    return found


def sideways_when_small(page: Page, *, with_long_names: bool) -> list[str]:
    """Return what scrolls sideways in small windows; with long names they replace those that the page shows."""
    found = []
    for names in ("own", "long") if with_long_names else ("own",):
        if names == "long":
            page.evaluate(_LENGTHEN, LONG)
        for size in (SMALL, ZOOMED):
            page.set_viewport_size(size)
            found += [f"{names} names, {size['width']} wide: {element}" for element in sideways(page)]
    return found


def empty_cache(page: Page) -> None:
    """Let the browser have nothing of what the page loads."""
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")


def before_first_paint(page: Page) -> tuple[int, list[str]]:
    """Return the bytes that an empty browser asked for before the first paint, and the charts among what it asked."""
    size, charts = page.evaluate(_FIRST)
    return size, charts


def take_picture(page: Page, folder: Path, name: str) -> None:
    """Write the whole page as a PNG file."""
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name.replace(':', '_')}.png", full_page=True, animations="disabled")
