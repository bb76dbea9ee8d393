"""What staff do in the admin, with real requests under the staff role."""

import json
import re
import shlex
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from campaigns.models import Campaign
from deliveries.models import IngestCount, Message, QuarantinedRow, ResultCode, TenantRecount
from deliveries.services.apply import apply_waiting
from portal.accounts.models import AuditEntry, Membership, Role, User
from portal.tenants import secrets
from portal.tenants.api_keys import create_key
from portal.tenants.gate_values import gate_values
from portal.tenants.models import Feed, FeedToken, GatewayAccount, Tenant
from reports.models import ReportRun
from tests.conftest import NOW, PASSWORD, TOKEN, make_user
from tests.deliveries.helpers import put
from tests.pages.conftest import make_run

NO_TOKENS = {"tokens-TOTAL_FORMS": "0", "tokens-INITIAL_FORMS": "0"}
NO_MEMBERSHIPS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


@pytest.fixture
def staff(client, staff_user):
    client.force_login(staff_user)
    return client


def act(client, list_name: str, action: str, *rows, **data):
    return client.post(
        reverse(f"admin:{list_name}_changelist"),
        {"action": action, "_selected_action": [row.pk for row in rows], **data},
        follow=True,
    )


def audit(action: str) -> list[tuple]:
    entries = AuditEntry.objects.filter(action=action).order_by("id")
    return list(entries.values_list("tenant__slug", "actor", "subject", "details"))


def test_account_is_added_with_its_pool(staff):
    response = staff.post("/admin/tenants/gatewayaccount/add/", {
        "name": "link-two", "platform_id": "ACME", "timezone": "Europe/Oslo",
    })  # fmt: skip

    account = GatewayAccount.objects.select_related("pool").get(name="link-two")
    assert response.status_code == 302
    assert (account.pool.slug, account.pool.kind, account.pool.timezone) == ("pool-link-two", "pool", "Europe/Oslo")
    assert audit("admin.add") == [(None, "staff@example.com", "gatewayaccount link-two", {})]


@pytest.mark.parametrize("name", ("x" * 59, "taken"))
def test_account_whose_pool_cannot_be_is_refused(staff, name):
    Tenant.objects.create(slug="pool-taken", name="Taken")

    response = staff.post(
        "/admin/tenants/gatewayaccount/add/", {"name": name, "platform_id": "ACME", "timezone": "UTC"}
    )

    assert (response.status_code, list(response.context["adminform"].form.errors)) == (200, ["name"])
    assert GatewayAccount.objects.count() == 0


def test_accounts_pool_follows_its_zone(staff, account):
    staff.post(f"/admin/tenants/gatewayaccount/{account.pk}/change/", {"platform_id": "ACME", "timezone": "Asia/Tokyo"})

    assert GatewayAccount.objects.select_related("pool").get().pool.timezone == "Asia/Tokyo"
    assert list(TenantRecount.objects.values_list("tenant", "reason")) == [(account.pool_id, "time zone changed")]


def test_changed_refid_scheme_has_the_messages_derived_anew(staff, tenant):
    scheme = {"delimiter": "|", "fields": "campaign,variant"}

    staff.post("/admin/campaigns/refidscheme/add/", {"tenant": tenant.pk} | scheme)
    staff.post(f"/admin/campaigns/refidscheme/{tenant.ref_id_scheme.pk}/delete/", {"post": "yes"})

    # the second one takes the first one's place, which nobody had begun
    assert list(TenantRecount.objects.values_list("tenant", "reason")) == [(tenant.pk, "refId scheme removed")]
    assert [entry[2] for entry in audit("admin.add") + audit("admin.delete")] == [
        "refidscheme campaign|variant", "refidscheme campaign|variant",
    ]  # fmt: skip


