"""A form or a part of a page that cannot be answered where it was sent leads back to the page that it was sent from."""

import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.way_back import page_behind
from reports.models import ReportRun
from tests.pages.test_url_matrix import PAGES, POSTED, ROUTES, address_of, ids  # noqa: F401  ids is a fixture

MAKE = "/t/baltic-parcel/reports/make/"
PAGE = "/t/baltic-parcel/reports/?page=2"


@pytest.mark.parametrize("route", [route for route in ROUTES if route.name in POSTED], ids=lambda route: route.name)
def test_address_of_a_form_answers_get_by_its_page(client, stranger, ids, route):  # noqa: F811
    client.force_login(stranger)

    answer = client.get(address_of(route, ids))

    if route.name in ("palette", "palette_anywhere"):  # the address is a page itself
        assert answer.status_code == 200
        return
    assert answer.status_code == 302
    page = client.get(answer.url, follow=True)
    # Nobody's account, and the administration: their pages refuse this person, too.
    status = {"reports:account_make": 404, "admin:onboarding_undo": 403}.get(route.name, 200)
    assert (page.status_code, answer.url != route.address) == (status, True)


def test_no_page_answers_get_by_405():
    assert [name for name, statuses in PAGES.items() if 405 in statuses] == []


def test_address_of_a_form_takes_nothing_else(client, stranger):
    client.force_login(stranger)

    answer = client.put("/look/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_signed_out_part_of_a_page_sends_the_whole_page_to_sign_in_and_back(client, other_tenant):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{PAGE}"}
    answer = client.post(MAKE, {"month": "2026-09"}, headers=headers)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["HX-Redirect"] == f"/accounts/login/?{urlencode({'next': PAGE})}"
    page = client.get(answer.headers["HX-Redirect"]).content.decode()
    assert "You are signed out, so nothing was changed. Sign in and do it again." in page
    assert not ReportRun.objects.exists()


def test_signed_out_part_that_only_reads_says_so(client, other_tenant):
    answer = client.get("/t/baltic-parcel/reports/?month=2026-09", headers={"HX-Request": "true"})

    page = client.get(answer.headers["HX-Redirect"]).content.decode()
    assert "You are signed out. Sign in to go on." in page


def test_signed_out_form_comes_back_to_its_page_after_sign_in(client, stranger, other_tenant):
    stranger.set_password("correct horse")
    stranger.save()

    answer = client.post(MAKE, {"month": "2026-09"}, headers={"Referer": f"http://testserver{PAGE}"})
    signed_in = client.post(answer.url, {"login": stranger.email, "password": "correct horse"})

    assert (answer.status_code, signed_in.status_code, signed_in.url) == (302, 302, PAGE)


def test_page_that_is_opened_signed_out_says_nothing(client, other_tenant):
    answer = client.get(PAGE, follow=True)

    assert "You are signed out" not in answer.content.decode()


@pytest.mark.parametrize(
    ("shown", "back"),
    [
        (f"http://testserver{PAGE}", PAGE),
        ("https://elsewhere.example.com/", MAKE),
        ("http://testserver//elsewhere.example.com/", "/%2Felsewhere.example.com/"),
        ("javascript:alert(1)", MAKE),
        ("", MAKE),
    ],
)
def test_only_the_portals_own_pages_are_led_back_to(rf, shown, back):
    assert page_behind(rf.post(MAKE, headers={"HX-Current-URL": shown})) == back


def test_host_that_is_not_ours_leads_to_the_requests_own_address(rf):
    request = rf.post(MAKE, headers={"Host": "elsewhere.example.com", "Referer": "http://elsewhere.example.com/"})

    assert page_behind(request) == MAKE


def test_lost_csrf_cookie_leads_back_to_the_page(stranger, other_tenant):
    client = Client(enforce_csrf_checks=True)
    client.force_login(stranger)

    answer = client.post(MAKE, {"month": "2026-09"}, headers={"Referer": f"http://testserver{PAGE}"})

    assert (answer.status_code, not ReportRun.objects.exists()) == (403, True)
    again = re.search(r'<a class="btn btn-primary" href="([^"]*)">Back to the page', answer.content.decode())[1]
    assert (again, client.get(again).status_code) == (PAGE, 200)
    assert "csrftoken" in client.cookies  # set anew by the page


def test_second_factor_is_asked_for_and_leads_back_to_the_page(client, staff_user, settings):
    settings.PORTAL_STAFF_MFA = True
    client.force_login(staff_user)
    page = reverse("admin:index")

    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    answer = client.get("/", headers=headers)

    assert answer.headers["HX-Redirect"] == f"{reverse('second_factor')}?{urlencode({'next': page})}"
