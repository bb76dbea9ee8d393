"""A request that fails: the page says what happened and whether anything was changed, and lets the person try again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.seed import OWNER
from tests.browser.test_paths import REPORTS, fill_in_sign_in

MONTHS = "/t/hansa-group/reports/"
WORDS = {
    "en": {
        "again": "Try again",
        "reload": "Load the page again",
        "offline": "You are offline. Nothing was changed.",
        "lost": "You are offline. It is not known whether what you sent arrived. Load the page again to see.",
        "server": "Something went wrong on our side. Nothing was changed. Number to quote: a-number",
        "late": "The portal did not answer in time. It is not known whether what you sent arrived.",
        "refused": "This page is out of date, or you may not do this any more. Nothing was changed.",
        "signed out": "You are signed out, so nothing was changed. Sign in and do it again.",
    },
    "fi": {
        "again": "Yritä uudelleen",
        "reload": "Lataa sivu uudelleen",
        "offline": "Laitteessa ei ole verkkoyhteyttä. Mitään ei muutettu.",
        "lost": "Laitteessa ei ole verkkoyhteyttä. Ei tiedetä, menikö lähettämäsi perille. Lataa sivu uudelleen",
        "server": "Jokin meni vikaan meidän puolellamme. Mitään ei muutettu. Ilmoita tämä numero: a-number",
        "late": "Portaali ei vastannut ajoissa. Ei tiedetä, menikö lähettämäsi perille.",
        "refused": "Tämä sivu on vanhentunut, tai sinulla ei ole enää tähän oikeutta. Mitään ei muutettu.",
        "signed out": "Et ole enää kirjautuneena, joten mitään ei muutettu. Kirjaudu sisään ja tee se uudelleen.",
    },
}


@pytest.fixture(params=["en", "fi"])
def words(request) -> dict[str, str]:
    return WORDS[request.param] | {"language": request.param}


@pytest.fixture
def page(browse, words, watches, worker) -> Iterator[Page]:
    """Reports, where a month's button asks for one by htmx; a worker makes it."""
    page = browse(OWNER, language=words["language"], expects={403, 422, 500})
    page.goto(MONTHS)
    expect(asking(page)).to_be_visible()  # what was asked for before is made
    yield page
    assert of_others(watches.pop()) == []


def asking(page: Page) -> Locator:
    """The button of the first month with messages: one without any asks by a page of its own."""
    return page.locator("tbody tr").last.locator("form[hx-post] button")


def make(page: Page) -> None:
    asking(page).click()


def of_others(watch: Watch) -> list[str]:
    """Return the problems but those of a request that got no answer: the browser's and htmx's words."""
    wanted = ("ERR_INTERNET_DISCONNECTED", "console: htmx:")
    return [text for text in watch.problems if not any(part in text for part in wanted)]


def alert(page: Page):
    return page.get_by_role("alert").filter(has=page.get_by_role("button"))


def test_session_that_ended_leads_to_sign_in_and_back(browse, words):
    page = browse(OWNER, fresh=True, language=words["language"])
    page.goto("/t/nordic-retail/reports/")

    page.context.clear_cookies(name="sessionid")
    make(page)

    expect(page).to_have_url(re.compile("/accounts/login/"))
    expect(page.get_by_role("status").first).to_have_text(words["signed out"])
    if words["language"] == "en":
        fill_in_sign_in(page, OWNER)
        expect(page).to_have_url(REPORTS)


def test_lost_connection_is_said_and_the_page_loads_again(page, words):
    page.context.set_offline(True)
    make(page)
    expect(alert(page)).to_contain_text(words["lost"])

    page.context.set_offline(False)
    alert(page).get_by_role("button", name=words["reload"]).click()

    expect(alert(page)).to_have_count(0)
    expect(asking(page)).to_be_visible()


def test_form_is_not_sent_while_offline_and_can_be_sent_again(page, words):
    page.context.set_offline(True)
    page.locator("#make button").click()
    expect(alert(page)).to_contain_text(words["offline"])

    page.context.set_offline(False)
    with page.expect_navigation():
        alert(page).get_by_role("button", name=words["again"]).click()


def test_part_that_only_reads_is_asked_for_again(browse, watches):
    page = browse(OWNER)
    page.goto("/t/nordic-retail/messages/")
    page.context.set_offline(True)
    page.locator("form.search").get_by_role("button", name="Search", exact=True).click()
    expect(alert(page)).to_contain_text(WORDS["en"]["offline"])

    page.context.set_offline(False)
    with page.expect_response(lambda answer: "/messages/" in answer.url) as answered:
        alert(page).get_by_role("button", name="Try again").click()

    assert answered.value.request.headers["hx-request"] == "true"
    expect(alert(page)).to_have_count(0)
    assert of_others(watches.pop()) == []


def test_servers_error_is_said_with_its_number(page, words):
    page.route("**/make/", lambda route: route.fulfill(status=500, headers={"X-Request-ID": "a-number"}))
    make(page)
    expect(alert(page)).to_contain_text(words["server"])

    page.unroute("**/make/")
    with page.expect_response("**/make/") as answered:
        alert(page).get_by_role("button", name=words["again"]).click()

    assert answered.value.status == 200
    expect(alert(page)).to_have_count(0)


def test_answer_that_does_not_come_is_said(page, words):
    page.route("**/make/", lambda _route: None)
    page.locator("body").evaluate("(body) => body.setAttribute('hx-request', '{\"timeout\": 200}')")
    make(page)

    expect(alert(page)).to_contain_text(words["late"])
    expect(alert(page).get_by_role("button", name=words["reload"])).to_be_visible()


def test_lost_csrf_cookie_is_said_and_mended_by_the_page(page, words):
    page.context.clear_cookies(name="csrftoken")
    make(page)
    expect(alert(page)).to_contain_text(words["refused"])

    alert(page).get_by_role("button", name=words["reload"]).click()
    expect(alert(page)).to_have_count(0)
    with page.expect_response("**/make/") as answered:
        make(page)

    assert answered.value.status == 200


def test_form_without_csrf_cookie_leads_back_to_its_page(page, words):
    page.context.clear_cookies(name="csrftoken")
    page.locator("#make button").click()
    page.locator("main a.btn").click()

    expect(page).to_have_url(re.compile(f"{MONTHS}$"))
