"""Accounts, tenants, people and memberships as staff set them up."""

import pytest

from deliveries.models import TenantRecount
from portal.accounts.models import User
from portal.tenants.models import GatewayAccount, Tenant
from tests.admin.acting import audit
from tests.conftest import PASSWORD, make_user

NO_MEMBERSHIPS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
# What the tenant's form asks for beside the essentials.
DEFAULTS = {"accent": "", "raw_days": "30", "number_days": "180", "message_days": "400"}


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
    assert tenant.country == "FI"  # of its time zone
    values |= {"country": "FI"}
    response = staff.post(
        f"/admin/tenants/tenant/{tenant.pk}/change/", values | {"name": "Newer Oy", "timezone": "UTC"}, follow=True
    )

    tenant.refresh_from_db()
    assert (tenant.name, tenant.timezone) == ("Newer Oy", "UTC")
    assert "Messages are being recounted in the background" in response.content.decode()
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
    assert (own.status_code, helper.name, helper.is_superuser) == (403, "", False)
    assert (above.status_code, password.status_code) == (403, 403)
