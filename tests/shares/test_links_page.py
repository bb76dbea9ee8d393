"""The page of a tenant's shared links."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts import lost_rights
from portal.accounts.models import AuditEntry, Membership
from portal.accounts.tasks import delete_ended_links
from portal.common.redaction import redact
from portal.operations.metrics import exposition
from portal.shares import links
from portal.shares.models import ShareLink
from tests.shares.conftest import LINKS, WANTED, make_link, opened

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("analyst", 403), ("stranger", 404)])
def test_links_are_for_managers(client, request, tenant, manager, who, status):
    link, _token = make_link(tenant, manager)
    client.force_login(request.getfixturevalue(who))

    answers = [client.get(LINKS), client.post(LINKS, WANTED), client.post(f"{LINKS}{link.id}/revoke/")]

    assert [answer.status_code for answer in answers] == [status] * 3
    assert list(ShareLink.objects.values_list("id", "revoked_at")) == [(link.id, None)]


def test_staff_who_look_at_the_tenant_make_none(client, tenant, staff_user):
    client.force_login(staff_user)
    client.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": "ticket 4711"})

    assert [client.get(LINKS).status_code, client.post(LINKS, WANTED).status_code] == [403, 403]


def test_link_is_shown_once_and_kept_as_a_digest(client, tenant, manager, messages):
    client.force_login(manager)

    made = client.post(LINKS, WANTED, follow=True)
    later = client.get(LINKS).content.decode()

    link, address = made.context["made"]
    token = address.rstrip("/").rpartition("/")[2]
    assert (address in made.content.decode(), token in later, "Agency" in later) == (True, False, True)
    assert (opened(token).status_code, token in str(ShareLink.objects.values().get())) == (200, False)
    assert made.headers["Cache-Control"] == "no-store, private"
    assert link.expires_at - link.created_at == timedelta(days=30)
    entry = AuditEntry.objects.get(action="share.created")
    assert (entry.actor, entry.subject, token in str(entry.details)) == ("manager@example.com", "Agency", False)
    assert entry.details["query"] == "period=90d&compare=none"


def test_overview_and_reports_lead_to_a_filled_in_form(client, tenant, manager, messages):
    from tests.pages.conftest import make_run

    make_run(tenant, "2026-10")
    client.force_login(manager)

    overview = client.get("/t/nordic-retail/overview/?period=90d&compare=none&campaign=sale").content.decode()
    reports = client.get("/t/nordic-retail/reports/").content.decode()
    form = client.get(f"{LINKS}?period=90d&compare=none&campaign=sale&other=1").context

    assert f'href="{LINKS}?period=90d&amp;compare=none&amp;campaign=sale"' in overview
    assert f'href="{LINKS}?month=2026-10"' in reports
    assert form["form"]["query"].value() == "period=90d&compare=none&campaign=sale"
    assert form["offered"] == ["Overview", "90 days", "Campaign: sale"]
    assert client.get(f"{LINKS}?month=2026-10").context["offered"] == ["Report for October 2026"]


def test_who_may_not_share_is_offered_nothing(client, tenant, analyst, messages):
    client.force_login(analyst)

    pages = [client.get(f"/t/nordic-retail/{page}/").content.decode() for page in ("overview", "reports")]

    assert [LINKS in page for page in pages] == [False, False]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "for 040 123 4567"}, "name"),
        ({"days": "91"}, "days"),
        ({"days": "-1"}, "days"),
        ({"query": "period=90d&campaign=sale%20to%20%2B46701112233"}, "query"),
        ({"query": "period=no-such"}, "query"),
        ({"query": "from=2026-10-31&to=2026-10-01"}, "query"),
        ({"query": "tenant=baltic-parcel"}, "query"),
        ({"query": "campaign=%00"}, "query"),
        ({"query": f"campaign={'x' * 257}"}, "query"),
        ({"query": "x" * 2001}, "query"),
        ({"month": "2026-13"}, "month"),
        ({"panel": "messages"}, "panel"),
    ],
)
def test_link_that_cannot_be_is_not_made(client, tenant, other_tenant, manager, wrong, field):
    client.force_login(manager)

    answer = client.post(LINKS, WANTED | wrong)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not ShareLink.objects.exists()


def test_database_refuses_a_link_of_more_than_90_days(tenant, manager):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_link(tenant, manager, expires_at=timezone.now() + timedelta(days=91))


def test_link_is_revoked_after_asking_and_at_once(client, tenant, manager, messages):
    link, token = make_link(tenant, manager)
    client.force_login(manager)

    asked = client.get(f"{LINKS}{link.id}/revoke/").status_code
    before = opened(token).status_code
    for _time in range(2):
        client.post(f"{LINKS}{link.id}/revoke/")

    assert (asked, before, opened(token).status_code) == (200, 200, 404)
    assert list(AuditEntry.objects.values_list("action", "subject")) == [("share.revoked", "Agency")]


def test_link_of_another_tenant_is_not_found(client, tenant, other_tenant, manager, stranger):
    link, _token = make_link(other_tenant, stranger, name="canary")
    client.force_login(manager)

    assert client.post(f"{LINKS}{link.id}/revoke/").status_code == 404
    assert "canary" not in client.get(LINKS).content.decode()
    assert ShareLink.objects.filter(revoked_at=None).exists()


def test_links_end_with_their_makers_right(tenant, manager, owner):
    link, _token = make_link(tenant, manager)
    kept, _token = make_link(tenant, owner)
    Membership.objects.filter(user=manager).update(role="analyst")

    lost_rights.settle(actor="portal", now=timezone.now())

    assert dict(ShareLink.objects.values_list("id", "revoked_at")) == {
        link.id: ShareLink.objects.get(id=link.id).revoked_at, kept.id: None,
    }  # fmt: skip
    assert ShareLink.objects.get(id=link.id).revoked_at is not None
    assert AuditEntry.objects.get(action="share.revoked").details == {"why": "maker lost the right"}


def test_removing_a_member_ends_the_members_links(client, tenant, manager, owner, messages):
    _link, token = make_link(tenant, manager)
    before = opened(token).status_code

    client.force_login(owner)
    client.post(f"/t/nordic-retail/settings/members/{manager.memberships.get().id}/remove/")

    assert (before, opened(token).status_code, ShareLink.objects.get().revoked_at is None) == (200, 404, False)


@pytest.mark.parametrize("number", (1, 3))
def test_page_needs_as_many_queries_for_one_link_as_for_three(
    client, tenant, manager, number, django_assert_num_queries
):
    for _link in range(number):
        make_link(tenant, manager)
    client.force_login(manager)

    with django_assert_num_queries(14):
        assert len(client.get(LINKS).context["rows"]) == number


def test_links_that_ended_long_ago_are_deleted(tenant, manager):
    now = timezone.now()
    old, open_ = now - links.KEPT - timedelta(minutes=1), make_link(tenant, manager)[0]
    for values in ({"revoked_at": old}, {"created_at": old - timedelta(days=1), "expires_at": old}):
        ShareLink.objects.filter(id=make_link(tenant, manager)[0].id).update(**values)
    revoked = make_link(tenant, manager)[0]
    links.revoke(link=revoked, now=now)

    assert delete_ended_links() == 2
    assert set(ShareLink.objects.values_list("id", flat=True)) == {open_.id, revoked.id}


def test_open_links_are_counted_for_metrics(tenant, manager):
    links.revoke(link=make_link(tenant, manager)[0], now=timezone.now())
    make_link(tenant, manager)

    assert b"\nportal_share_links_open 1.0\n" in exposition()


@pytest.mark.parametrize("what", ["share", "embed"])
def test_logs_hold_no_token(what):
    assert redact(f"Not Found: /{what}/abcdefgh-not-long/") == f"Not Found: /{what}/[secret]"
