"""A host is used once its TXT record was found, and no longer after the record was missing for a week."""

from datetime import timedelta

import pytest

from portal.accounts import brand_hosts
from portal.accounts.models import AuditEntry
from portal.accounts.tasks import check_brand_hosts
from portal.brands import hosts
from portal.brands.models import TenantBrand
from portal.brands.txt_records import Answer, look_up
from portal.common import own_hosts
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

HOST = "reports.nordic.example"
RECORD = f"_sms-portal.{HOST}"


def claimed(tenant, host: str = HOST) -> TenantBrand:
    brand = TenantBrand(tenant=tenant)
    hosts.claim(brand, host)
    brand.save()
    return brand


def checked(brand: TenantBrand, now=NOW) -> hosts.Checked:
    found = TenantBrand.objects.select_related("tenant").get(id=brand.id)
    result = brand_hosts.check(found, actor="owner@example.com", now=now)
    brand.refresh_from_db()
    return result


def entries() -> list[tuple]:
    return list(AuditEntry.objects.filter(action__startswith="brand.").order_by("id").values_list("action", "actor"))


@pytest.mark.parametrize(
    ("records", "answer"),
    [
        ({RECORD: ["v=spf1 -all", "wanted"]}, Answer.FOUND),
        ({RECORD: ["another"]}, Answer.MISSING),
        ({HOST: ["wanted"]}, Answer.MISSING),
        ({}, Answer.MISSING),
    ],
)
def test_record_is_looked_up_under_its_own_name(dns_server, records, answer):
    dns_server.records = records

    assert (look_up(HOST, "wanted"), dns_server.asked) == (answer, [RECORD])


def test_silence_of_dns_is_no_answer(dns_server, monkeypatch):
    monkeypatch.setattr("portal.brands.txt_records.WITHIN", 0.2)
    dns_server.is_silent = True

    assert look_up(HOST, "wanted") == Answer.UNREACHABLE


def test_host_is_confirmed_by_its_record_and_recorded(dns_server, tenant):
    brand = claimed(tenant)
    before = (checked(brand).answer, brand.host_confirmed_at)

    dns_server.records = {RECORD: [brand.host_token]}
    now = checked(brand)

    assert before == (Answer.MISSING, None)
    assert (now.is_confirmed, brand.host_confirmed_at) == (True, NOW)
    assert entries() == [("brand.host_confirmed", "owner@example.com")]
    assert checked(brand).is_confirmed is False  # only once


def test_first_of_two_to_confirm_has_the_host(dns_server, tenant, other_tenant):
    first, second = claimed(tenant), claimed(other_tenant)
    assert first.host_token != second.host_token
    dns_server.records = {RECORD: [first.host_token, second.host_token]}

    checked(second)

    with pytest.raises(hosts.TakenHost):
        checked(first)
    first.refresh_from_db()
    assert (first.host_confirmed_at, second.host_confirmed_at) == (None, NOW)


def test_host_without_its_record_is_lost_after_seven_days(dns_server, tenant):
    brand = claimed(tenant)
    dns_server.records = {RECORD: [brand.host_token]}
    checked(brand)
    dns_server.records = {}

    states = []
    for days in (0, 6, 7):
        result = checked(brand, NOW + timedelta(days=days))
        states.append((result.is_lost, brand.host_confirmed_at is None))

    assert states == [(False, False), (False, False), (True, True)]
    assert brand.host_lost_at == NOW + timedelta(days=7)
    assert entries()[-1] == ("brand.host_lost", "owner@example.com")
    dns_server.records = {RECORD: [brand.host_token]}
    assert (checked(brand).is_confirmed, brand.host_lost_at) == (True, None)


def test_record_that_comes_back_starts_the_seven_days_again(dns_server, tenant):
    brand = claimed(tenant)
    dns_server.records = {RECORD: [brand.host_token]}
    checked(brand)
    for days, has_record in ((1, False), (2, True), (8, False), (9, False)):
        dns_server.records = {RECORD: [brand.host_token]} if has_record else {}
        checked(brand, NOW + timedelta(days=days))

    assert (brand.host_confirmed_at, brand.host_missing_since) == (NOW, NOW + timedelta(days=8))


def test_silence_of_dns_loses_no_host(dns_server, tenant, monkeypatch):
    monkeypatch.setattr("portal.brands.txt_records.WITHIN", 0.2)
    brand = claimed(tenant)
    TenantBrand.objects.update(host_confirmed_at=NOW, host_missing_since=NOW)
    dns_server.is_silent = True

    checked(brand, NOW + timedelta(days=30))

    assert (brand.host_confirmed_at, brand.host_missing_since) == (NOW, NOW)


def test_daily_task_checks_every_confirmed_host_and_no_other(dns_server, tenant, other_tenant):
    brand = claimed(tenant)
    claimed(other_tenant, "waits.example")
    TenantBrand.objects.filter(id=brand.id).update(host_confirmed_at=NOW, host_missing_since=NOW)

    assert check_brand_hosts() == 1  # it was missing since NOW, which is long ago

    assert dns_server.asked == [RECORD]
    assert entries() == [("brand.host_lost", "portal")]


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("portal.example.com", True), ("a.wild.example", True), ("localhost", True), ("partner.example", False)],
)
def test_names_of_the_portal_itself_are_no_brands(settings, host, is_own):
    settings.ALLOWED_HOSTS = ["localhost", ".wild.example", "*"]

    assert own_hosts.is_own(host) is is_own
