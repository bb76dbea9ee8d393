"""Forms of the admin as they open: the role with the fewest rights, lists to choose from, and a page that declares."""

import re

import orjson
import pytest

from deliveries.applying.apply import apply_waiting
from deliveries.models import InboxRow, QuarantinedRow
from portal.staff.health import health
from portal.tenants.models import GatewayAccount, Tenant
from tests.admin.acting import act, audit
from tests.conftest import NOW
from tests.deliveries.helpers import dlr, put


def chosen(page: str, name: str) -> str:
    """Return the value that a select begins with."""
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)[0]
    return re.search(r'<option value="([^"]*)"[^>]* selected', select)[1]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("/admin/accounts/membership/add/", "role"),
        ("/admin/accounts/invitation/add/", "role"),
    ],
)
def test_new_members_start_as_viewers(staff, url, name):
    assert chosen(staff.get(url).content.decode(), name) == "viewer"


def test_row_that_is_added_to_a_person_starts_as_viewer(staff, viewer):
    page = staff.get(f"/admin/accounts/user/{viewer.pk}/change/")

    [memberships] = page.context["inline_admin_formsets"]
    assert memberships.formset.empty_form.fields["role"].initial == "viewer"


def test_adding_a_partner_id_leads_to_declaring_one(staff, account):
    answer = staff.get(f"/admin/tenants/partnerid/add/?account={account.pk}&value=x")

    assert (answer.status_code, answer.url) == (302, f"/admin/tenants/partnerid/declare/?account={account.pk}&value=x")


@pytest.mark.parametrize(
    ("url", "name", "value"),
    [
        ("/admin/tenants/tenant/add/", "timezone", "Europe/Helsinki"),
        ("/admin/tenants/tenant/add/", "country", "FI"),
        ("/admin/tenants/tenant/add/", "currency", "SEK"),
        ("/admin/tenants/gatewayaccount/add/", "timezone", "Asia/Tokyo"),
    ],
)
def test_zone_country_and_currency_are_lists_with_a_search(staff, url, name, value):
    page = staff.get(url).content.decode()

    select = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)[0]
    assert ("unfold-admin-autocomplete" in select, f'value="{value}"' in select) == (True, True)


def test_customer_keeps_a_zone_and_a_currency_that_are_no_longer_offered(staff, tenant):
    Tenant.objects.filter(id=tenant.id).update(timezone="Etc/GMT-2", currency="FIM")
    url = f"/admin/tenants/tenant/{tenant.pk}/change/"
    form = staff.get(url).context["adminform"].form

    answer = staff.post(url, {name: form[name].value() or "" for name in form.fields} | {"name": "Renamed"})

    tenant.refresh_from_db()
    assert (answer.status_code, tenant.name, tenant.timezone, tenant.currency) == (302, "Renamed", "Etc/GMT-2", "FIM")


def test_account_is_added_with_a_zone_from_the_list(staff, db):
    wrong = staff.post("/admin/tenants/gatewayaccount/add/", {"name": "a", "platform_id": "A", "timezone": "Moon/One"})
    right = staff.post("/admin/tenants/gatewayaccount/add/", {"name": "a", "platform_id": "A", "timezone": "UTC"})

    assert (wrong.status_code, right.status_code, GatewayAccount.objects.get().timezone) == (200, 302, "UTC")


def test_token_is_rotated_on_the_feeds_page_after_a_question(staff, feed):
    page = staff.get(f"/admin/tenants/feed/{feed.pk}/change/").content.decode()
    url = f"/admin/tenants/feed/{feed.pk}/new-token/"
    asked = staff.get(url).content.decode()
    before = feed.tokens.count()

    shown = staff.post(url, follow=True)

    token = re.search(r"/dlr/([^/]+)/", shown.content.decode())[1]
    assert (url in page, "is accepted until" in asked, before, feed.tokens.count()) == (True, True, 1, 2)
    assert token not in staff.get("/admin/tenants/feed/").content.decode()
    assert audit("feed.token") == [(None, "staff@example.com", "link-main/main", {"rotated": True})]


def test_only_those_who_may_change_feeds_add_tokens(client, viewer, staff_user, feed):
    from django.contrib.auth.models import Permission

    staff_user.is_superuser = False
    staff_user.save()
    staff_user.user_permissions.add(Permission.objects.get(codename="view_feed"))
    client.force_login(staff_user)

    page = client.get(f"/admin/tenants/feed/{feed.pk}/change/")
    answer = client.post(f"/admin/tenants/feed/{feed.pk}/new-token/")

    assert (page.status_code, "new-token" in page.content.decode()) == (200, False)
    assert (answer.status_code, feed.tokens.count()) == (403, 1)


def test_feeds_count_the_running_hour(feed):
    put(feed, dlr("m1"), received_at=NOW)
    apply_waiting(now=NOW)

    ((rate, _last_received),) = health(now=NOW).feeds

    assert (rate.this_hour, rate.last_hour) == (1, 0)


def outcomes(staff) -> list[str]:
    page = staff.get("/admin/deliveries/quarantinedrow/").content.decode()
    return re.findall(r"In quarantine again|Waiting to be processed|Processed", page)


def test_replayed_row_tells_what_became_of_it(staff, feed):
    put(feed, b"{broken")
    apply_waiting(now=NOW)
    row = QuarantinedRow.objects.get()
    before = outcomes(staff)
    act(staff, "deliveries_quarantinedrow", "replay_rows", row)
    queued = outcomes(staff)
    apply_waiting(now=NOW)
    again = outcomes(staff)

    second = QuarantinedRow.objects.order_by("-id")[0]
    page = staff.get(f"/admin/deliveries/quarantinedrow/{row.pk}/change/").content.decode()
    assert (before, queued, again) == ([], ["Waiting to be processed"], ["In quarantine again"])
    assert f"/admin/deliveries/quarantinedrow/{second.pk}/change/" in page


def test_replayed_row_that_can_be_read_now_is_processed(staff, feed):
    put(feed, b"{broken")
    apply_waiting(now=NOW)
    row = QuarantinedRow.objects.get()
    readable = orjson.dumps(dlr("m1"))
    QuarantinedRow.objects.update(body=readable)
    InboxRow.objects.filter(id=row.inbox_id).update(body=readable)

    act(staff, "deliveries_quarantinedrow", "replay_rows", row)
    apply_waiting(now=NOW)

    assert outcomes(staff) == ["Processed"]