def test_tenant_is_added_and_changed_with_a_record(staff):
    values = {"name": "New Oy", "timezone": "Europe/Helsinki", "language": "fi", "currency": "EUR"} | DEFAULTS
    staff.post("/admin/tenants/tenant/add/", {"slug": "new-oy", "parent": ""} | values)
    tenant = Tenant.objects.get(slug="new-oy")
    response = staff.post(
        f"/admin/tenants/tenant/{tenant.pk}/change/", values | {"name": "Newer Oy", "timezone": "UTC"}, follow=True
    )

    tenant.refresh_from_db()
    assert (tenant.name, tenant.timezone) == ("Newer Oy", "UTC")
    assert "Messages are counted anew in the background" in response.content.decode()
    assert list(TenantRecount.objects.values_list("tenant", "reason")) == [(tenant.pk, "time zone changed")]
    assert audit("admin.change") == [
        ("new-oy", "staff@example.com", "tenant Newer Oy", {"fields": ["Name", "Timezone"]})
    ]


def test_pool_cannot_be_changed_or_taken_as_a_slug(staff, account):
    changed = staff.post(f"/admin/tenants/tenant/{account.pool_id}/change/", {"name": "Mine"})
    added = staff.post("/admin/tenants/tenant/add/", {
        "slug": "pool-mine", "name": "Mine", "timezone": "UTC", "language": "en", "currency": "EUR",
    } | DEFAULTS)  # fmt: skip

    assert (changed.status_code, added.status_code) == (403, 200)
    assert "slug" in added.context["adminform"].form.errors
    assert not Tenant.objects.filter(name="Mine").exists()


def test_feed_is_added_and_its_address_shown_once(staff, account, settings):
    settings.PUBLIC_URL = "https://portal.example.com"

    response = staff.post("/admin/tenants/feed/add/", NO_TOKENS | {
        "account": account.pk, "name": "second", "dialect": "link", "networks": "[]", "active": "on",
        "basic_user": "gateway", "basic_password": "a long password",
    })  # fmt: skip

    feed = Feed.objects.get(name="second")
    token = re.search(r"https://portal\.example\.com/dlr/([^/]+)/", response.content.decode())[1]
    assert list(feed.tokens.values_list("digest", flat=True)) == [secrets.digest(token, purpose="feed-token")]
    assert feed.basic_password_digest == secrets.digest("a long password", purpose="feed-basic")
    assert {"no-store", "private"} <= set(response.headers["Cache-Control"].split(", "))
    assert token not in staff.get(f"/admin/tenants/feed/{feed.pk}/change/").content.decode()
    assert token not in str(AuditEntry.objects.values_list("subject", "details"))


def test_token_is_rotated_with_two_valid(staff, feed):
    response = act(staff, "tenants_feed", "rotate_token", feed)

    page = response.content.decode()
    token = re.search(r"/dlr/([^/]+)/", page)[1]
    tokens = list(FeedToken.objects.order_by("id").values_list("digest", "expires_at"))
    assert [digest for digest, _expires in tokens] == [
        secrets.digest(value, purpose="feed-token") for value in (TOKEN, token)
    ]
    assert [expires is None for _digest, expires in tokens] == [False, True]
    assert audit("feed.token") == [(None, "staff@example.com", "link-main/main", {"rotated": True})]


@pytest.mark.parametrize(
    ("sent", "errors", "user", "keeps_password"),
    [
        ({"basic_user": "gateway", "basic_password": ""}, [], "gateway", True),
        ({"basic_user": "other", "basic_password": ""}, ["basic_password"], "gateway", True),
        ({"basic_user": "", "basic_password": "a long password"}, ["basic_user"], "gateway", True),
        ({"basic_user": "", "basic_password": ""}, [], "", False),
    ],
)
def test_basic_credentials_come_and_go_together(staff, feed, sent, errors, user, keeps_password):
    digest = secrets.digest("first password", purpose="feed-basic")
    Feed.objects.update(basic_user="gateway", basic_password_digest=digest)

    response = staff.post(f"/admin/tenants/feed/{feed.pk}/change/", NO_TOKENS | {
        "account": feed.account_id, "name": "main", "dialect": "link", "networks": "[]", "active": "on",
    } | sent)  # fmt: skip

    feed.refresh_from_db()
    assert (list(response.context["adminform"].form.errors) if response.context else []) == errors
    assert (feed.basic_user, feed.basic_password_digest) == (user, digest if keeps_password else "")


