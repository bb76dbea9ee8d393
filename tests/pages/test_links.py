"""Links of the Overview's figures."""

from datetime import date

import pytest

from portal.common.period_picker import Period
from reports.overview.links import Links

PERIOD = Period(date(2026, 10, 25), date(2026, 11, 23), "30d")


@pytest.mark.parametrize(
    ("query", "found", "address"),
    [
        ("period=30d", {"country": "FI"}, "?period=30d&operator=fi.dna&country=FI"),
        ("period=30d", {"first": "2026-11-01", "last": "2026-11-02"}, "?from=2026-11-01&to=2026-11-02&operator=fi.dna"),
        (
            "period=30d&compare=year",
            {"first": "2026-11-01", "last": "2026-11-02"},
            "?from=2026-11-01&to=2026-11-02&compare=year&operator=fi.dna",
        ),
    ],
)
def test_narrowed_page_keeps_what_was_chosen(query, found, address):
    assert Links("nordic-retail", PERIOD, query, {"operator": "fi.dna"}).narrowed(**found) == address
