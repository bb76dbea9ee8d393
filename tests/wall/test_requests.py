"""The wall around a request: what a view sees, what an error undoes, what a stream may read."""

import httpx
import pytest
from django.test import Client

from campaigns.models import Campaign
from portal.accounts.models import AuditEntry, Membership, Role
from tests.servers import running_server
from tests.wall.rows import rows

URLS = pytest.mark.urls("tests.wall.views")
IN_TRANSACTIONS = [pytest.mark.django_db(transaction=True), URLS]


@pytest.fixture
def campaigns(tenant, other_tenant) -> None:
    Campaign.objects.create(tenant=tenant, name="mine")
    Campaign.objects.create(tenant=other_tenant, name="other's")


@pytest.fixture
def browser(owner, campaigns) -> Client:
    """Signed in as the tenant's owner; an error becomes an answer, as outside of tests."""
    client = Client(raise_request_exception=False)
    client.force_login(owner)
    return client


def state() -> tuple[str, str]:
    return rows("SELECT current_user, coalesce(current_setting('portal.tenant_ids', true), '')")[0]


@pytest.mark.django_db
@URLS
def test_view_sees_the_tenants_of_the_person(browser):
    assert browser.get("/seen/").json() == {"role": "portal_web", "campaigns": ["mine"]}
    assert browser.get("/t/nordic-retail/seen/").json() == {"role": "portal_web", "campaigns": ["mine"]}
    assert browser.get("/t/baltic-parcel/seen/").status_code == 404
    assert browser.get("/t/no-such-tenant/seen/").status_code == 404
    assert state() == ("portal", "")


@pytest.mark.django_db
@URLS
def test_view_below_a_tenant_sees_that_tenant_alone(browser, owner, other_tenant):
    Membership.objects.create(user=owner, tenant=other_tenant, role=Role.VIEWER)
    assert browser.get("/seen/").json()["campaigns"] == ["mine", "other's"]
    assert browser.get("/t/nordic-retail/seen/").json()["campaigns"] == ["mine"]
    assert browser.get("/t/baltic-parcel/seen/").json()["campaigns"] == ["other's"]


@pytest.mark.django_db
@URLS
@pytest.mark.parametrize("path", ["/seen/", "/admin/seen/", "/t/nordic-retail/seen/"])
def test_stranger_to_all_sees_nothing(client, campaigns, path):
    assert client.get(path).json() == {"role": "portal_web", "campaigns": []}


@pytest.mark.django_db
@URLS
def test_admin_is_answered_as_staff_to_staff_alone(browser, client, staff_user):
    assert browser.get("/admin/seen/").json() == {"role": "portal_web", "campaigns": ["mine"]}
    client.force_login(staff_user)
    assert client.get("/admin/seen/").json() == {"role": "portal_staff", "campaigns": ["mine", "other's"]}
    assert client.get("/seen/").json() == {"role": "portal_web", "campaigns": []}
    assert client.get("/t/nordic-retail/seen/").status_code == 404
    staff_user.is_active = False
    staff_user.save()
    assert client.get("/admin/seen/").json() == {"role": "portal_web", "campaigns": []}


@pytest.mark.django_db
@URLS
def test_admin_is_answered_as_staff_to_those_with_their_second_factor_alone(client, campaigns, staff_user, settings):
    settings.PORTAL_STAFF_MFA = True
    client.force_login(staff_user)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "SecondFactor" not in name]  # the wall by itself

    assert client.get("/admin/seen/").json() == {"role": "portal_web", "campaigns": []}


@pytest.mark.django_db
@URLS
def test_scope_inside_a_view_gives_way_to_the_requests_own(browser):
    assert browser.get("/t/nordic-retail/staff-inside/").json() == {
        "inside": ["mine", "other's"],
        "after": ["mine"],
        "role": "portal_web",
    }


class TestWhatIsWritten:
    pytestmark = IN_TRANSACTIONS

    @pytest.mark.parametrize(("path", "status"), [("200", 200), ("404", 404)])
    def test_answer_below_500_keeps_it(self, browser, path, status):
        assert browser.get(f"/t/nordic-retail/{path}/").status_code == status
        assert [entry.action for entry in AuditEntry.objects.all()] == [f"then {path}"]
        assert state() == ("portal", "")

    @pytest.mark.parametrize("path", ["503", "raise", "break", "render"])
    def test_answer_of_500_and_more_undoes_it(self, browser, path):
        assert browser.get(f"/t/nordic-retail/{path}/").status_code == (503 if path == "503" else 500)
        assert list(AuditEntry.objects.all()) == []
        assert state() == ("portal", "")
        assert browser.get("/seen/").json() == {"role": "portal_web", "campaigns": ["mine"]}


@pytest.mark.django_db(transaction=True)
def test_real_server_streams_nothing_past_the_wall_and_mixes_no_people(browser, stranger, tmp_path):
    """One pooled connection serves all; what a stream asks outside of a scope finds no tenant's rows."""
    other = Client()
    other.force_login(stranger)
    variables = {"DJANGO_SETTINGS_MODULE": "tests.wall.server_settings", "PORTAL_DB_POOL_SIZE": "1"}
    with running_server(variables, folder=tmp_path) as server:

        def get(path: str, client: Client | None = None) -> str:
            cookies = {"sessionid": client.cookies["sessionid"].value} if client else {}
            return httpx.get(server.url + path, cookies=cookies, timeout=10).text

        for _ in range(3):
            assert get("/t/nordic-retail/seen/", browser) == '{"role": "portal_web", "campaigns": ["mine"]}'
            assert get("/seen/") == '{"role": "portal_web", "campaigns": []}'
            assert get("/t/nordic-retail/stream-in-scope/", browser) == "mine\nmine\n"
            assert get("/t/nordic-retail/stream-lazily/", browser) == "0 campaigns\n"
            assert get("/t/nordic-retail/raise/", browser) == "it was us"
            assert get("/seen/", other) == '{"role": "portal_web", "campaigns": ["other\'s"]}'
            assert get("/t/nordic-retail/break/", browser) == "it was us"
