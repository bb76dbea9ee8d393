"""Other actions of staff in the admin, with real requests under the staff role."""

from datetime import UTC, date, datetime, timedelta

import pytest

from campaigns.models import Campaign
from deliveries.models import ResultCode, TenantRecount
from portal.accounts.models import AuditEntry, Membership, Role
from portal.tenants.api_keys import create_key
from reports.models import ReportRun
from tests.admin.acting import act, audit
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply, dlr
from tests.pages.conftest import make_run


def test_failed_runs_are_made_again_and_others_left(staff, tenant):
    failed = make_run(tenant, "2026-10", state="failed", error="broken", attempts=5)
    done = make_run(tenant, "2026-09")

    page = act(staff, "reports_reportrun", "retry", failed, done).content.decode()

    runs = list(ReportRun.objects.order_by("id").values_list("month", "state", "attempts", "requested_by"))
    assert runs == [(date(2026, 10, 1), "queued", 0, "staff@example.com"), (date(2026, 9, 1), "done", 0, "schedule")]
    assert "1 run is queued again." in page


def test_failed_run_whose_month_is_being_made_already_is_left(staff, tenant):
    failed = make_run(tenant, "2026-10", state="failed")
    make_run(tenant, "2026-10", state="queued", revision=2)

    page = act(staff, "reports_reportrun", "retry", failed).content.decode()

    assert ReportRun.objects.get(id=failed.id).state == "failed"
    assert "1 run was skipped: the report of its month is already being created." in page


def test_runs_say_what_has_changed_and_the_next_revision_is_made(staff, tenant, other_tenant, account, feed):
    totals = dict.fromkeys(("messages", "parts", "delivered", "failed", "pending", "unknown"), 0)
    run = make_run(tenant, "2026-10", messages=0, totals=totals)
    make_run(tenant, "2026-10", messages=0, totals=totals, revision=2)
    make_run(other_tenant, "2026-10", messages=0, totals=totals)
    of_account = make_run(account.pool, "2026-10", account=account, messages=0, totals=totals)
    at = {"sentTimestamp": "2026-10-05T10:00:00Z", "timestamp": "2026-10-05T10:00:05Z"}
    apply(feed, dlr("a", gateCustomParameters={"platformPartnerId": "nr-fi"}, **at), dlr("b", 1006, **at))

    listed = staff.get("/admin/reports/reportrun/").content.decode()
    shown = staff.get(f"/admin/reports/reportrun/{run.pk}/change/").content.decode()
    page = act(staff, "reports_reportrun", "make_next", run, run, of_account).content.decode()

    of_tenant, of_all = "+1 messages, +1 delivered, +1 SMS parts", "+2 messages, +1 delivered, +1 failed, +2 SMS parts"
    assert [listed.count(f"Changed since: {text}") for text in (of_tenant, of_all)] == [2, 1]
    assert f"Changed since: {of_tenant}" in shown
    queued = ReportRun.objects.filter(state="queued").order_by("tenant_id")
    assert {(queue.tenant_id, queue.account_id, queue.revision, queue.requested_by) for queue in queued} == {
        (tenant.id, None, 3, "staff@example.com"),
        (account.pool_id, account.id, 2, "staff@example.com"),
    }
    assert "2 reports are queued. They become revisions if their contents have changed." in page


def test_run_that_came_out_the_same_says_so_in_the_admin(staff, tenant):
    first = make_run(tenant, "2026-10", revision=4)
    again = make_run(tenant, "2026-10", revision=None, same_as=first, file=first.file)

    assert "4, unchanged" in staff.get("/admin/reports/reportrun/").content.decode()
    assert staff.get(f"/admin/reports/reportrun/{again.pk}/change/").status_code == 200


def test_accounts_workbook_is_downloaded_by_staff_and_recorded(staff, account):
    run = make_run(account.pool, "2026-10", account=account, text="all partner ids")

    response = staff.get(f"/admin/reports/reportrun/{run.pk}/download/")

    assert response.headers["Content-Disposition"] == 'attachment; filename="link-main_2026-10_r1.xlsx"'
    assert len(response.getvalue()) == run.bytes
    assert audit("report.download") == [
        ("pool-link-main", "staff@example.com", "link-main_2026-10_r1.xlsx", {"run": run.pk})
    ]


def test_changed_code_says_what_to_run(staff, db):
    code = ResultCode.objects.get(dialect="link", code=1001)

    response = staff.post(
        f"/admin/deliveries/resultcode/{code.pk}/change/",
        {"status": "failed", "final": "on", "reason": "", "text_en": "Delivered", "text_fi": ""},
        follow=True,
    )

    assert "bin/portal refold --dialect link --code 1001" in response.content.decode()


