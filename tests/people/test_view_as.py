"""Staff look at a tenant's pages: as a viewer, reading alone, for a while, on record for the tenant's owners."""

import time

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from portal.accounts import view_as
from portal.accounts.models import AuditEntry, Membership, Role
from portal.tenants.models import Tenant
from portal.tenants.scope import forbid_writing, may_write, web_scope
from tests.conftest import make_user
from tests.deliveries.helpers import apply, dlr
from tests.pages.conftest import make_run

pytestmark = pytest.mark.django_db
REPORTS = "/t/nordic-retail/reports/"


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.PORTAL_STAFF_MFA = False


@pytest.fixture
def staff(client, staff_user) -> Client:
    client.force_login(staff_user)
    return client


def begin(client: Client, tenant: Tenant, reason: str = "asked by phone"):
    return client.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": reason})


def log() -> list[tuple]:
    entries = AuditEntry.objects.filter(action__startswith="view_as.").order_by("id")
    return list(entries.values_list("tenant__slug", "actor", "action", "details"))


STARTED = ("nordic-retail", "staff@example.com", "view_as.started", {"reason": "asked by phone", "minutes": 30})


def test_staff_see_a_tenants_pages_with_a_banner_after_they_gave_a_reason(staff, tenant):
    before = staff.get(REPORTS).status_code
    unsaid = begin(staff, tenant, reason=" ")
    started = begin(staff, tenant)
    page = staff.get(REPORTS)

    assert (before, unsaid.status_code, started.status_code) == (404, 200, 302)
    assert started.url.startswith("/t/nordic-retail/")
    text = page.content.decode()
    assert "You are viewing Nordic Retail Oy as staff · read-only · 30 minutes left" in text
    assert (page.status_code, 'action="/view-as/stop/"' in text) == (200, True)
    assert log() == [STARTED]


def test_observer_sees_one_banner(staff, tenant, settings):
    """The notices for operators are on their own pages; on a customer's page they would hide whose page it is."""
    settings.EMAIL_BACKEND = "portal.accounts.unsent_mail.KeepingBackend"
    before = staff.get("/accounts/profile/").content.decode()
    begin(staff, tenant)

    page = staff.get(REPORTS).content.decode()

    assert (before.count("notice-warning"), page.count("notice-warning")) == (2, 1)
    assert "You are viewing Nordic Retail Oy as staff" in page


def test_observer_reaches_the_tenant_and_what_is_below_it_alone(staff, staff_user, tenant, other_tenant):
    Tenant.objects.create(slug="nordic-kids", name="Nordic Kids", parent=tenant)
    Membership.objects.create(user=staff_user, tenant=other_tenant, role=Role.OWNER)  # one's own waits meanwhile
    begin(staff, tenant)

    answers = {
        slug: staff.get(f"/t/{slug}/reports/").status_code for slug in (tenant.slug, "nordic-kids", other_tenant.slug)
    }
    settings_page = staff.get("/t/nordic-retail/settings/").status_code

    assert answers == {"nordic-retail": 200, "nordic-kids": 200, "baltic-parcel": 404}
    assert settings_page == 403


@pytest.mark.parametrize(
    "page", ["reports/make/", "settings/", "settings/members/invite/", "partner-ids/", "messages/link-main/m1/"]
)
def test_everything_that_would_change_something_is_refused(staff, tenant, page):
    begin(staff, tenant)

    assert staff.post(f"/t/nordic-retail/{page}", {"month": "2026-09", "reason": "x"}).status_code == 403


def test_database_refuses_to_write_whatever_a_page_tries(tenant):
    with pytest.raises(DatabaseError, match="read-only transaction"), transaction.atomic(), web_scope([tenant.id]):
        forbid_writing()
        assert not may_write()
        Tenant.objects.filter(id=tenant.id).update(name="Changed")
    with web_scope([tenant.id]):
        assert may_write()


