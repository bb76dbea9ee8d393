"""One month of literal figures, small enough to check by hand and with every kind of key in it."""

from dataclasses import replace
from datetime import UTC, date, datetime

from reports.monthly.layout import OVER_LIMIT_KEY, ErrorCount, MonthFigures, ReportHeader, Volume

HEADER = ReportHeader(
    title_subject="Nordic Retail Oy",
    scope="tenant",
    month="2026-10",
    timezone="Europe/Helsinki",
    language="en",
    currency="EUR",
    data_as_of=datetime(2026, 11, 4, 12, 32, 7, tzinfo=UTC),
    oldest_waiting=None,
    state="provisional",
    revision=2,
    maturity=0.9981,
)

# messages, parts, delivered, failed, pending, unknown, delivered parts, billed parts
FI = Volume(12_000, 13_500, 11_700, 200, 60, 40, 13_150, 13_190)
SE = Volume(5_000, 5_000, 4_800, 150, 50, 0, 4_800, 4_790)
KOSOVO = Volume(400, 800, 200, 100, 50, 50, 400, 380)
UNKNOWN = Volume(400, 400, 0, 390, 0, 10, 0, 20)

ERRORS = [
    ErrorCount(1006, "not delivered", "subscriber", "failed", 300),
    ErrorCount(2106, "number error", "subscriber", "failed", 390),
    ErrorCount(1002, "expired", "subscriber", "expired", 150),
    ErrorCount(1010, "expired, no operator DLR received", "other", "unknown", 100),
    ErrorCount(1001, "billed and delivered", "other", "delivered", 16_700),
]


def sample_figures(*, language: str = "en", **changes) -> MonthFigures:
    """Return the month of a tenant with 17,800 messages."""
    figures = MonthFigures(
        header=replace(HEADER, language=language),
        countries={"ZZ": UNKNOWN, "XK": KOSOVO, "SE": SE, "FI": FI},
        partner_ids={
            ("nr-fi", "FI"): FI,
            ("nr-se", "SE"): SE,
            ("", "XK"): KOSOVO,
            (OVER_LIMIT_KEY, "ZZ"): UNKNOWN,
        },
        campaigns={
            ("autumn", "A", "FI"): Volume(6_000, 6_500, 5_900, 50, 30, 20, 6_350, 6_350),
            ("autumn", "B", "FI"): Volume(6_000, 7_000, 5_800, 150, 30, 20, 6_800, 6_840),
            ("", "", "SE"): SE,
            (OVER_LIMIT_KEY, "", "XK"): KOSOVO,
            ("=cmd|' /C calc'!A0", "+358401234567", "ZZ"): UNKNOWN,
        },
        operators={("FI", "fi.elisa"): FI, ("SE", "se.telia"): SE, ("XK", ""): KOSOVO, ("ZZ", ""): UNKNOWN},
        days={date(2026, 10, 1): FI, date(2026, 10, 2): SE, date(2026, 10, 31): KOSOVO + UNKNOWN},
        errors=ERRORS,
        # buckets of campaigns/latency.py: 0 is under a second, 29 about 3 s, 93 about 39 s
        latency={"FI": {0: 1_000, 29: 10_000, 93: 700}, "SE": {29: 4_800}, "XK": {93: 150}},
    )
    return replace(figures, **changes)


def account_figures() -> MonthFigures:
    """Return the same month as an account's, with two tenants and the pool."""
    return sample_figures(
        header=replace(HEADER, title_subject="link-main", scope="account"),
        partner_ids={
            ("nr-fi", "Nordic Retail Oy", "FI"): FI,
            ("nr-se", "Nordic Retail Oy", "SE"): SE,
            ("balkan", "Balkan Shop", "XK"): KOSOVO,
            ("nobody", "", "ZZ"): UNKNOWN,
        },
        campaigns={
            ("autumn", "A", "Nordic Retail Oy", "FI"): FI,
            ("", "", "Nordic Retail Oy", "SE"): SE,
            ("", "", "Balkan Shop", "XK"): KOSOVO,
            ("", "", "", "ZZ"): UNKNOWN,
        },
        tenant_zones={"Nordic Retail Oy": "Europe/Helsinki", "Balkan Shop": "Europe/Belgrade"},
    )
