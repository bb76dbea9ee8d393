"""Passkeys in a device that the browser plays: set up, signed in with, renamed, removed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.seed import KEYED

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def give_device(page: Page) -> None:
    """Let a finger be on the device's sensor whenever it asks."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def test_passkey_signs_in_without_a_password(browse):
    page = browse(KEYED, fresh=True)
    give_device(page)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Name").fill("Phone")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Set up").click()
    expect(page).not_to_have_url(re.compile("/add/"))

    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text(KEYED, exact=True).first).to_be_visible()

    page.goto("/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Rename").click()
    ask_again(page)
    assert violations(page) == []
    page.get_by_label("Name").fill("Tablet")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("listitem").filter(has_text="Tablet")).to_be_visible()
    page.get_by_role("link", name="Remove").click()
    assert violations(page) == []
    page.get_by_role("button", name="Remove app").click()
    expect(page.get_by_text("None set up.").first).to_be_visible()


def ask_again(page: Page) -> None:
    """Confirm with the passkey where the page asks who it is once more."""
    if "reauthenticate" in page.url:
        button = page.get_by_role("button", name="Use passkey or security key")
        if not button.count():
            page.locator("a[href*='webauthn']").first.click()
        button.click()
        expect(page).not_to_have_url(re.compile("reauthenticate"))
