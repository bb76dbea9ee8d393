"""Every page, in light and dark, wide and narrow: open to everybody, whole, light, and as it should be built.

A page is opened once in each language; its sizes and themes are then changed in place.
"""

from __future__ import annotations

from random import Random

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.conftest import NARROW, WIDE
from tests.browser.layout import before_first_paint, empty_cache, faults, sideways, sideways_when_small, take_picture
from tests.browser.pages import ADDRESSES, IN_ENGLISH, LOOKED_AT_BY, OF_RECIPIENT, WITHOUT_PAGE, address_of
from tests.browser.seed import OWNER
from tests.browser.words import lonely_buttons, without_button

BETWEEN = (1240, 1024, 760)  # pixels: laptops and tablets, where columns are the tightest
HEAVIEST = 200_000  # bytes before the first paint, as they come over the line
HEAVIER = {"api:docs": 260_000}  # the whole reference of the API in one page, in which browsers search

# Language, then the looks that one opening of the page goes through.
LOOKS = [
    pytest.param("en", ((WIDE, "light"), (NARROW, "dark")), id="en"),
    pytest.param("fi", ((NARROW, "light"), (WIDE, "dark")), id="fi"),
]

BUILT = """() => ({
    lang: document.documentElement.lang,
    titled: document.title.includes('·'),
    described: document.querySelector('meta[name=description]')?.content.length > 50,
    h1: document.querySelectorAll('h1').length,
    main: document.querySelectorAll('main').length,
    twice: [...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, at, all) => all.indexOf(id) < at),
    headings: [...new Set([...document.querySelectorAll('.card h2')].map((heading) => {
        const { fontSize, fontWeight, lineHeight } = getComputedStyle(heading);
        return `${fontSize} ${fontWeight} ${lineHeight}`;
    }))].slice(1), // one look of all
    cutTables: [...document.querySelectorAll('.card table')]
        .filter((table) => table.getBoundingClientRect().right > table.closest('.card, .table-scroll')
            .getBoundingClientRect().right + 1 && !table.closest('.table-scroll'))
        .map((table) => table.id || table.outerHTML.slice(0, 120)),
})"""


def test_every_route_is_looked_at_or_has_no_page():
    listed = LOOKED_AT_BY.keys() | WITHOUT_PAGE.keys()

    assert (listed ^ ADDRESSES.keys(), LOOKED_AT_BY.keys() & WITHOUT_PAGE.keys()) == (set(), set())


def test_routes_without_a_page_show_none(portal):
    """Nothing hides in the table of those that are not looked at."""
    pages = []
    for person in ("", OWNER):
        cookies = {"sessionid": portal.session(person)} if person else {}
        with httpx.Client(base_url=portal.url, cookies=cookies, timeout=30) as http:
            pages += [name for name in WITHOUT_PAGE if _is_page(http, address_of(name, portal.rows))]

    assert pages == []


def _is_page(http: httpx.Client, address: str) -> bool:
    """Say whether a browser shows the answer; Excel's connection file is HTML too, but is only downloaded."""
    with http.stream("GET", address) as answer:
        is_download = answer.headers.get("content-disposition", "").startswith("attachment")
        has_end = not answer.headers.get("content-type", "").startswith("text/event-stream")
        if answer.status_code != 200 or is_download or not has_end:
            return False
        return "<html" in answer.read().decode(errors="replace")


@pytest.mark.parametrize(("language", "looks"), LOOKS)
@pytest.mark.parametrize("name", LOOKED_AT_BY)
def test_page_bars_nobody(request, look, portal, name, language, looks):
    """With --pictures FOLDER each look is written there as a PNG file, for people to look at."""
    page = look(LOOKED_AT_BY[name], language=language)
    pictures, is_long = request.config.getoption("--pictures"), request.config.getoption("--long")

    address = address_of(name, portal.rows)
    # axe takes longest. Of a page's English looks it judges one, another one for each order of the tests: --long, all.
    seed = getattr(request.config.option, "randomly_seed", 0)
    judged = "en", Random(f"{seed} {name}").choice(["light", "dark"])
    if language == "en":
        empty_cache(page)
    answer = page.goto(address)

    assert (answer.status, page.url) == (200, portal.url + address)
    if language == "en":  # both languages load the same files
        weight, charts = before_first_paint(page)
        assert (10_000 < weight < HEAVIER.get(name, HEAVIEST), charts) == (True, []), weight
    assert without_button(page, name, language) == []
    for size, theme in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=theme)
        assert sideways(page) == []
        built = {"lang": OF_RECIPIENT.get(name, language), "titled": True, "described": True, "h1": 1, "main": 1}
        built |= {"twice": [], "headings": [], "cutTables": []}
        assert page.evaluate(BUILT) == built
        if pictures:
            take_picture(page, pictures, f"{name}-{language}-{theme}-{size['width']}")
        assert (faults(page), lonely_buttons(page, name)) == ({"cut": [], "overlapping": []}, [])
        if is_long or (language, theme) == judged:
            assert violations(page) == []
    for width in BETWEEN:
        page.set_viewport_size({"width": width, "height": 800})
        assert (sideways(page), faults(page)) == ([], {"cut": [], "overlapping": []}), width
        assert lonely_buttons(page, name) == [], width
    assert sideways_when_small(page, with_long_names=name not in IN_ENGLISH) == []


