"""The operator's exchange rates in the admin."""

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.accounts.models import AuditEntry
from reports.billing.exchange import rate_on
from reports.models import ExchangeRate

pytestmark = pytest.mark.django_db
RATES = "/admin/reports/exchangerate/"
ONE = {"day": "2026-10-31", "base": "EUR", "quote": "SEK", "rate": "11,2345"}


@pytest.fixture
def staff(client, staff_user):
    client.force_login(staff_user)
    return client


def test_rate_is_entered_replaced_and_deleted_with_entries_in_the_audit_log(staff, staff_user):
    assert staff.post(f"{RATES}add/", ONE).status_code == 302
    assert staff.post(f"{RATES}add/", ONE | {"rate": "11.3"}).status_code == 302
    made = ExchangeRate.objects.get()
    assert (made.issuer, made.rate, made.entered_by) == (None, 11_300_000_000, staff_user.email)
    assert rate_on(None, "EUR", "SEK", date(2026, 11, 5)).rate == 11_300_000_000
    assert "11.300000000" in staff.get(RATES).content.decode()

    assert staff.post(f"{RATES}{made.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ExchangeRate.objects.exists()
    entries = AuditEntry.objects.filter(action__startswith="exchange_rate.").order_by("id")
    assert [one.action for one in entries] == ["exchange_rate.set", "exchange_rate.set", "exchange_rate.deleted"]
    assert [one.tenant for one in entries] == [None] * 3
    assert "11.234500000" in entries[1].details["before"] and "11.300000000" in entries[1].details["after"]


def test_file_of_rates_is_taken_as_a_whole_or_not_at_all(staff):
    def upload(body: str):
        file = SimpleUploadedFile("rates.csv", body.encode())
        return staff.post(f"{RATES}add/", {"upload": "yes", "file": file})

    wrong = upload("day;base;quote;rate\n31.10.2026;EUR;SEK;11,2\n31.10.2026;EUR;EUR;1\n")
    assert wrong.status_code == 422
    assert "Line 3: both currencies are EUR" in wrong.content.decode()
    assert not ExchangeRate.objects.exists()
    assert upload("").status_code == 422
    assert staff.post(f"{RATES}add/", ONE | {"quote": "EUR"}).status_code == 422

    assert (
        upload("päivä;perusvaluutta;valuutta;kurssi\n31.10.2026;EUR;SEK;11,2\n1.11.2026;EUR;SEK;11,3\n").status_code
        == 302
    )
    assert list(ExchangeRate.objects.order_by("day").values_list("issuer", "rate")) == [
        (None, 11_200_000_000),
        (None, 11_300_000_000),
    ]


def test_customers_rates_are_not_listed(staff, tenant):
    now = datetime(2026, 11, 1, tzinfo=UTC)
    ExchangeRate.objects.create(
        issuer=tenant, day=date(2026, 10, 1), base="EUR", quote="NOK", rate=5, entered_by="x", entered_at=now
    )
    assert "NOK" not in staff.get(RATES).content.decode().partition("<tbody")[2]
