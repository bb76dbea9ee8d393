"""The operator's price lists in the admin."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from reports.billing.prices.reading import content_of
from reports.billing.prices.rows import PriceRow
from reports.models import PriceList
from tests.price_lists.conftest import JANUARY

pytestmark = pytest.mark.django_db
LISTS = "/admin/reports/pricelist/"
NEW = {"name": "Shared", "basis": "submitted", "per": "part", "currency": "EUR", "account": "", "customer": ""}


@pytest.fixture
def staff(client, staff_user):
    client.force_login(staff_user)
    return client


def test_lists_of_the_operator_are_created_for_shared_accounts_and_top_customers(staff, account, tenant):
    answers = [
        staff.post(f"{LISTS}add/", NEW | {"account": account.pk}),
        staff.post(f"{LISTS}add/", NEW | {"customer": tenant.pk}),
        staff.post(f"{LISTS}add/", NEW),
        staff.post(f"{LISTS}add/", NEW),
        staff.post(f"{LISTS}add/", NEW | {"account": account.pk, "customer": tenant.pk}),
    ]

    assert [one.status_code for one in answers] == [302, 302, 302, 200, 200]
    made = PriceList.objects.order_by("id").values_list("issuer", "kind", "account", "customer", "revision")
    assert list(made) == [
        (None, "cost", account.pk, None, 1), (None, "sale", None, tenant.pk, 1), (None, "sale", None, None, 1),
    ]  # fmt: skip


def test_customers_lists_are_shown_and_not_changed(staff, family):
    page = staff.get(f"{LISTS}{family.to_child.pk}/change/")
    posted = staff.post(f"{LISTS}{family.to_child.pk}/change/", NEW)

    assert "Finland: 0.047\N{NO-BREAK SPACE}EUR" in page.content.decode()
    assert (page.status_code, posted.status_code) == (200, 403)
    assert staff.get(f"{LISTS}{family.to_child.pk}/import/").status_code == 404
    assert staff.get(f"{LISTS}{family.to_child.pk}/file/").headers["Content-Type"].endswith("sheet")


def test_terms_change_prices_are_imported_and_the_list_is_archived(staff, tenant):
    staff.post(f"{LISTS}add/", NEW)
    made = PriceList.objects.get()
    page = f"{LISTS}{made.pk}/"

    staff.post(f"{page}change/", NEW | {"name": "Renamed"})
    wrong = staff.post(f"{page}import/", {"file": SimpleUploadedFile("a.csv", b"kind;price\n")}).content.decode()
    body = b"kind;country;price;first day\nprice;FI;0,05;1.1.2026\n"
    check = staff.post(f"{page}import/", {"file": SimpleUploadedFile("a.csv", body)}).content.decode()
    before = content_of(made)
    sealed = re.search(r'name="checked" value="([^"]+)"', check)[1]
    applied = staff.post(f"{page}import/", {"checked": sealed})
    again = staff.post(f"{page}import/", {"checked": sealed})
    staff.post(LISTS, {"action": "archive", "_selected_action": [made.pk]})

    made.refresh_from_db()
    assert "The first line lacks these columns: first day." in wrong
    assert "Finland" in check
    assert (before.rows, content_of(made).prices) == ((), (PriceRow(50_000, JANUARY, None, "FI"),))
    assert [applied.headers["Location"], again.headers["Location"]] == [f"{page}change/", f"{page}import/"]
    assert (made.name, made.archived_at is None, made.changes.get(revision=2).cause) == ("Renamed", False, "imported")