@pytest.mark.parametrize("who", ("owner", "stranger"))
def test_admin_is_closed_to_members(client, request, who):
    client.force_login(request.getfixturevalue(who))

    answers = [client.get(url).status_code for url in ("/admin/", "/admin/login/", "/admin/tenants/tenant/")]

    assert answers == [302, 403, 302]


def test_admin_sends_strangers_to_the_one_sign_in(client, db):
    at_the_door = client.get("/admin/", follow=True)

    assert at_the_door.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


@pytest.mark.parametrize("change", [{"actor": "nobody"}, None], ids=["update", "delete"])
def test_audit_log_cannot_be_changed_even_by_staff(staff_user, tenant, change):
    from django.db import DatabaseError, transaction

    from portal.accounts.models import record
    from tests.wall.scopes import staff_scope

    record("test", actor="somebody", tenant=tenant)

    with pytest.raises(DatabaseError), transaction.atomic(), staff_scope():
        entries = AuditEntry.objects.all()
        entries.update(**change) if change else entries._raw_delete("default")
    assert list(AuditEntry.objects.values_list("actor", flat=True)) == ["somebody"]


def test_times_are_shown_day_first(staff, tenant):
    Membership.objects.create(
        user=make_user("seen@example.com", last_login=datetime(2026, 11, 3, 14, 5, tzinfo=UTC)),
        tenant=tenant, role=Role.VIEWER,
    )  # fmt: skip

    assert "3 November 2026, 14:05" in staff.get("/admin/accounts/user/").content.decode()


def test_jobs_that_stand_still_are_queued_again_and_others_left(staff, tenant):
    now = datetime.now(UTC)
    stuck, busy, done = (
        TenantRecount.objects.create(tenant=tenant, reason="x", attempts=4, **values)
        for values in (
            {"state": "running", "lease_until": now - timedelta(hours=1)},
            {"state": "running", "lease_until": now + timedelta(hours=1)},
            {"state": "done"},
        )
    )

    page = act(staff, "deliveries_tenantrecount", "retry", stuck, busy, done).content.decode()

    rows = list(TenantRecount.objects.order_by("id").values_list("state", "attempts"))
    assert rows == [("queued", 0), ("running", 4), ("done", 4)]
    assert "1 job is queued again" in page
    assert audit("tenantrecount.retried") == [(None, "staff@example.com", "", {"jobs": 1})]


def test_api_key_is_revoked_with_a_record(staff, tenant):
    key, _text = create_key(tenant=tenant, name="nightly", scopes=["read"], created_by="owner@example.com", now=NOW)

    page = act(staff, "tenants_apikey", "revoke", key).content.decode()

    key.refresh_from_db()
    assert ("1 key was revoked." in page, key.revoked_at is not None) == (True, True)
    assert audit("api_key.revoked") == [("nordic-retail", "staff@example.com", str(key), {})]


@pytest.mark.parametrize(
    ("page", "query", "found"),
    [
        ("campaigns/campaign", "spring", ["spring 1", "spring 2"]),
        ("campaigns/campaign", "ring", []),
        ("campaigns/campaign", "nordic-retail", ["autumn", "spring 1", "spring 2"]),
        ("tenants/partnerid", "nr-", ["nr-fi"]),
        ("accounts/auditentry", "owner@example.com", ["2026-11-20 12:00 owner@example.com test "]),
        ("accounts/auditentry", "owner", []),
    ],
)
def test_big_lists_are_searched_by_beginnings_and_whole_words(staff, tenant, page, query, found):
    for name in ("spring 1", "spring 2", "autumn"):
        Campaign.objects.create(tenant=tenant, name=name)
    AuditEntry.objects.create(actor="owner@example.com", action="test", at=NOW)

    shown = staff.get(f"/admin/{page}/", {"q": query}).context["cl"].result_list

    assert sorted(map(str, shown)) == found


@pytest.mark.parametrize("selected", ["x", "1 OR 1=1", "", "9" * 30, "1\0"])
@pytest.mark.parametrize("kind", ["deliveries/partnerrequest", "accounts/user", "reports/reportrun"])
def test_action_on_a_row_whose_id_is_none_is_refused_in_words(staff, kind, selected):
    action = {"deliveries/partnerrequest": "approve", "accounts/user": "end_sessions", "reports/reportrun": "retry"}[
        kind
    ]

    answer = staff.post(f"/admin/{kind}/", {"action": action, "_selected_action": selected}, follow=True)

    assert answer.status_code == 200
    assert ("is no id of a row here." in answer.content.decode()) == (selected != "9" * 30)  # a number, of no row