def test_pages_of_an_observer_are_read_only_transactions(staff, tenant):
    begin(staff, tenant)
    asked = []

    def listen(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        staff.get(REPORTS)
        looked = "SET TRANSACTION READ ONLY" in asked
        asked.clear()
        staff.get("/admin/")

    assert (looked, "SET TRANSACTION READ ONLY" in asked) == (True, False)


def test_observer_is_not_offered_what_would_be_refused(staff, tenant, feed):
    gate = {"platformPartnerId": "nr-fi"}
    apply(feed, dlr("m1", 1001, gateCustomParameters=gate, customParameters={"destination": "+358401234567"}))
    begin(staff, tenant)

    page = staff.get("/t/nordic-retail/messages/link-main/m1/")

    assert (page.status_code, page.context["row"].destination, page.context["reveal"]) == (200, "+358 •••••••67", None)


def test_what_an_observer_downloads_is_on_record(staff, tenant, worker):
    run = make_run(tenant, "2026-10")
    begin(staff, tenant)

    with worker():
        answer = staff.get(f"{REPORTS}{run.id}/download/")

    entry = AuditEntry.objects.get(action="report.download")
    assert (answer.status_code, entry.actor, entry.tenant) == (200, "staff@example.com", tenant)


def test_button_ends_it(staff, tenant, worker):
    begin(staff, tenant)
    with worker():
        answer = staff.post("/view-as/stop/")

    assert (answer.status_code, answer.url, staff.get(REPORTS).status_code) == (302, "/admin/", 404)
    assert log() == [STARTED, ("nordic-retail", "staff@example.com", "view_as.stopped", {"why": "button"})]


def test_signing_out_ends_it(staff, staff_user, tenant, worker):
    begin(staff, tenant)
    with worker():
        staff.post("/accounts/logout/")
    staff.force_login(staff_user)

    assert staff.get(REPORTS).status_code == 404
    assert log()[1:] == [("nordic-retail", "staff@example.com", "view_as.stopped", {"why": "signed out"})]


def test_time_ends_it(staff, tenant, worker, monkeypatch):
    begin(staff, tenant)
    later = time.time() + view_as.SECONDS
    monkeypatch.setattr(view_as.time, "time", lambda: later)
    with worker():
        answer = staff.get(REPORTS)

    assert answer.status_code == 404
    assert log()[1:] == [("nordic-retail", "staff@example.com", "view_as.stopped", {"why": "time is over"})]


def test_staff_who_are_none_any_more_look_no_longer(staff, staff_user, tenant, worker):
    begin(staff, tenant)
    staff_user.is_superuser = False
    staff_user.save()
    with worker():
        answer = staff.get(REPORTS)

    assert answer.status_code == 404
    assert log()[1:] == [("nordic-retail", "staff@example.com", "view_as.stopped", {"why": "no longer allowed"})]


@pytest.mark.parametrize(("who", "status"), [("owner", 302), ("stranger", 302)])
def test_members_cannot_begin_it(client, request, tenant, who, status):
    client.force_login(request.getfixturevalue(who))

    assert (begin(client, tenant).status_code, log()) == (status, [])


def test_staff_without_the_permissions_cannot_begin_it(client, tenant):
    client.force_login(make_user("helper@example.com", is_staff=True))

    assert (begin(client, tenant).status_code, log()) == (403, [])


def test_pool_has_no_pages_to_look_at(staff, account):
    assert (begin(staff, account.pool).status_code, log()) == (404, [])


def test_list_leads_to_it_for_one_customer(staff, tenant, other_tenant, account):
    def act(*chosen: Tenant):
        values = {"action": "view_as", "_selected_action": [one.id for one in chosen]}
        return staff.post("/admin/tenants/tenant/", values)

    assert act(tenant).url == f"/admin/tenants/tenant/{tenant.id}/view-as/"
    assert [act(tenant, other_tenant).url, act(account.pool).url] == ["/admin/tenants/tenant/"] * 2
    assert (
        f"/admin/tenants/tenant/{tenant.id}/view-as/"
        in staff.get(f"/admin/tenants/tenant/{tenant.id}/change/").content.decode()
    )


def test_owners_read_it_in_their_audit_log(staff, client, tenant, owner, worker):
    begin(staff, tenant)
    other = Client()
    other.force_login(owner)

    page = other.get("/t/nordic-retail/settings/audit/").content.decode()

    assert ("Staff started viewing as the customer" in page, "asked by phone" in page) == (True, True)