def test_person_is_added_and_signs_in(staff, client, tenant):
    staff.post("/admin/accounts/user/add/", NO_MEMBERSHIPS | {
        "email": "new@example.com", "name": "", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD,
    })  # fmt: skip
    user = User.objects.get(email="new@example.com")
    staff.post("/admin/accounts/membership/add/", {"user": user.pk, "tenant": tenant.pk, "role": "analyst"})
    client.logout()
    client.post("/accounts/login/", {"login": "new@example.com", "password": PASSWORD})

    assert client.get("/").url == "/t/nordic-retail/overview/"
    assert audit("admin.add")[1][0::2] == (
        "nordic-retail", "membership new@example.com · Nordic Retail Oy · analyst",
    )  # fmt: skip


def test_second_person_with_an_address_in_other_case_is_refused(staff, owner):
    response = staff.post("/admin/accounts/user/add/", NO_MEMBERSHIPS | {
        "email": "OWNER@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD,
    })  # fmt: skip

    assert (response.status_code, User.objects.filter(email__iexact="owner@example.com").count()) == (200, 1)


def test_membership_of_a_pool_is_refused(staff, account, owner):
    response = staff.post(
        "/admin/accounts/membership/add/", {"user": owner.pk, "tenant": account.pool_id, "role": "viewer"}
    )

    assert list(response.context["adminform"].form.errors) == ["tenant"]


