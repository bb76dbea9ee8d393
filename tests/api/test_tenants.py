"""/api/v1/tenants/: customers listed, read, added below one another in one call, and changed."""

import pytest

from campaigns.models import RefIdScheme
from deliveries.models import PartnerMove, PartnerRequest, TenantRecount
from deliveries.rederiving.recount import run_recounts
from portal.accounts import invitations
from portal.accounts.models import AuditEntry, Invitation
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from tests.api.test_partner_ids import pointers
from tests.api.test_schema import check
from tests.conftest import NOW
from tests.provisioning.provisioning_helpers import from_pool

pytestmark = pytest.mark.django_db

NEW = {"slug": "shop", "name": "Shop Oy", "timezone": "Europe/Helsinki"}


@pytest.fixture
def owned(account, tenant):
    """The account is the tenant's alone."""
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW)


@pytest.fixture
def held(call, tenant, owner):
    """A key that an owner of the tenant holds."""
    return call(tenant, holder_id=owner.pk)


def patch(caller, path: str, body: dict):
    return caller.client.patch(f"/api/v1/{path}", body, content_type="application/json", headers=caller.headers)


def test_customer_is_added_with_all_it_needs_in_one_call(held, owned, feed, tenant, mailoutbox, client):
    from_pool(feed, "waiting", messages=2)
    body = NEW | {
        "language": "fi",
        "currency": "SEK",
        "ref_id": {"delimiter": "_", "fields": ["campaign", "variant"]},
        "partner_ids": [{"account": "link-main", "value": "waiting"}, {"account": "link-main", "value": "new"}],
        "owner_email": "First@example.com",
    }

    answer = held.post("tenants/", body)

    check("/api/v1/tenants/", "POST", answer)
    shop = Tenant.objects.get(slug="shop")
    added = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/v1/tenants/shop/")
    assert (shop.parent, shop.language, shop.currency, shop.country) == (tenant, "fi", "SEK", "FI")
    assert RefIdScheme.objects.get(tenant=shop).fields == ["campaign", "variant"]
    assert [(row["value"], row["tenant"]) for row in added["partner_ids"]] == [("waiting", "shop"), ("new", "shop")]
    assert added["partner_ids"][0]["move"]["total"] == 2
    assert PartnerMove.objects.get(total=2).tenant == shop
    invitation = Invitation.objects.get(tenant=shop)
    assert (invitation.email, invitation.role, invitation.invited_by) == ("first@example.com", "owner", str(held.key))
    assert invitations.state_of(invitation, now=invitation.created_at) == invitations.State.OPEN
    assert client.get(invitations.link(invitation)).status_code == 200
    recorded = AuditEntry.objects.filter(action="tenant.added").order_by("tenant__slug")
    assert [(entry.tenant.slug, entry.actor, entry.subject) for entry in recorded] == [
        ("nordic-retail", str(held.key), "shop"),
        ("shop", str(held.key), "shop"),
    ]
    assert held.get("tenants/shop/").json() == {
        name: value for name, value in added.items() if name not in ("partner_ids", "requests", "invitation")
    }


def test_every_wrong_field_is_named_and_nothing_is_done(held, owned, tenant):
    wrong = {
        "slug": "Shop",
        "name": "",
        "timezone": "Europe/Nowhere",
        "country": "XX",
        "language": "sv",
        "currency": "ABC",
        "raw_days": 0,
        "ref_id": {"delimiter": "_", "fields": ["campaign"], "more": 1},
        "partner_ids": [{"account": "link-main"}],
        "owner_email": "nobody",
        "colour": "red",
    }

    by_form = held.post("tenants/", wrong)
    by_scheme = held.post("tenants/", NEW | {"ref_id": {"delimiter": "_", "fields": ["variant"]}})
    by_rule = held.post("tenants/", NEW | {"slug": "pool-shop", "number_days": 300, "message_days": 200})
    by_partner_id = held.post(
        "tenants/",
        NEW
        | {
            "partner_ids": [
                {"account": "link-main", "value": "fine"},
                {"account": "nowhere", "value": "x"},
                {"account": "link-main", "value": "nr-fi"},
                {"account": "link-main", "value": "y", "tenant": "nordic-retail"},
            ],
            "owner_email": "first@example.com",
        },
    )

    assert pointers(by_form) == (
        422,
        [
            *("#/ref_id/more", "#/colour", "#/name", "#/timezone", "#/country", "#/language", "#/currency"),
            *("#/raw_days", "#/slug", "#/partner_ids/0/value", "#/owner_email"),
        ],
    )
    assert pointers(by_scheme) == (422, ["#/ref_id"])
    assert pointers(by_rule) == (422, ["#/slug", "#/number_days"])
    assert pointers(by_partner_id) == (
        422,
        ["#/partner_ids/1/account", "#/partner_ids/2/value", "#/partner_ids/3/tenant"],
    )
    assert Tenant.objects.filter(parent=tenant).count() == 0
    assert (PartnerId.objects.filter(value="fine").count(), Invitation.objects.count()) == (0, 0)
    assert AuditEntry.objects.filter(action__in=("tenant.added", "partner_id.declared")).count() == 0


def test_slug_is_taken_once(held, other_tenant):
    assert pointers(held.post("tenants/", NEW | {"slug": "baltic-parcel"})) == (422, ["#/slug"])


