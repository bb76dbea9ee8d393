"""Under a brand's host only pages for people without an account answer; unknown hosts are refused as ever."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.brands import hosts
from portal.brands.hosts import KEPT_FOR, known_hosts
from portal.brands.models import TenantBrand
from portal.tenants.models import Tenant
from tests.brands.conftest import PARTNER_HOST, PUBLIC, make_brand
from tests.pages.test_url_matrix import ROUTES, address_of, ids
from tests.shares.conftest import LINKS, WANTED, make_link, no_openings_yet

__all__ = ["ids", "no_openings_yet"]

pytestmark = pytest.mark.django_db

AT_PARTNER = {"HTTP_HOST": PARTNER_HOST}


def open_at(host: str, address: str, **extra):
    return Client().get(address, HTTP_HOST=host, **extra)


@pytest.mark.parametrize("host", ["unknown.example", "nordic.example", f"{PARTNER_HOST}.evil.example", ""])
def test_unknown_and_unconfirmed_hosts_are_refused(child, host):
    make_brand(child).__class__.objects.filter(tenant=child).update(host="nordic.example")

    assert open_at(host, "/accounts/login/").status_code == 400


def test_shared_link_opens_under_the_host_with_the_brand(child, manager, messages):
    _link, token = make_link(child, manager)

    page = open_at(PARTNER_HOST, f"/share/{token}/")

    assert (page.status_code, "Partner Insights</title>" in page.content.decode()) == (200, True)
    assert page.cookies == {}
    assert open_at(f"{PARTNER_HOST.upper()}:8443", f"/share/{token}/").status_code == 200
    assert open_at("testserver", f"/share/{token}/").status_code == 200  # PUBLIC_URL's way stays open


def test_link_of_another_tenant_is_closed_under_the_host(child, other_tenant, stranger, messages):
    _link, token = make_link(other_tenant, stranger)

    closed, unknown = open_at(PARTNER_HOST, f"/share/{token}/"), open_at(PARTNER_HOST, "/share/no-such-token/")

    assert (closed.status_code, closed.content) == (404, unknown.content)
    assert "Partner Insights" in closed.content.decode()


@pytest.mark.parametrize("address", ["/", "/accounts/login/"])
def test_first_page_and_sign_in_lead_to_the_portals_own_sign_in(partner, address):
    answer = open_at(PARTNER_HOST, address)

    assert (answer.status_code, answer.url) == (302, f"{PUBLIC}/accounts/login/?brand={PARTNER_HOST}")


def test_sign_in_shows_the_brand_of_the_host_that_led_there(client, partner):
    first = client.get(f"/accounts/login/?brand={PARTNER_HOST}")
    refused = client.post("/accounts/login/", {"login": "x@example.com", "password": "wrong"})
    forgotten = client.get("/accounts/password/reset/")
    plain = Client().get("/accounts/login/")

    shown = ["Partner Insights</title>" in page.content.decode() for page in (first, refused, forgotten, plain)]
    assert shown == [True, True, True, False]
    cookie = first.cookies["brand"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/accounts/", True, "Lax")


@pytest.mark.parametrize("host", ["unknown.example", "<script>", "portal.example.com"])
def test_sign_in_shows_no_brand_of_an_unknown_name(client, partner, host):
    page = client.get("/accounts/login/", {"brand": host})

    assert ("SMS reports</title>" in page.content.decode(), "brand" in page.cookies) == (True, False)


def test_nothing_of_the_app_answers_under_the_host(client, ids, partner, staff_user):
    client.force_login(staff_user)
    public = ("share", "share_download", "embed", "accent", "logo", "icon", "set_look")
    answers = {
        route.name: client.get(address_of(route, ids), **AT_PARTNER).status_code
        for route in ROUTES
        if route.name not in (*public, "home", "account_login")
    }

    assert set(answers.values()) == {404}
    assert client.get("/api/v1/statistics/", headers={"Authorization": "Bearer x"}, **AT_PARTNER).status_code == 404


def test_forms_are_not_accepted_under_the_host(partner):
    assert Client().post("/look/", {"theme": "dark"}, **AT_PARTNER).status_code == 404


def test_known_host_costs_no_query(child, manager, messages):
    _link, token = make_link(child, manager)
    open_at(PARTNER_HOST, "/")

    with CaptureQueriesContext(connection) as at_home:
        open_at("testserver", f"/share/{token}/")
    with CaptureQueriesContext(connection) as at_host:
        open_at(PARTNER_HOST, f"/share/{token}/")
    with CaptureQueriesContext(connection) as refused:
        open_at("unknown.example", "/")

    assert (len(at_host), len(refused)) == (len(at_home), 0)


def test_removed_host_is_gone_within_a_minute(partner, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(hosts.time, "monotonic", lambda: clock[0])
    known_hosts.forget()
    before = open_at(PARTNER_HOST, "/").status_code
    TenantBrand.objects.update(host_confirmed_at=None)  # by another process

    clock[0] += KEPT_FOR - 1
    still = open_at(PARTNER_HOST, "/").status_code
    clock[0] += 1
    after = open_at(PARTNER_HOST, "/").status_code

    assert (before, still, after, KEPT_FOR < 60) == (302, 302, 400, True)


def test_https_is_kept_and_no_other_host_of_the_partner_is_bound(partner, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True

    plain = open_at(PARTNER_HOST, "/share/x/?lang=fi")
    secure = Client().get("/share/x/", secure=True, **AT_PARTNER)

    assert (plain.status_code, plain.url) == (301, f"https://{PARTNER_HOST}/share/x/?lang=fi")
    assert (secure.status_code, secure.headers["Strict-Transport-Security"]) == (404, "max-age=3600")


def test_page_not_found_under_the_host_is_the_brands_in_the_readers_language(partner):
    page = open_at(PARTNER_HOST, "/t/nordic-retail/overview/", headers={"accept-language": "fi"})

    text = page.content.decode()
    assert (page.status_code, 'lang="fi"' in text, "Partner Insights</title>" in text) == (404, True, True)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("has_brand", [True, False])
def test_new_links_use_the_confirmed_host(client, tenant, manager, partner, has_brand):
    if has_brand:
        Tenant.objects.filter(id=tenant.id).update(parent=partner)
    client.force_login(manager)

    page = client.post(LINKS, WANTED, follow=True).content.decode()

    base = f"https://{PARTNER_HOST}" if has_brand else PUBLIC
    assert f"{base}/share/" in page


def test_closed_link_shows_no_brand_at_the_portals_own_address(child, manager, messages, settings):
    settings.SHARE_LINK_PER_MINUTE = 1
    _link, token = make_link(child, manager)

    # The limit counts by minutes: of three requests two are in one minute.
    answers = [open_at("testserver", f"/share/{token}/") for _ in range(3)]

    too_many = next((answer for answer in answers if answer.status_code == 429), answers[-1])
    assert (too_many.status_code, "Partner Insights" in too_many.content.decode()) == (429, False)
