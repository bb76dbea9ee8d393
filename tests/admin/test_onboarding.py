"""A customer added on one page of the admin: tried, added whole or not at all, seen, and undone."""

from datetime import timedelta

import pytest

from campaigns.models import RefIdScheme
from deliveries.applying.apply import apply_waiting
from deliveries.models import Message
from portal.accounts.models import Invitation, Membership, Role
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from reports.models import ReportRun
from reports.runs.due_months import queue_due_runs
from tests.admin.acting import audit
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import dlr, put

URL = "/admin/onboarding/"


@pytest.fixture
def values(account) -> dict[str, str]:
    return {
        "name": "Arctic Foods", "slug": "arctic-foods", "language": "fi", "timezone": "Europe/Helsinki",
        "country": "FI", "currency": "EUR", "account": str(account.pk), "new_account": "", "platform_id": "",
        "partner_ids": "af-1\naf-2\n", "delimiter": "|", "fields_text": "campaign, variant",
        "owner_email": "first@example.com",
    }  # fmt: skip


def added() -> Tenant | None:
    return Tenant.objects.filter(slug="arctic-foods").first()


def test_trial_shows_what_waits_and_how_refids_are_read_and_adds_nothing(staff, feed, values):
    put(feed, dlr("m1", platformPartnerId="af-1", refId="sale|B"), dlr("m2", platformPartnerId="other"))
    apply_waiting(now=NOW)

    page = staff.post(URL, values | {"try": ""})

    trial = page.context["trial"]
    assert (page.status_code, added()) == (200, None)
    assert (trial.wanted, sorted(trial.waiting)) == ([("af-1", 1), ("af-2", 0)], [("af-1", 1), ("other", 1)])
    assert [(ref_id, parts.campaign, parts.variant) for ref_id, parts in trial.read] == [("sale|B", "sale", "B")]


def test_customer_is_added_with_everything(staff, account, values):
    answer = staff.post(URL, values)

    tenant = added()
    assert (answer.status_code, answer.url) == (302, f"{URL}{tenant.pk}/")
    assert (tenant.name, tenant.timezone, tenant.language, tenant.country) == (
        "Arctic Foods", "Europe/Helsinki", "fi", "FI",
    )  # fmt: skip
    assert list(PartnerId.objects.filter(tenant=tenant).order_by("value").values_list("value", flat=True)) == [
        "af-1", "af-2",
    ]  # fmt: skip
    assert RefIdScheme.objects.get(tenant=tenant).fields == ["campaign", "variant"]
    invitation = Invitation.objects.get(tenant=tenant)
    assert (invitation.email, invitation.role) == ("first@example.com", Role.OWNER)
    assert ("arctic-foods", "staff@example.com") in {entry[:2] for entry in audit("provision")}
    page = staff.get(answer.url).content.decode()
    assert ("none yet" in page, "first@example.com: invited" in page, 'hx-trigger="every 5s"' in page) == (True,) * 3


def test_slug_left_empty_is_made_from_the_name(staff, values):
    staff.post(URL, values | {"name": "Ähtärin Eläin & Puisto Oy", "slug": "", "partner_ids": "", "owner_email": ""})
    staff.post(URL, values | {"name": "Ähtärin eläin-puisto OY", "slug": "", "partner_ids": "", "owner_email": ""})
    answer = staff.post(URL, values | {"name": "株式会社", "slug": ""})

    names = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER, slug__startswith="ahtarin").order_by("id")
    assert list(names.values_list("slug", flat=True)) == ["ahtarin-elain-puisto-oy", "ahtarin-elain-puisto-oy-2"]
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["slug"])


def test_form_has_groups_with_examples_and_what_waits_in_the_pool(staff, feed):
    empty = staff.get(URL).content.decode()
    put(feed, dlr("m1", platformPartnerId="af-1"), dlr("m2", platformPartnerId="other"))
    apply_waiting(now=NOW)

    page = staff.get(URL)

    text = page.content.decode()
    assert [title for title, _fields in page.context["form"].groups()] == [
        "Customer", "Gateway account", "Partner IDs", "RefIds", "First owner",
    ]  # fmt: skip
    assert {field.name for _title, fields in page.context["form"].groups() for field in fields} == {
        field.name for field in page.context["form"]
    }
    assert ('placeholder="nordic-retail"' in text, "No messages wait in a pool." in empty) == (True, True)
    assert "link-main: 2 partner IDs with 2 messages." in text


