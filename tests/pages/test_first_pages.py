"""Signing in and out, the first page, the language, and what is said when something fails."""

import logging
import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import path

from portal.accounts.models import Membership, Role
from portal.tenants.models import Tenant
from portal.urls import handler500 as handler500  # urlpatterns below stand in for the portal's
from portal.urls import urlpatterns as portal_patterns
from tests.conftest import PASSWORD, make_user


def fail(request):
    raise RuntimeError("something private")


urlpatterns = [*portal_patterns, path("fail/", fail)]


def sign_in(client, email: str, password: str):
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_person_signs_in_by_email_without_case_and_lands_on_the_overview(client, viewer):
    response = sign_in(client, "Viewer@Example.com", PASSWORD)

    assert (response.status_code, response.url) == (302, "/")
    assert client.get("/").url == "/t/nordic-retail/overview/"


@pytest.mark.parametrize(("email", "password"), [("viewer@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
def test_wrong_credentials_are_answered_alike(client, viewer, email, password):
    response = sign_in(client, email, password)

    page = response.content.decode()
    assert (response.status_code, "password you specified are not correct" in page) == (200, True)
    assert client.get("/").url == "/accounts/login/?next=/"


def test_person_who_was_switched_off_stays_out(client, tenant):
    user = make_user("off@example.com", tenant, Role.OWNER, is_active=False)

    response = sign_in(client, "off@example.com", PASSWORD)
    client.force_login(user)  # signed in before

    assert (response.status_code, response.url) == (302, "/accounts/inactive/")
    assert client.get("/t/nordic-retail/reports/").status_code == 302


def test_signing_out_takes_a_post(client, viewer):
    client.force_login(viewer)

    asked = client.get("/accounts/logout/")
    still_in = client.get("/").status_code, client.get("/").url
    out = client.post("/accounts/logout/")

    assert (asked.status_code, still_in) == (200, (302, "/t/nordic-retail/overview/"))
    assert (out.status_code, client.get("/").url) == (302, "/accounts/login/?next=/")


def test_nobody_signs_up_alone(client, db):
    page = client.get("/accounts/signup/")
    posted = client.post(
        "/accounts/signup/", {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    )

    assert (
        "Accounts need an invitation" in page.content.decode(),
        "Accounts need an invitation" in posted.content.decode(),
    ) == (
        True,
        True,
    )
    assert get_user_model().objects.count() == 0


def test_password_is_changed_with_the_old_one_alone(client, viewer):
    client.force_login(viewer)
    new = {"password1": "another long phrase", "password2": "another long phrase"}

    client.post("/accounts/password/change/", {"oldpassword": "wrong"} | new)
    viewer.refresh_from_db()
    unchanged = viewer.check_password(PASSWORD)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD} | new)
    viewer.refresh_from_db()

    assert (unchanged, viewer.check_password("another long phrase")) == (True, True)


def test_first_page_lets_choose_between_tenants_parents_first(client, tenant, other_tenant):
    parent = Tenant.objects.create(slug="nordic-group", name="Nordic Group")
    tenant.parent = parent
    tenant.save()
    user = make_user("two@example.com", parent, Role.VIEWER)
    Membership.objects.create(user=user, tenant=other_tenant, role=Role.VIEWER)
    client.force_login(user)

    page = client.get("/").content.decode()

    choices = re.findall(r'<li><a class="depth-(\d)" href="([^"]+)"><span class="choices-name">', page)
    assert choices == [
        ("0", "/t/baltic-parcel/overview/"),
        ("0", "/t/nordic-group/overview/"),
        ("1", "/t/nordic-retail/overview/"),
    ]


def test_first_page_of_nobodys_member_says_who_can_help(client, db):
    client.force_login(make_user("alone@example.com"))

    assert "You are not a member of any customer yet" in client.get("/").content.decode()


def test_first_page_of_staff_leads_to_the_administration(client, staff_user):
    client.force_login(staff_user)

    assert 'href="/admin/"' in client.get("/").content.decode()


def test_language_is_remembered_and_the_person_goes_back(client, viewer):
    client.force_login(viewer)

    response = client.post("/language/", {"language": "fi", "next": "/t/nordic-retail/reports/?page=1"})

    cookie = response.cookies["language"]
    assert (response.url, cookie.value, cookie["httponly"], cookie["samesite"]) == (
        "/t/nordic-retail/reports/?page=1", "fi", True, "Lax",
    )  # fmt: skip
    assert "Kuukausiraportit" in client.get(response.url).content.decode()


@pytest.mark.parametrize(
    "target", ("https://example.com/", "//example.com/", "javascript:alert(1)", "\\\\example.com", "")
)
def test_language_never_leads_to_another_site(client, db, target):
    assert client.post("/language/", {"language": "fi", "next": target}).url == "/"


@pytest.mark.parametrize("language", ("xx", "sv", "", "../fi"))
def test_unknown_language_is_not_remembered(client, db, language):
    assert "language" not in client.post("/language/", {"language": language}).cookies


def test_forms_need_their_token(viewer):
    client = Client(enforce_csrf_checks=True)
    client.force_login(viewer)

    answers = [client.post(url) for url in ("/language/", "/t/nordic-retail/reports/make/", "/accounts/logout/")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "The form has expired" in answers[0].content.decode()


@pytest.mark.urls("tests.pages.test_first_pages")
def test_failure_gives_a_number_that_stands_in_the_log(client, viewer, caplog):
    client.raise_request_exception = False
    client.force_login(viewer)

    with caplog.at_level(logging.ERROR, logger="portal"):
        response = client.get("/fail/")

    page = response.content.decode()
    number = re.search(r"<strong>([0-9a-f]{16})</strong>", page)[1]
    assert (response.status_code, "something private" in page) == (500, False)
    assert f"GET fail/ failed, error id {number}" in [record.getMessage() for record in caplog.records]


def test_missing_page_keeps_the_header_and_tells_no_more_of_a_tenant_that_is_there(client, viewer, other_tenant):
    client.force_login(viewer)

    there, nowhere = (client.get(f"/t/{slug}/reports/") for slug in ("baltic-parcel", "nothing-here0"))

    page = there.content.decode()
    assert (there.status_code, "Page not found" in page, "/t/nordic-retail/" in page) == (
        404,
        True,
        True,
    )
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    assert token.sub("", page).replace("baltic-parcel", "nothing-here0") == token.sub("", nowhere.content.decode())


class Strictness(HTMLParser):
    """Collects what a strict content security policy would refuse, and inputs without a label."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.inputs: list[str] = []
        self.labels: set[str] = set()
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        is_data = attributes.get("type") == "application/json"  # a block that nothing runs
        if tag in ("style", "script") and "src" not in attributes and not is_data:
            self.refused.append(tag)
        self.refused += [name for name in attributes if name == "style" or name.startswith("on")]
        if tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            self.inputs.append(attributes.get("id") or f"{tag} without id")
        if tag == "label":
            self.labels.add(attributes.get("for") or "")
        if tag == "h1":
            self.headings.append(tag)


@pytest.mark.parametrize(
    "url",
    [
        "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/change/",
        "/accounts/logout/", "/", "/t/nordic-retail/overview/", "/t/nordic-retail/reports/",
        "/t/nordic-retail/partner-ids/",
        "/t/nowhere/reports/",
    ],
)  # fmt: skip
def test_pages_are_ready_for_a_strict_policy_and_for_screen_readers(client, tenant, other_tenant, url):
    user = make_user("two@example.com", tenant, Role.OWNER)
    Membership.objects.create(user=user, tenant=other_tenant, role=Role.VIEWER)
    if url not in ("/accounts/login/", "/accounts/signup/"):
        client.force_login(user)

    response = client.get(url)
    page = Strictness()
    page.feed(response.content.decode())

    assert response.status_code in (200, 404)
    assert page.headings == ["h1"]
    assert page.refused == []
    assert [name for name in page.inputs if name not in page.labels] == []
