"""A price list with a row of every kind and a rate, for walks over all pages."""

from datetime import date, datetime
from typing import Any

from portal.tenants.models import Tenant
from reports.billing.prices import changing
from reports.billing.prices.rates import RateRow, set_rates
from reports.billing.prices.rows import Content, FeeRow, GroupRow, PriceRow
from reports.models import ExchangeRate
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import Mode, Tier


def make_price_list(issuer: Tenant, name: str, *, now: datetime) -> dict[str, Any]:
    """Create an issuer's default list and a rate; return the ids that addresses name them by."""
    terms = changing.Terms(name, "sent", "part")
    made = changing.create_list(issuer=issuer, terms=terms, currency="EUR", actor="tests", now=now)
    begin, later = date(now.year, 1, 1), date(now.year + 1, 1, 1)
    content = Content(
        (
            PriceRow(41_200, begin, None, "FI"),
            PriceRow(43_000, later, None, "FI"),
            PriceRow(39_500, date(now.year - 1, 1, 1), begin, "FI", "fi.elisa", "alphanumeric"),
            PriceRow(65_000, begin, None),
        ),
        (
            GroupRow("Baltics", ("EE", "LV"), Mode.PACKAGES, begin, size=1000, micro=30_000_000),
            GroupRow(
                "Nordic", ("NO", "SE"), Mode.VOLUME, begin,
                tiers=(Tier(10_000, 50_000), Tier(None, 40_000, 10_000_000)),
            ),
        ),
        (FeeRow("Service", FeeKind.MONTHLY, 4_950, begin), FeeRow("Start-up", FeeKind.ONE_OFF, 50_000, later)),
    )  # fmt: skip
    changing.replace_content(
        made, content, revision=made.revision, cause="imported", actor="tests", now=now, today=now.date()
    )
    set_rates(issuer, [RateRow(now.date(), "EUR", "SEK", 11_234_500_000)], actor="tests", now=now)
    return {
        "price_list_id": made.pk,
        "revision": made.revision,
        "row_kind": "group",
        "price_row_id": made.tier_groups.get(name="Nordic").pk,
        "rate_id": ExchangeRate.objects.get(issuer=issuer).pk,
    }