def test_staff_with_some_permissions_cannot_make_themselves_more(client, db):
    from django.contrib.auth.models import Permission

    helper = make_user("helper@example.com", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=("view_user", "change_user")))
    boss = make_user("boss@example.com", is_staff=True, is_superuser=True)
    client.force_login(helper)
    sent = NO_MEMBERSHIPS | {"name": "Helper", "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    own = client.post(f"/admin/accounts/user/{helper.pk}/change/", sent | {"email": "helper@example.com"})
    above = client.post(f"/admin/accounts/user/{boss.pk}/change/", sent | {"email": "mine@example.com"})
    password = client.post(f"/admin/accounts/user/{boss.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})

    helper.refresh_from_db()
    assert (own.status_code, helper.name, helper.is_superuser) == (302, "Helper", False)
    assert (above.status_code, password.status_code) == (403, 403)


def quarantine(feed, *bodies: bytes) -> list[QuarantinedRow]:
    """Let bodies come in that cannot be read; returns their quarantined rows."""
    put(feed, *bodies)
    apply_waiting(now=NOW)
    return list(QuarantinedRow.objects.order_by("id"))


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM inbox_todo")
        return cursor.fetchone()[0]


def test_quarantined_rows_are_replayed(staff, feed):
    first, _second = quarantine(feed, b"{broken", b"broken too")

    page = act(staff, "deliveries_quarantinedrow", "replay_rows", first).content.decode()

    states = list(QuarantinedRow.objects.order_by("id").values_list("state", "resolved_by"))
    assert states == [("replayed", "staff@example.com"), ("waiting", "")]
    assert ("1 row is on its way again." in page, waiting()) == (True, 1)
    assert sum(IngestCount.objects.values_list("quarantined", flat=True)) == 1


def test_quarantined_row_that_left_the_inbox_is_replayed_from_its_copy(staff, feed):
    (row,) = quarantine(feed, b"{broken")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inbox")

    act(staff, "deliveries_quarantinedrow", "replay_rows", row)

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM inbox")
        assert [bytes(body) for (body,) in cursor.fetchall()] == [b"{broken"]


def test_quarantined_rows_are_discarded_with_a_reason_alone(staff, feed):
    first, _second = quarantine(feed, b"{broken", b"broken too")

    asked = act(staff, "deliveries_quarantinedrow", "discard_rows", first)
    unsaid = act(staff, "deliveries_quarantinedrow", "discard_rows", first, reason_text="  ")
    before = QuarantinedRow.objects.filter(state="discarded").count()
    done = act(staff, "deliveries_quarantinedrow", "discard_rows", first, reason_text="A test of the gateway's.")

    first.refresh_from_db()
    assert "1 waiting row will be discarded." in asked.content.decode()
    assert ("This field is required." in unsaid.content.decode(), before) == (True, 0)
    assert (first.state, first.resolution, first.resolved_by) == (
        "discarded", "A test of the gateway's.", "staff@example.com",
    )  # fmt: skip
    assert "1 row was discarded." in done.content.decode()


def test_all_rows_that_match_are_discarded_without_naming_each(staff, feed):
    quarantine(feed, *[b"{broken %d" % number for number in range(3)])
    rows = list(QuarantinedRow.objects.all())
    page = act(staff, "deliveries_quarantinedrow", "discard_rows", *rows, select_across="1").content.decode()
    act(staff, "deliveries_quarantinedrow", "discard_rows", rows[0], select_across="1", reason_text="Noise.")

    assert ('name="select_across" value="1"' in page, page.count('name="_selected_action"')) == (True, 1)
    assert QuarantinedRow.objects.filter(state="discarded").count() == 3


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a": "<script>alert(1)</script>"', "{&quot;a&quot;: &quot;&lt;script&gt;alert(1)&lt;/script&gt;&quot;"),
        (b"\xff\xfe\x00\x01ab", "fffe0001 6162"),
        ("{\u202eevil\x00\n".encode(), "{\\u202eevil\\x00\n"),
        (b"x" * 70_000, "x" * 65_536 + "\n… 4464 bytes more"),
        ("ä".encode() * 40_000 + b"!", "ä" * 32_768 + "\n… 14465 bytes more"),
        (b"x" + "ä".encode() * 40_000, "x" + "ä" * 32_767 + "\n… 14465 bytes more"),
    ],
    ids=["markup", "binary", "invisible", "long", "long text", "cut character"],
)
def test_raw_body_is_shown_as_text_and_as_hex_where_it_is_none(staff, feed, body, shown):
    row = QuarantinedRow.objects.create(
        inbox_id=1, feed=feed, received_at=NOW, body=body, reason="not JSON", detail="x"
    )

    page = staff.get(f"/admin/deliveries/quarantinedrow/{row.pk}/change/").content.decode()

    assert re.search(r'<pre class="raw">(.*?)</pre>', page, re.DOTALL)[1] == shown


@pytest.mark.parametrize(
    ("query", "found"),
    [("4711", [4711]), ("not JSON", [4711, 4712]), ("main", [4711, 4712]), ("JSON", []), ("", [4711, 4712])],
)
def test_quarantine_is_searched_by_inbox_id_reason_and_feed(staff, feed, query, found):
    for number in (4711, 4712):
        QuarantinedRow.objects.create(
            inbox_id=number, feed=feed, received_at=NOW, body=b"x", reason="not JSON", detail="x"
        )

    response = staff.get("/admin/deliveries/quarantinedrow/", {"q": query})

    assert sorted(row.inbox_id for row in response.context["cl"].result_list) == found


def test_failed_runs_are_made_again_and_others_left(staff, tenant):
    failed = make_run(tenant, "2026-10", state="failed", error="broken", attempts=5)
    done = make_run(tenant, "2026-09")

    page = act(staff, "reports_reportrun", "retry", failed, done).content.decode()

    runs = list(ReportRun.objects.order_by("id").values_list("month", "state", "attempts", "requested_by"))
    assert runs == [(date(2026, 10, 1), "queued", 0, "staff@example.com"), (date(2026, 9, 1), "done", 0, "schedule")]
    assert "1 run is queued again." in page


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


def test_audit_log_cannot_be_changed_even_by_staff(staff_user, tenant):
    from django.db import DatabaseError, transaction

    from portal.accounts.models import record
    from portal.tenants.scope import staff_scope

    record("test", actor="somebody", tenant=tenant)

    for change in ({"actor": "nobody"}, None):
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


# What the tenant's form asks for beside the essentials.
DEFAULTS = {"accent": "", "raw_days": "30", "number_days": "180", "message_days": "400"}


def test_new_token_comes_with_all_that_is_entered_at_link(staff, account, tenant, feed, settings):
    settings.PUBLIC_URL = "https://portal.example.com"
    Feed.objects.filter(pk=feed.pk).update(basic_user="gateway", basic_password_digest="x" * 64)

    page = act(staff, "tenants_feed", "rotate_token", feed)

    (made,) = page.context["made"]
    url = made["values"].url
    assert json.loads(made["values"].gate) == {
        "type": "PARTNER_GATE",
        "refId": "portal-main",
        "platformId": "ACME",
        "platformPartnerId": "nr-fi",
        "destinations": [
            {
                "url": url, "contentType": "application/json", "username": "gateway", "password": "PASSWORD",
                "customParameters": {},
            }
        ],
        "gateType": "ONE_ORDERED",
        "ttl": 172800000,
        "acknowledge": True,
        "throttle": None,
        "customParameters": {"platformPartnerId": "nr-fi"},
    }  # fmt: skip
    assert re.fullmatch(r"https://portal\.example\.com/dlr/[\w-]{43}/", url)
    assert page.content.decode().count(url) == 3  # in the table, in the JSON, in the command


def test_test_report_of_a_feed_is_one_message_of_the_pool(staff, account, feed):
    values = gate_values(feed, now=NOW)
    command = shlex.split(values.curl)
    assert [*command[:4], command[-1]] == [
        "curl", "-i", "-H", "Content-Type: application/json", "http://localhost:8000/dlr/TOKEN/",
    ]  # fmt: skip

    put(feed, command[5].encode())
    apply_waiting(now=NOW)

    assert list(Message.objects.values_list("tenant_id", "message_id", "partner_id", "status")) == [
        (account.pool_id, "portal-test-20261120T120000Z", "portal-test", "delivered")
    ]


def test_feeds_page_shows_the_values_without_a_token(staff, feed):
    page = staff.get(f"/admin/tenants/feed/{feed.pk}/change/").content.decode()

    assert ("http://localhost:8000/dlr/TOKEN/" in page, TOKEN in page) == (True, False)


def test_every_row_of_a_reason_is_replayed_by_choosing_one(staff, feed):
    quarantine(feed, b"{broken", b"broken too", b"\xff\xfe")
    chosen = QuarantinedRow.objects.filter(reason="not JSON").first()

    act(staff, "deliveries_quarantinedrow", "replay_reasons", chosen)

    assert set(QuarantinedRow.objects.values_list("reason", "state")) == {("not JSON", "replayed")}
    assert audit("quarantine.replay") == [(None, "staff@example.com", "not JSON", {"rows": 3})]


def test_quarantine_is_filtered_by_the_reasons_that_wait(staff, feed):
    for number, reason in enumerate(("not JSON", "no id")):
        QuarantinedRow.objects.create(inbox_id=number, feed=feed, received_at=NOW, body=b"x", reason=reason, detail="x")

    page = staff.get("/admin/deliveries/quarantinedrow/", {"reason": "no id"})

    assert [row.reason for row in page.context["cl"].result_list] == ["no id"]


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
    assert ("1 key is revoked." in page, key.revoked_at is not None) == (True, True)
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
