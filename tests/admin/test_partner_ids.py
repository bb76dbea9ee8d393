"""Partner IDs in the admin: declared, moved, returned, and tenants' requests."""

from datetime import date

from deliveries.models import PartnerMove, PartnerRequest
from portal.accounts.models import AuditEntry
from portal.tenants.models import EarlierOwner, GatewayAccount, PartnerId
from tests.conftest import NOW
from tests.provisioning.provisioning_helpers import from_pool

URL = "/admin/tenants/partnerid/declare/"


def holders() -> dict[str, str]:
    return dict(PartnerId.objects.values_list("value", "tenant__slug"))


def test_partner_id_is_declared_after_its_messages_were_told(staff, feed, tenant):
    from_pool(feed, "later", messages=2)
    data = {"account": feed.account_id, "value": "later", "tenant": tenant.id}

    asked = staff.post(URL, data)
    before = holders()["later"]
    done = staff.post(URL, data | {"confirmed": "1"}, follow=True)

    assert "2 messages move from pool-link-main to nordic-retail." in asked.content.decode()
    assert (before, holders()["later"]) == ("pool-link-main", "nordic-retail")
    assert [str(message) for message in done.context["messages"]] == ["Done. 2 messages are being moved."]
    assert PartnerMove.objects.values_list("tenant__slug", "total").get() == ("nordic-retail", 2)
    assert AuditEntry.objects.filter(action="partner_id.declared").values_list("actor", "subject").get() == (
        "staff@example.com",
        "link-main/later",
    )


def test_value_with_a_space_at_its_end_is_declared_as_it_is(staff, feed, tenant):
    from_pool(feed, "later ", messages=1)

    staff.post(URL, {"account": feed.account_id, "value": "later ", "tenant": tenant.id, "confirmed": "1"})

    assert holders()["later "] == "nordic-retail"
    assert "later" not in holders()


def test_another_customer_s_is_taken_over_only_when_asked(staff, feed, tenant, other_tenant):
    data = {"account": feed.account_id, "value": "baltic-ee", "tenant": tenant.id, "confirmed": "1"}

    refused = staff.post(URL, data)
    before = holders()["baltic-ee"]
    staff.post(URL, data | {"take_over": "on"})

    assert "It belongs to baltic-parcel. Select" in refused.content.decode()
    assert (before, holders()["baltic-ee"]) == ("baltic-parcel", "nordic-retail")


def test_declaration_is_taken_back(staff, feed, tenant):
    data = {"account": feed.account_id, "tenant": "", "confirmed": "1"}

    unknown = staff.post(URL, data | {"value": "nobody"})
    staff.post(URL, data | {"value": "nr-fi"})

    assert "This partner ID is not declared." in unknown.content.decode()
    assert holders() == {"nr-fi": "pool-link-main"}


