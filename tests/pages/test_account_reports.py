"""The reports of an account: for the managers of the customer whose account it is, never with another's figures."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from portal.accounts.models import AuditEntry, Role
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from reports.models import ReportRun
from tests.conftest import NOW, make_user
from tests.pages.conftest import make_run
from tests.provisioning.provisioning_helpers import from_pool

URL = "/t/nordic-retail/reports/accounts/link-main/"
BEFORE, SINCE = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch) -> datetime:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return NOW


@pytest.fixture
def owned(account, tenant) -> GatewayAccount:
    GatewayAccount.objects.filter(id=account.id).update(owner=tenant, owner_since=SINCE)
    return GatewayAccount.objects.get(id=account.id)


def run_of(account: GatewayAccount, month: str, **extra) -> ReportRun:
    return make_run(account.pool, month, account=account, **{"requested_at": NOW} | extra)


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("analyst", 403), ("manager", 200), ("owner", 200)])
def test_account_s_report_is_for_managers_of_its_owner(client, request, owned, who, status):
    run = run_of(owned, "2026-10", text="all of the account")
    client.force_login(request.getfixturevalue(who))

    page = client.get("/t/nordic-retail/reports/")
    answers = [client.get(url).status_code for url in (URL, f"{URL}{run.id}/download/")]
    made = client.post(f"{URL}make/", {"month": "2026-09", "confirmed": "yes"})

    assert answers == [status, status]
    assert (f'href="{URL}"' in page.content.decode(), made.status_code) == (
        status == 200,
        302 if status == 200 else 403,
    )
    downloads = AuditEntry.objects.filter(action="report.download").values_list("actor", "tenant__slug", "subject")
    wanted = [(f"{who}@example.com", "nordic-retail", "link-main_2026-10_r1.xlsx")]
    assert list(downloads) == (wanted if status == 200 else [])


@pytest.mark.parametrize(("person", "slug"), [("owner", "nordic-retail"), ("stranger", "baltic-parcel")])
def test_shared_account_s_report_is_for_nobody(request, client, account, tenant, other_tenant, person, slug):
    run = run_of(account, "2026-10")
    client.force_login(request.getfixturevalue(person))
    url = f"/t/{slug}/reports/accounts/link-main/"
    assert [client.get(u).status_code for u in (url, f"{url}{run.id}/download/")] == [404, 404]
    assert client.post(f"{url}make/", {"month": "2026-10"}).status_code == 404
    assert ReportRun.objects.count() == 1


def test_owner_loses_sight_of_it_when_somebody_else_has_a_partner_id_there(client, owned, owner):
    client.force_login(owner)
    assert client.get(URL).status_code == 200

    other = Tenant.objects.create(slug="other", name="Other")
    PartnerId.objects.create(account=owned, value="others", tenant=other, declared_at=NOW)

    assert client.get(URL).status_code == 404


def test_children_of_the_owner_see_their_own_reports_alone(client, owned, tenant):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)
    client.force_login(make_user("below@example.com", child, Role.OWNER))

    answers = [client.get(url).status_code for url in ("/t/child/reports/accounts/link-main/", URL)]

    assert answers == [404, 404]
    assert "link-main" not in client.get("/t/child/reports/").content.decode()


def test_what_was_made_before_the_account_was_its_owner_s_is_not_shown(client, owned, manager):
    """It may hold figures of somebody who used the account then."""
    old = run_of(owned, "2026-08", requested_at=BEFORE, text="of others")
    run_of(owned, "2026-09")
    client.force_login(manager)

    page = client.get(URL)

    latest = {str(row.month): row.latest is not None for row in page.context["page_obj"]}
    assert latest == {"2026-11": False, "2026-09": True}
    assert client.get(f"{URL}{old.id}/download/").status_code == 404


def test_tenant_s_and_account_s_runs_are_found_at_their_own_addresses_alone(client, owned, tenant, manager):
    mine, of_account = make_run(tenant, "2026-10"), run_of(owned, "2026-10")
    client.force_login(manager)

    addresses = [f"{URL}{mine.id}/download/", f"/t/nordic-retail/reports/{of_account.id}/download/"]

    assert [client.get(address).status_code for address in addresses] == [404, 404]


def test_account_s_report_is_made_in_place(client, feed, owned, manager):
    from_pool(feed, "nobody", messages=1)
    client.force_login(manager)

    row = client.post(f"{URL}make/", {"month": "2026-11"}, headers={"HX-Request": "true"}).content.decode()
    again = client.get(URL, {"month": "2026-11"}, headers={"HX-Request": "true"}).content.decode()

    run = ReportRun.objects.get()
    assert (run.tenant_id, run.account_id, run.state, run.requested_by) == (
        owned.pool_id,
        owned.id,
        "queued",
        "manager@example.com",
    )
    assert ["is queued" in part for part in (row, again)] == [True, True]


@pytest.mark.parametrize("months", (["2026-10"], ["2026-10", "2026-09", "2026-08"]))
def test_account_s_list_needs_as_many_queries_for_one_as_for_three(
    client, owned, manager, months, django_assert_num_queries
):
    for month in months:
        run_of(owned, month)
    client.force_login(manager)

    with django_assert_num_queries(33):
        response = client.get(URL)

    assert [str(row.month) for row in response.context["page_obj"] if row.latest] == months
