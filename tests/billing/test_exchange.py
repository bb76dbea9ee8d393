"""Exchange rates of statements: the newest one up to a day, straight or inverse, and the tax in the own currency."""

from datetime import date

import pytest

from reports.billing.document import Exchange
from reports.billing.exchange import Rate, exchange_of, rate_on, stored
from reports.models import ExchangeRate

DAY = date(2026, 10, 30)


@pytest.mark.django_db
def test_newest_rate_up_to_the_day_counts(tenant):
    def enter(day: date, base: str, quote: str, rate: int) -> None:
        ExchangeRate.objects.create(issuer=tenant, day=day, base=base, quote=quote, rate=rate)

    assert rate_on(tenant, "SEK", "EUR", DAY) is None
    enter(date(2026, 11, 1), "SEK", "EUR", 99)  # later
    enter(date(2026, 10, 1), "EUR", "SEK", 11_250_000_000)
    assert rate_on(tenant, "SEK", "EUR", DAY) == Rate(88_888_889, date(2026, 10, 1))
    enter(date(2026, 10, 2), "SEK", "EUR", 89_000_000)
    assert rate_on(tenant, "SEK", "EUR", DAY) == Rate(89_000_000, date(2026, 10, 2))
    assert rate_on(None, "SEK", "EUR", DAY) is None  # the operator has rates of its own


def test_tax_is_converted_between_minor_units():
    kept = stored(Rate(88_888_889, DAY), "EUR")

    assert exchange_of(kept, 79_577, "SEK") == Exchange("EUR", 88_888_889, DAY, 7_074)
    assert exchange_of(kept, -79_577, "SEK") == Exchange("EUR", 88_888_889, DAY, -7_074)
    assert exchange_of(stored(Rate(6_100_000, DAY), "EUR"), 1_000, "JPY") == Exchange("EUR", 6_100_000, DAY, 610)
    assert exchange_of(stored(Rate(160_000_000_000, DAY), "JPY"), 1_000, "EUR") == Exchange(
        "JPY", 160_000_000_000, DAY, 1_600
    )
    assert exchange_of(None, 1, "EUR") is None
