"""People at browsers: each with a context of its own, which tells everything that a page should not have done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect, sync_playwright

from tests.browser.portal import Portal, drop_database, running_portal
from tests.chromiums import path_of_chromium

PATIENCE = 15_000  # milliseconds: the machine may be busy
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}

Browse = Callable[..., Page]


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker("needs_chromium")


@pytest.fixture(scope="package")
def portal(django_db_setup, tmp_path_factory) -> Iterator[Portal]:
    with running_portal(tmp_path_factory.mktemp("browser")) as portal:
        yield portal
    drop_database()


@pytest.fixture(scope="package")
def chromium(portal) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of_chromium())
        yield browser
        browser.close()


@dataclass
class Watch:
    """Errors in a browser context: console, scripts, content policy, requests."""

    problems: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def follow(self, context: BrowserContext) -> None:
        context.on("console", lambda message: self._note(message) if message.type in ("error", "warning") else None)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _note(self, message) -> None:
        # The browser's words, and htmx's; an answer's status, and a request that failed, are looked at below. What
        # became of a request htmx says in a second line.
        known = ("Failed to load resource", "Response Status Error Code", "htmx:afterRequest", "htmx:sendAbort")
        if not message.text.startswith(known):
            self.problems.append(f"console: {message.text}")

    def _failed(self, request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the person went on, or the answer was a file
            self.problems.append(f"request: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.problems.append(f"answer: {response.status} {response.request.method} {response.url}")


@pytest.fixture(scope="package")
def worker(portal, tmp_path_factory) -> Iterator[None]:
    """Somebody who makes what the pages ask for."""
    with portal.worker(tmp_path_factory.mktemp("worker")):
        yield


@pytest.fixture
def watches() -> list[Watch]:
    """Watches that are checked at the test's end."""
    return []


@pytest.fixture
def browse(chromium: Browser, portal: Portal, watches: list[Watch]) -> Iterator[Browse]:
    """Return pages of contexts of their own: `browse(OWNER, dark=True)`.

    `expects` are the statuses of errors that are wanted; a `fresh` session is nobody else's.
    """
    contexts: list[BrowserContext] = []

    def browse(
        person: str = "", *, size=WIDE, dark=False, language="en", expects=frozenset(), fresh=False, **options
    ) -> Page:
        options |= {"viewport": size, "color_scheme": "dark" if dark else "light"}
        context = make_context(chromium, portal, language, **options)
        contexts.append(context)
        give_cookies(context, portal, person, language, fresh=fresh)
        watches.append(Watch(expected=set(expects)))
        watches[-1].follow(context)
        return context.new_page()

    yield browse
    for context in contexts:
        context.close()
    assert [problem for watch in watches for problem in watch.problems] == []


@pytest.fixture(scope="package")
def lasting() -> Iterator[dict[tuple[str, str], tuple[Page, Watch]]]:
    """Pages of people who only look, by person and language: to make one costs as much as to open an address."""
    pages: dict[tuple[str, str], tuple[Page, Watch]] = {}
    yield pages
    for page, _watch in pages.values():
        page.context.close()


@pytest.fixture
def look(chromium: Browser, portal: Portal, lasting) -> Iterator[Browse]:
    """Return wide, light pages for who only looks: `look(OWNER, language="fi")`. Others have filled the cache."""
    looking: list[tuple[Page, Watch]] = []

    def look(person: str = "", *, language="en") -> Page:
        if (person, language) not in lasting:
            context, watch = make_context(chromium, portal, language), Watch()
            watch.follow(context)
            lasting[person, language] = context.new_page(), watch
        page, watch = lasting[person, language]
        watch.problems.clear()
        looking.append((page, watch))
        give_cookies(page.context, portal, person, language)
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        return page

    yield look
    for page, _watch in looking:
        page.goto("about:blank")
    assert [problem for _page, watch in looking for problem in watch.problems] == []


def make_context(chromium: Browser, portal: Portal, language: str, **options) -> BrowserContext:
    """Return a new context of somebody who reads the language."""
    locale = {"en": "en-GB", "fi": "fi-FI"}[language]
    return chromium.new_context(base_url=portal.url, reduced_motion="reduce", locale=locale, **options)


def give_cookies(context: BrowserContext, portal: Portal, person: str, language: str, *, fresh: bool = False) -> None:
    """Let a context have the language, a person's session unless it is nobody's, and no other cookies."""
    cookies = {"language": language}
    if person:
        cookies["sessionid"] = portal.sign_in(person) if fresh else portal.session(person)
    context.clear_cookies()
    context.add_cookies([{"name": name, "value": value, "url": portal.url} for name, value in cookies.items()])