def test_what_bars_people_is_found(browse):
    """Something could be found: a picture without a text, a pale line, something wider than the window."""
    page = browse(size=NARROW)
    page.goto("/accounts/login/")

    page.evaluate(
        """() => {
            const main = document.querySelector('main');
            main.append(document.createElement('img'), document.createElement('p'));
            main.lastChild.textContent = 'pale';
            main.lastChild.style.cssText = 'color: #bbb; width: 500px';
        }"""
    )

    assert [found.partition(" ")[0] for found in violations(page)] == ["color-contrast", "image-alt"]
    assert sideways(page) == ['<p style="color: rgb(187, 187, 187); width: 500px;">pale</p>']


def test_faults_of_layout_are_found(browse):
    page = browse(size=NARROW)
    page.goto("/accounts/login/")

    for name, text, style in (
        ("cut", "cut off on its right", "width: 60px; overflow: hidden; white-space: nowrap"),
        ("low", "cut off below its first line", "width: 60px; height: 16px; overflow: hidden"),
        ("scrolls", "can be scrolled to its end", "width: 60px; overflow-x: auto; white-space: nowrap"),
        ("leaves", "leaves its card", "margin-left: 10rem; width: 30rem; white-space: nowrap; text-align: right"),
        ("under", "under another", "line-height: 20px; margin: 0"),
        ("over", "over another", "line-height: 20px; margin: -14px 0 0"),
    ):
        page.evaluate(
            """([name, text, style]) => {
                const line = document.createElement('p');
                [line.id, line.textContent, line.style.cssText] = [name, text, style];
                document.querySelector('main .card').append(line);
            }""",
            [name, text, style],
        )

    found = faults(page)
    assert [text.partition(">")[0].split('"')[1] for text in found["cut"]] == ["cut", "low", "leaves"]
    assert [tuple(part.split('"')[1] for part in text.split(" | ")) for text in found["overlapping"]] in (
        [("under", "over")], [("over", "under")],
    )  # fmt: skip


def test_what_a_page_should_not_do_is_told(browse, watches):
    page = browse()
    page.goto("/accounts/login/")

    page.evaluate(
        """async () => {
            const script = document.createElement('script');
            script.textContent = 'document.title = "taken over"';
            document.body.append(script);
            await fetch('/no/such/page/');
            await fetch('https://other.example.com/').catch(() => {});
            console.error('of a script');
        }"""
    )

    assert page.title() != "taken over"
    told = "\n".join(watches[0].problems)
    watches.clear()
    planted = ("inline script violates", "answer: 404 GET", "https://other.example.com/", "console: of a script")
    assert [part for part in planted if part not in told] == []


@pytest.mark.parametrize("person", ["", OWNER])
def test_keys_skip_the_header_and_show_where_they_are(browse, person):
    page = browse(person)
    page.goto("/t/nordic-retail/reports/" if person else "/accounts/login/")

    page.keyboard.press("Tab")
    assert (page.evaluate("document.activeElement.className"), is_outlined(page)) == ("skip", True)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.closest('main') !== null")
    seen = []
    for _press in range(5):
        seen.append(is_outlined(page))
        page.keyboard.press("Tab")
    assert seen == [True] * 5


def is_outlined(page: Page) -> bool:
    """Tell whether what has the focus is marked by at least two pixels, and in sight."""
    return page.evaluate(
        """() => {
            const element = document.activeElement, style = getComputedStyle(element);
            const box = element.getBoundingClientRect();
            const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
            return (outlined || style.boxShadow !== 'none') && box.top >= 0 && box.bottom <= innerHeight;
        }"""
    )