def test_partner_id_of_a_shared_account_is_requested(held, account, tenant, other_tenant):
    body = NEW | {"partner_ids": [{"account": "link-main", "value": "x"}]}

    refused, asked = held.post("tenants/", body), held.post("tenants/", body | {"request": True})

    assert pointers(refused) == (422, ["#/partner_ids/0/account"])
    assert [(row["value"], row["state"]) for row in asked.json()["requests"]] == [("x", "open")]
    assert PartnerRequest.objects.get().tenant.slug == "shop"


def test_invitation_needs_a_holder(mine, tenant):
    answer = mine.post("tenants/", NEW | {"owner_email": "first@example.com"})

    assert answer.status_code == 409
    assert mine.post("tenants/", NEW).status_code == 201


def test_key_whose_holder_has_lost_the_right_adds_nothing(call, tenant, owner):
    abandoned = call(tenant, holder_id=owner.pk)
    type(abandoned.key).objects.update(abandoned_at=abandoned.key.created_at)

    assert abandoned.post("tenants/", NEW).status_code == 409
    assert patch(abandoned, "tenants/nordic-retail/", {"name": "Mine"}).status_code == 409


def test_customers_of_a_day_are_limited(mine, tenant, monkeypatch):
    monkeypatch.setattr("portal.provisioning.child.MAX_PER_DAY", 2)

    answers = [mine.post("tenants/", NEW | {"slug": f"shop-{number}"}).status_code for number in range(3)]

    assert answers == [201, 201, 409]


def test_parent_sees_its_tree_and_the_child_itself_alone(mine, theirs, call, tenant, other_tenant):
    mine.post("tenants/", NEW)
    mine.post("tenants/", NEW | {"slug": "branch", "parent": "shop"})
    child = call(Tenant.objects.get(slug="shop"))

    def listed(caller, **query) -> list[tuple]:
        return [(row["slug"], row["parent"]) for row in caller.get("tenants/", **query).json()["data"]]

    assert listed(mine) == [("branch", "shop"), ("shop", "nordic-retail"), ("nordic-retail", None)]
    assert listed(mine, parent="shop") == [("branch", "shop")]
    assert listed(child) == [("branch", "shop"), ("shop", None)]
    assert listed(theirs) == [("baltic-parcel", None)]
    assert [caller.get("tenants/shop/").status_code for caller in (mine, child, theirs)] == [200, 200, 404]
    assert child.get("tenants/nordic-retail/").status_code == 404
    assert pointers(child.post("tenants/", NEW | {"slug": "x", "parent": "nordic-retail"})) == (422, ["#/parent"])
    assert child.get("tenants/", parent="nordic-retail").status_code == 400


def test_accounts_key_administers_the_owners_tree_alone(whole_account, tenant, other_tenant):
    shared = whole_account.get("tenants/").json()["data"], pointers(whole_account.post("tenants/", NEW))
    PartnerId.objects.filter(tenant=other_tenant).delete()
    GatewayAccount.objects.update(owner=tenant, owner_since=NOW)

    added = whole_account.post("tenants/", NEW | {"partner_ids": [{"value": "new"}]})

    assert shared == ([], (422, ["#/parent"]))
    assert (added.status_code, added.json()["parent"]) == (201, "nordic-retail")
    assert [row["slug"] for row in whole_account.get("tenants/").json()["data"]] == ["shop", "nordic-retail"]


def test_settings_are_changed_recorded_and_counted_anew(mine, tenant):
    body = {"name": "Nordic", "timezone": "Europe/Stockholm", "ref_id": {"delimiter": "-", "fields": ["campaign"]}}

    answer = patch(mine, "tenants/nordic-retail/", body)
    whole = patch(mine, "tenants/nordic-retail/", {"ref_id": None})

    check("/api/v1/tenants/{slug}/", "PATCH", answer)
    tenant.refresh_from_db()
    assert (tenant.name, tenant.timezone, answer.json()["ref_id"]["delimiter"]) == ("Nordic", "Europe/Stockholm", "-")
    assert whole.json()["ref_id"] is None
    recount = TenantRecount.objects.get(tenant=tenant)
    told = {"state": "queued", "done": 0, "total": 0, "finished_at": None}
    assert {name: whole.json()["recount"][name] for name in told} == told
    run_recounts()
    done = mine.get("tenants/nordic-retail/").json()["recount"]
    assert (done["state"], done["finished_at"] is not None) == ("done", True)
    assert done == mine.get("tenants/").json()["data"][0]["recount"]
    recount.refresh_from_db()
    assert (done["done"], done["total"]) == (recount.done, recount.total)
    changed = AuditEntry.objects.get(action="settings.changed")
    assert (changed.actor, changed.details) == (
        str(mine.key),
        {"name": "Nordic Retail Oy → Nordic", "timezone": "Europe/Helsinki → Europe/Stockholm"},
    )


def test_change_that_cannot_be_changes_nothing(mine, theirs, tenant):
    answers = [
        pointers(patch(mine, "tenants/nordic-retail/", body))
        for body in (
            {"name": "Other", "currency": "ABC"},
            {"name": "Other", "number_days": 500},
            {"name": "Other", "slug": "other"},
            {"name": "Other", "parent": "x"},
        )
    ]

    assert answers == [(422, [f"#/{name}"]) for name in ("currency", "number_days", "slug", "parent")]
    assert patch(theirs, "tenants/nordic-retail/", {"name": "Other"}).status_code == 404
    assert Tenant.objects.filter(name="Other").count() == 0


def test_scope_is_needed(call, tenant):
    others = call(tenant, "read", "partner_ids")

    asked = [others.get("tenants/"), others.post("tenants/", NEW), patch(others, "tenants/nordic-retail/", {})]

    assert [answer.status_code for answer in asked] == [403] * 3
