"""Exchange rates that statements fix when their month is closed."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.tenants.models import Tenant
from reports.billing.document import Exchange
from reports.models import ExchangeRate
from reports.pricing.money import digits_of, divide_half_away

_NANO = 10**9  # a rate is in 10⁻⁹


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of one currency for one of another, in 10⁻⁹, and the day of the rate."""

    rate: int
    day: date


def rate_on(issuer: Tenant | None, base: str, quote: str, day: date) -> Rate | None:
    """Return the newest rate up to a day; where only the opposite one is entered, its inverse."""
    rates = ExchangeRate.objects.filter(issuer=issuer, day__lte=day).order_by("-day")
    straight = rates.filter(base=base, quote=quote).first()
    inverse = rates.filter(base=quote, quote=base).first()
    if straight is not None and (inverse is None or straight.day >= inverse.day):
        return Rate(straight.rate, straight.day)
    if inverse is not None:
        return Rate(divide_half_away(_NANO * _NANO, inverse.rate), inverse.day)
    return None


def stored(rate: Rate, currency: str) -> dict[str, Any]:
    """Return a rate as a statement keeps it."""
    return {"currency": currency, "rate": rate.rate, "day": rate.day.isoformat()}


def exchange_of(kept: dict[str, Any] | None, vat: int, currency: str) -> Exchange | None:
    """Return a kept rate with the tax (minor units of `currency`) in the issuer's currency."""
    if kept is None:
        return None
    own = kept["currency"]
    shift = digits_of(own) - digits_of(currency)
    converted = divide_half_away(vat * kept["rate"] * 10 ** max(shift, 0), _NANO * 10 ** max(-shift, 0))
    return Exchange(own, kept["rate"], date.fromisoformat(kept["day"]), converted)
