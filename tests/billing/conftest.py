"""An issuer with customers, their prices, profiles and messages of October 2026."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from deliveries.messages import partitions
from portal.common.periods import Month
from portal.tenants.models import PartnerId, Tenant
from reports.models import BillingProfile, BillingTerms, NumberSeries, Price, PriceList
from tests.conftest import NOW
from tests.deliveries.helpers import apply, dlr

OCTOBER = Month(2026, 10)
CLOSED = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)  # the grace of October is over
COUNTRIES = {"FI": "+35840", "SE": "+4670"}
OPERATORS = {"FI": "fi.elisa", "SE": "se.telia"}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    partitions.forget()
    yield
    partitions.forget()


@pytest.fixture
def issuer(account) -> Tenant:
    """A customer of the operator that charges its own customers."""
    return make_tenant("group", "Group Oyj")


@pytest.fixture
def customer(issuer, account) -> Tenant:
    tenant = make_tenant("shop", "Shop Oy", parent=issuer)
    PartnerId.objects.create(account=account, value="shop-1", tenant=tenant, declared_at=NOW)
    PartnerId.objects.create(account=account, value="shop-2", tenant=tenant, declared_at=NOW)
    return tenant


@pytest.fixture
def other_customer(issuer, account) -> Tenant:
    tenant = make_tenant("cafe", "Cafe Oy", parent=issuer)
    PartnerId.objects.create(account=account, value="cafe-1", tenant=tenant, declared_at=NOW)
    return tenant


@pytest.fixture
def prices(issuer) -> PriceList:
    """The issuer's default: 0.0650 to Finland, 0.0412 to Sweden, for each part of sent messages."""
    return make_list(issuer, {"FI": 65_000, "SE": 41_200})


@pytest.fixture
def profiles(issuer, customer) -> None:
    make_profile(issuer, "1234567-1", iban="FI2112345600000785", bic="NDEAFIHH")
    make_profile(customer, "7654321-2")
    BillingTerms.objects.create(issuer=issuer, valid_from=date(2026, 1, 1), vat_category="S", vat_rate=2550)
    NumberSeries.objects.create(issuer=issuer, prefix="G")


def make_tenant(slug: str, name: str, **values) -> Tenant:
    return Tenant.objects.create(slug=slug, name=name, timezone="Europe/Helsinki", **values)


def make_list(issuer: Tenant | None, micro: dict[str, int], **values) -> PriceList:
    made = PriceList.objects.create(
        issuer=issuer, kind="sale", **({"name": "Default", "currency": "EUR", "basis": "sent"} | values)
    )
    for country, price in micro.items():
        Price.objects.create(price_list=made, country=country, micro=price, valid_from=date(2026, 1, 1))
    return made


def make_profile(tenant: Tenant | None, business_id: str, **values) -> BillingProfile:
    digits = business_id.replace("-", "")
    known = {
        "legal_name": tenant.name if tenant else "Operator Oy",
        "business_id": business_id,
        "vat_id": f"FI{digits}",
        "street": "Katu 1",
        "postcode": "00100",
        "city": "Helsinki",
        "country": "FI",
        "endpoint": f"0037{digits}",
    }
    return BillingProfile.objects.create(tenant=tenant, **known | values)


def send(
    feed, number: int, *, to: str = "FI", ppid: str = "shop-1", day: int = 12, code: int = 1001, first: int = 0
) -> None:
    """Apply reports of so many messages of October, of two parts each."""
    apply(feed, *(message(n, to=to, ppid=ppid, day=day, code=code) for n in range(first, first + number)))


def message(number: int, *, to: str = "FI", ppid: str = "shop-1", day: int = 12, code: int = 1001) -> dict:
    """Return the report of a message of two parts."""
    return dlr(
        f"{ppid}-{to}-{day}-{number}",
        code,
        sentTimestamp=f"2026-10-{day:02}T11:59:00Z",
        timestamp=f"2026-10-{day:02}T12:00:00Z",
        gateCustomParameters={"platformPartnerId": ppid},
        customParameters={"destination": f"{COUNTRIES[to]}{1_000_000 + number}"},
        segments=2,
        operator=OPERATORS[to],
    )
