"""Bytes of a page before its first paint, with an empty browser cache."""

from __future__ import annotations

from tests.browser.pages import LOOKED_AT_BY, address_of
from tests.browser.seed import GUARDED, OWNER

HEAVIEST = 200_000  # bytes as they come over the line

# What was asked for before the first paint, as it came over the line, and whether charts were among it.
FIRST = """() => new Promise((tell) => {
    const painted = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
    const look = () => {
        if (!painted()) return requestAnimationFrame(look);
        const asked = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
        const first = asked.filter((entry) => entry.startTime <= painted());
        tell({
            bytes: first.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
            charts: first.map((entry) => entry.name).filter((name) => name.includes('charts')),
        });
    };
    look();
})"""


def test_pages_are_light_until_their_first_paint(browse, portal):
    heavy, early = {}, {}
    pages = {person: without_cache(browse(person)) for person in ("", OWNER, GUARDED)}
    for name, person in LOOKED_AT_BY.items():
        page = pages.get(person) or pages[""]
        page.goto(address_of(name, portal.rows))
        first = page.evaluate(FIRST)
        if not 10_000 < first["bytes"] < HEAVIEST:
            heavy[name] = first["bytes"]
        if first["charts"]:
            early[name] = first["charts"]

    assert (heavy, early) == ({}, {})


def without_cache(page):
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    return page
