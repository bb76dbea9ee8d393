"""A campaign's page while the campaign runs: figures that change by themselves, paused, without an answer, done."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.pages import address_of
from tests.browser.seed import OWNER
from tests.servers import REPOSITORY


def report(portal, code: int, first: int, end: int) -> int:
    """Report so many messages of a campaign to the portal, and return the campaign's id."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.running_campaign", str(code), str(first), str(end)],
        cwd=REPOSITORY, env=os.environ | portal.variables | {"DJANGO_SETTINGS_MODULE": "portal.settings"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


SIGNALS = re.compile(r"/t/[^/]+/live/$")


def test_figures_change_by_themselves_until_the_campaign_is_done(browse, portal):
    campaign = report(portal, 1000, 0, 30)
    page = browse(OWNER, expects={503})
    counted: list[str] = []
    parts = ("recipients", "conversions")
    page.on("request", lambda request: counted.extend(part for part in parts if f"/{part}/" in request.url))
    with page.expect_response(SIGNALS) as signals:
        page.goto(address_of("campaigns:campaign", portal.rows | {"campaign_id": campaign}))
    assert (signals.value.status, signals.value.request.resource_type) == (200, "eventsource")
    summary, delivered = page.locator(".live-summary"), page.locator("#status tbody tr").first
    expect(summary).to_have_text("0 of 30 messages have their result (0\N{NO-BREAK SPACE}%).")
    expect(page.locator("#different-recipients")).to_contain_text("30 different recipients")
    expect(page.locator("#conversions")).to_contain_text("No event is attributed to this campaign yet.")
    page.locator(".chart-data summary").first.click()

    report(portal, 1001, 0, 10)

    expect(summary).to_contain_text("10 of 30 messages")
    expect(delivered).to_contain_text("10")
    expect(page.locator("#days tbody")).to_contain_text("10")  # still open
    assert sorted(counted) == ["conversions", "recipients"]  # once each: they read every message
    page.locator(".chart-data summary").first.click()

    # Without signals the part is asked for by itself, also for new messages.
    page.route(SIGNALS, lambda route: route.fulfill(status=503))
    page.reload()
    assert page.locator("#live").get_attribute("data-live-every") == "2"  # seconds
    report(portal, 1001, 10, 15)
    expect(summary).to_contain_text("15 of 30 messages")
    report(portal, 1000, 30, 31)
    expect(summary).to_contain_text("15 of 31 messages")
    counted.clear()

    page.route("**/live/?*", lambda route: route.fulfill(status=503))
    expect(page.get_by_text("The figures could not be fetched.").first).to_be_visible()
    expect(page.locator("#failure")).to_be_empty()
    page.unroute("**/live/?*")
    expect(page.locator("[data-live-when=failed]")).to_be_hidden()

    pause = page.get_by_role("button", name="Pause")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-live-when=paused]")).to_be_visible()
    report(portal, 1001, 15, 31)
    expect(summary).to_contain_text("15 of 31 messages")
    assert violations(page) == []
    pause.click()

    expect(summary).to_have_text("All 31 messages have their result.")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    expect(page.locator("#conversions")).to_contain_text("No event is attributed to this campaign yet.")
    assert counted == []
    expect(page.get_by_role("status").filter(has_text="All 31 messages")).to_be_attached()
