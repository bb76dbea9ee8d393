"""An owned account with simulated traffic of October 2026, and a gateway that knows the same messages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from deliveries.applying.apply import apply_waiting
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from reports.models import InvoiceCheck, Price, PriceList
from reports.pricing.tariff import Basis, Per
from tests.billing.proof.gateway import Gateway, countries, received, traffic
from tests.deliveries.helpers import NOW, put

SEED, MESSAGES = 4, 400


@dataclass(frozen=True)
class Carried:
    """The account, its owner, and the gateway's view of the same traffic."""

    account: GatewayAccount
    owner: Tenant
    gateway: Gateway
    price_list: PriceList | None

    def check(self, **values) -> InvoiceCheck:
        zone = ZoneInfo(self.account.timezone)
        agreed = {"month": date(2026, 10, 1), "closed_at": datetime(2026, 11, 1, tzinfo=zone).astimezone(UTC)}
        agreed |= {"basis": self.gateway.basis, "per": self.gateway.per, "price_list": self.price_list}
        agreed |= {"tenant": self.owner, "account": self.account, "currency": "EUR", "file_name": "october.csv"}
        return InvoiceCheck.objects.create(**(agreed | values))


@pytest.fixture
def carried(account, tenant, feed) -> Callable[..., Carried]:
    """Return a function that applies the traffic; customers below the owner have these time zones."""

    def apply(
        zone: str, zones: tuple[str, str], basis: Basis = Basis.DELIVERED, per: Per = Per.PART, *, priced: bool = False
    ) -> Carried:
        GatewayAccount.objects.filter(pk=account.pk).update(timezone=zone, owner=tenant, owner_since=NOW)
        Tenant.objects.filter(pk=account.pool_id).update(timezone=zone)
        Tenant.objects.filter(pk=tenant.pk).update(timezone=zones[0])
        account.refresh_from_db()
        tenant.refresh_from_db()
        child = Tenant.objects.create(slug="hansa", name="Hansa", parent=tenant, timezone=zones[1])
        for value in ("hansa-no", "hansa-dk", "hansa-de", "baltic-ee", "baltic-lv", "baltic-lt"):
            PartnerId.objects.create(account=account, value=value, tenant=child, declared_at=NOW)
        close, before = (datetime(2026, month, 1, tzinfo=ZoneInfo(zone)) for month in (11, 10))
        bodies: dict[datetime, list[bytes]] = {}
        for at, body in received(SEED, MESSAGES):  # three batches: before the closes, between them, and after
            known = datetime(2026, 11, 16, tzinfo=UTC) if at >= close else datetime(2026, 10, 31, tzinfo=UTC)
            bodies.setdefault(datetime(2026, 9, 30, tzinfo=UTC) if at < before else known, []).append(body)
        for at, batch in sorted(bodies.items()):
            put(feed, *batch, received_at=at)
            while apply_waiting(now=NOW, limit=2000).claimed:
                pass
        messages = traffic(SEED, zone, MESSAGES, is_plain=True)
        prices = {
            country: (50_000, 60_000 + 700 * n, 65_000 + 900 * n) for n, country in enumerate(countries(messages))
        }
        gateway = Gateway(messages, zone, basis, per, prices)
        return Carried(account, tenant, gateway, _price_list(account, tenant, gateway) if priced else None)

    return apply


def _price_list(account: GatewayAccount, tenant: Tenant, gateway: Gateway) -> PriceList:
    made = PriceList.objects.create(
        issuer=tenant, account=account, kind="cost", name="Gateway", currency="EUR", basis=gateway.basis,
        per=gateway.per,
    )  # fmt: skip
    for price in gateway.tariff.prices:
        Price.objects.create(
            price_list=made, country=price.country, micro=price.micro, valid_from=price.valid_from,
            valid_to=price.valid_to,
        )  # fmt: skip
    return made
