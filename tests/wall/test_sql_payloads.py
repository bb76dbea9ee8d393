"""No parameter or header of a page becomes part of a statement's text."""

import pytest

from tests.pages.conftest import plain_storages
from tests.pages.test_url_matrix import ROUTES, Route, expected, ids
from tests.wall.probed import PEOPLE, dns_server, probed
from tests.wall.prober import Prober
from tests.wall.sql_probe import MARK, PAYLOADS, names_asked_for, undone, watched

__all__ = ["dns_server", "ids", "plain_storages", "probed"]

pytestmark = [pytest.mark.django_db, pytest.mark.any_python]

# Nobody gets these pages, and why.
CLOSED = {
    "api:not_found": "404 for whatever is below /api/",
    "partner_gate_unknown": "404 for whatever else is below /gate/",
    "admin:(?P<url>.*)$": "404 for whatever else is below /admin/",
    "admin:view_on_site": "for models that have pages of their own, which none has",
    "account_confirm_login_code": "a way to sign in that is switched off",
    "account_set_password": "for people without a password, whom the portal does not have",
    "reports:saved_report": "a stored file of a run, which no probed row has (tests/schedules/test_downloads.py)",
    # A sealed token opens these, and 404 is the answer to all else (tests/report_mails).
    "report_address": "a sealed token of an address",
    "report_unsubscribe": "a sealed token of a recipient",
    "mailed_report": "a sealed token of an e-mail",
    "mailed_file": "a sealed token of an e-mail",
}
# The pages of accounts that others get than who has a second factor.
OF_ACCOUNTS = {
    "anonymous": {"account_login", "account_reset_password", "account_reset_password_from_key", "invitation"},
    "member": {"account_reauthenticate", "mfa_activate_totp"},
    "halfway": {"mfa_authenticate"},
}


def belongs_to(route: Route) -> str:
    """Return who gets a page, '' for nobody."""
    if route.name in CLOSED or expected(route, "stranger") == 401:  # with a key: test_sql_api_payloads.py
        return ""
    if route.address.startswith("/admin/"):
        return "" if expected(route, "staff_user") == 403 else "staff"
    if not route.address.startswith("/accounts/"):
        return "member"
    return next((person for person, names in OF_ACCOUNTS.items() if route.name in names), "guarded")


@pytest.mark.parametrize("person", PEOPLE)
def test_no_parameter_of_a_page_becomes_sql(probed, person):
    prober = Prober(probed, person)
    for route in ROUTES:
        belongs = belongs_to(route) == person
        if person in ("anonymous", "member", "staff") or belongs:
            prober.probe(route, one_by_one=belongs)

    assert prober.wrong == []
    assert {route.name for route in ROUTES if belongs_to(route) == person} - prober.reached == set()


@pytest.mark.parametrize(
    "header", ["User-Agent", "Accept-Language", "X-Request-ID", "Authorization", "Referer", "Cookie"]
)
def test_no_header_becomes_sql(client, header):
    for payload in PAYLOADS:
        value = {"Authorization": f"Bearer {payload}", "Cookie": f'language="{payload}"; sessionid={payload}'}
        with undone(), watched() as found:
            for address in ("/", "/accounts/login/", "/api/v1/key/", "/t/nordic-retail/"):
                assert client.get(address, headers={header: value.get(header, payload)}).status_code < 500
        assert found == []


@pytest.mark.urls("tests.wall.views")
def test_probe_finds_a_page_that_makes_sql_of_a_parameter(client):
    with names_asked_for() as names, undone(), watched() as found:
        client.get("/careless/", {"name": MARK})

    assert "name" in names
    assert found == [f"SELECT '{MARK}'"]