def test_partner_id_is_handed_over_from_a_date(staff, feed, tenant, other_tenant, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    from_pool(feed, "nr-fi", messages=2)
    data = {"account": feed.account_id, "value": "nr-fi", "tenant": other_tenant.id, "from": "2026-11-15"}

    asked = staff.post(URL, data)
    refused = staff.post(URL, data | {"confirmed": "1"})
    done = staff.post(URL, data | {"confirmed": "1", "take_over": "on"}, follow=True)

    page = asked.content.decode()
    assert "2 messages move from nordic-retail to baltic-parcel." in page
    assert "They were sent at 15 Nov 2026, 00:00 (Europe/Tallinn) or later." in page
    assert "It belongs to nordic-retail. Select" in refused.content.decode()
    assert [str(message) for message in done.context["messages"]] == ["Done. 2 messages are being moved."]
    assert "nordic-retail before 15 Nov 2026" in done.content.decode()
    earlier = EarlierOwner.objects.values_list("tenant__slug", "until_day", "partner__tenant__slug").get()
    assert earlier == ("nordic-retail", date(2026, 11, 15), "baltic-parcel")


def test_earlier_owner_loses_the_rest_only_when_asked(staff, feed, tenant, other_tenant, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    data = {"account": feed.account_id, "value": "nr-fi", "tenant": other_tenant.id, "confirmed": "1"}
    staff.post(URL, data | {"from": "2026-11-15", "take_over": "on"})

    refused = staff.post(URL, data)
    kept = EarlierOwner.objects.count()
    staff.post(URL, data | {"take_over": "on"})

    assert "It belongs to nordic-retail. Select" in refused.content.decode()
    assert (kept, EarlierOwner.objects.count(), holders()["nr-fi"]) == (1, 0, "baltic-parcel")


def test_date_that_cannot_be_is_said_at_its_field(staff, feed, tenant, other_tenant, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    data = {"account": feed.account_id, "value": "nr-fi", "confirmed": "1", "take_over": "on"}

    answers = [
        staff.post(URL, data | {"tenant": other_tenant.id, "from": "2040-01-01"}),
        staff.post(URL, data | {"tenant": other_tenant.id, "from": "x"}),
        staff.post(URL, data | {"tenant": tenant.id, "from": "2026-11-01"}),
    ]

    assert [answer.context["form"].errors["from"] for answer in answers] == [
        ["Choose a day from 2000-01-01 to 2027-11-21."],
        ["From: “x” is not a date. Write it as 31 Oct 2026."],
        [
            "This customer has owned the partner ID from the beginning. First move it, without a date, to the customer"
            " that should have the earlier messages."
        ],
    ]
    assert not EarlierOwner.objects.exists()


def test_request_is_approved_with_one_click(staff, feed, tenant, other_tenant):
    from_pool(feed, "later", messages=2)
    good, taken = (
        PartnerRequest.objects.create(tenant=tenant, account=feed.account, value=value, requested_by="x@example.com")
        for value in ("later", "baltic-ee")
    )

    page = staff.post(
        "/admin/deliveries/partnerrequest/",
        {"action": "approve", "_selected_action": [good.id, taken.id]},
        follow=True,
    )

    assert [str(message) for message in page.context["messages"]] == [
        "baltic-ee → Nordic Retail Oy: It belongs to baltic-parcel. Select “Take over” to move it,"
        " with its messages, to another customer.",
        "1 request was decided.",
    ]
    assert dict(PartnerRequest.objects.values_list("value", "state")) == {"later": "approved", "baltic-ee": "open"}
    assert holders() == {"later": "nordic-retail", "nr-fi": "nordic-retail", "baltic-ee": "baltic-parcel"}


def test_account_s_owner_is_set_where_nobody_else_uses_it(staff, account, tenant):
    url = f"/admin/tenants/gatewayaccount/{account.id}/change/"
    data = {"platform_id": "ACME", "timezone": "Europe/Helsinki", "owner": tenant.id}

    saved = staff.post(url, data)
    account.refresh_from_db()
    assert (saved.status_code, account.owner, account.owner_since is not None) == (302, tenant, True)

    staff.post(url, data | {"owner": ""})
    account.refresh_from_db()
    assert (account.owner, account.owner_since) == (None, None)


def test_account_that_others_use_gets_no_owner(staff, account, tenant, other_tenant):
    url = f"/admin/tenants/gatewayaccount/{account.id}/change/"

    page = staff.post(url, {"platform_id": "ACME", "timezone": "UTC", "owner": tenant.id})
    pool = staff.post(url, {"platform_id": "ACME", "timezone": "UTC", "owner": account.pool_id})

    assert (
        "Other customers have partner IDs in this account, and its owner would see their messages: baltic-parcel"
        in page.content.decode()
    )
    assert "A pool cannot own an account. Choose a customer." in pool.content.decode()
    assert GatewayAccount.objects.get().owner is None


def test_owner_s_date_stays_when_something_else_changes(staff, account, tenant):
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW)

    staff.post(
        f"/admin/tenants/gatewayaccount/{account.id}/change/",
        {"platform_id": "NEW", "timezone": "Europe/Helsinki", "owner": tenant.id},
    )

    assert GatewayAccount.objects.values_list("platform_id", "owner_since").get() == ("NEW", NOW)
