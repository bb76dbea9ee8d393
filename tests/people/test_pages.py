"""Every page about people and settings: ready for a strict policy, one heading, labelled fields, two languages."""

import pytest

from portal.accounts import mail
from portal.accounts.models import Membership
from portal.tenants.models import Tenant
from tests.pages.test_first_pages import Strictness

SETTINGS = "/t/nordic-retail/settings/"
PAGES = [
    "/accounts/login/", "/accounts/profile/", "/accounts/email/", "/accounts/password/change/", "/accounts/logout/",
    "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/password/reset/key/1-x/",
    "/accounts/password/reset/key/done/", "/accounts/inactive/", "/accounts/confirm-email/",
    "/accounts/confirm-email/x/",
    "/accounts/reauthenticate/", "/accounts/second-factor/", "/accounts/invitation/x/", "/accounts/2fa/",
    "/accounts/2fa/webauthn/", SETTINGS, f"{SETTINGS}ref-ids/", f"{SETTINGS}members/", f"{SETTINGS}audit/",
    f"{SETTINGS}api-keys/", f"{SETTINGS}members/MEMBERSHIP/remove/",
]  # fmt: skip


@pytest.mark.parametrize("language", ("en", "fi"))
@pytest.mark.parametrize("url", PAGES)
def test_page_is_ready_for_a_strict_policy_and_for_screen_readers(client, tenant, owner, url, language):
    Tenant.objects.update(language=language)
    if url not in ("/accounts/login/", "/accounts/password/reset/"):
        client.force_login(owner)
    client.cookies["language"] = language

    response = client.get(url.replace("MEMBERSHIP", str(Membership.objects.get().id)))
    page = Strictness()
    page.feed(response.content.decode())

    assert response.status_code in (200, 404)
    assert page.headings == ["h1"]
    assert page.refused == []
    assert [name for name in page.inputs if name not in page.labels] == []


@pytest.mark.parametrize(
    ("who", "sections"),
    [
        ("owner", ["tenant", "ref_ids", "members", "api_keys", "audit"]),
        ("manager", ["tenant", "ref_ids", "api_keys"]),
    ],
)
def test_tabs_lead_to_what_a_role_may_open(client, request, tenant, who, sections):
    client.force_login(request.getfixturevalue(who))
    pages = {"tenant": "", "ref_ids": "ref-ids/", "members": "members/", "api_keys": "api-keys/", "audit": "audit/"}
    urls = {name: SETTINGS + page for name, page in pages.items()}

    page = client.get(SETTINGS).content.decode()

    assert [name for name, url in urls.items() if f'href="{url}"' in page] == sections
    assert [client.get(urls[name]).status_code for name in sections] == [200] * len(sections)


def test_operators_are_told_what_is_switched_off(browser, settings, staff_user, viewer):
    settings.EMAIL_BACKEND = mail.KEPT
    texts = ("PORTAL_STAFF_MFA", "EMAIL_URL")

    pages = [browser(staff_user).get(url).content.decode() for url in ("/", "/admin/")]
    members = browser(viewer).get("/accounts/profile/").content.decode()

    assert [[text in page for text in texts] for page in pages] == [[True, True]] * 2
    assert [text in members for text in texts] == [False, False]