def test_new_account_is_added_with_the_customer(staff, values):
    staff.post(URL, values | {"account": "", "new_account": "second", "platform_id": "SECOND"})

    assert GatewayAccount.objects.get(name="second").pool.kind == Tenant.Kind.POOL
    assert PartnerId.objects.filter(account__name="second", tenant=added()).count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"slug": "Not A Slug"}, "slug"),
        ({"timezone": "Moon/One"}, "timezone"),
        ({"account": ""}, "account"),
        ({"new_account": "x"}, "new_account"),
        ({"account": "", "new_account": "link-main", "platform_id": "ACME"}, "new_account"),
        ({"slug": "nordic-retail"}, "slug"),  # another customer's
        ({"fields_text": "variant"}, "fields_text"),
        ({"owner_email": "nobody"}, "owner_email"),
        ({"partner_ids": "x" * 300}, "partner_ids"),
        ({"partner_ids": "nr-fi"}, "__all__"),  # another customer's
    ],
)
def test_wrong_value_is_named_and_nothing_is_added(staff, tenant, values, wrong, field):
    page = staff.post(URL, values | wrong)

    assert (page.status_code, field in page.context["form"].errors, added()) == (422, True, None)
    assert Invitation.objects.count() == 0


def test_undo_returns_messages_and_frees_the_slug(staff, feed, values):
    staff.post(URL, values)
    tenant = added()
    put(feed, dlr("m1", platformPartnerId="af-1"))
    apply_waiting(now=NOW)

    answer = staff.post(f"{URL}{tenant.pk}/undo/")
    again = staff.post(URL, values)

    assert (answer.status_code, again.status_code) == (302, 302)
    assert PartnerId.objects.filter(tenant=tenant).count() == 0
    assert Invitation.objects.filter(tenant=tenant, revoked_at=None).count() == 0
    assert audit("tenant.undone") == [(f"undone-{tenant.pk}", "staff@example.com", "arctic-foods", {})]
    assert (Message.objects.count(), added().pk != tenant.pk) == (1, True)


def test_undone_customer_is_in_no_list_and_gets_no_report(staff, feed, values):
    staff.post(URL, values)
    tenant = added()
    kept = Tenant.objects.create(slug="undone-0", name="Undone Oy")  # a customer's own slug
    staff.post(f"{URL}{tenant.pk}/undo/")

    field = {"app_label": "tenants", "model_name": "tenant", "field_name": "parent", "term": "undone"}
    pages = [
        staff.get("/admin/tenants/tenant/?q=undone").content.decode(),
        staff.get("/admin/autocomplete/", field).content.decode(),
        staff.get("/admin/tenants/partnerid/declare/").content.decode(),
        staff.get("/admin/accounts/membership/add/").content.decode(),
    ]
    queue_due_runs(now=NOW + timedelta(days=62))

    assert [f"undone-{tenant.pk}" in page or f'value="{tenant.pk}"' in page for page in pages] == [False] * 4
    assert "Undone Oy" in pages[0]
    runs = set(ReportRun.objects.values_list("tenant_id", flat=True))
    assert (kept.pk in runs, tenant.pk in runs) == (True, False)
    assert "undone" in staff.get(f"{URL}{tenant.pk}/").content.decode()


def test_customer_with_people_is_not_undone(staff, account, values):
    staff.post(URL, values)
    tenant = added()
    make_user("first@example.com", tenant, Role.OWNER)

    page = staff.post(f"{URL}{tenant.pk}/undo/", follow=True).content.decode()

    assert ("Not undone. These depend on the customer: members." in page, added() == tenant) == (True, True)
    assert (PartnerId.objects.filter(tenant=tenant).count(), Membership.objects.count()) == (2, 1)


def test_only_staff_with_all_permissions_add_customers(client, staff_user, account, values):
    staff_user.is_superuser = False
    staff_user.save()
    client.force_login(staff_user)

    assert [client.get(URL).status_code, client.post(URL, values).status_code, added()] == [403, 403, None]
