"""Example responses of the API about campaigns. A test checks them against their schemas."""

from reports.figures.examples import FIGURES
from reports.pricing.examples import AMOUNTS, COSTS

CAMPAIGN = {
    "id": 7,
    "tenant": "nordic-retail",
    "name": "october-sale",
    "title": "October sale",
    "note": "To members only.",
    "tags": ["newsletter"],
    "owner": "manager@example.com",
    "planned_start": "2026-10-05",
    "planned_split": {"A": 50, "B": 50},
    "day_notes": {"2026-10-06": "The second half went out a day late."},
    "conversion_window": None,
    "archived_at": None,
    "merged_into": None,
    "created_at": "2026-10-05T07:00:12Z",
    "url": "/api/v1/campaigns/7/",
}
_COSTS = COSTS["costs"] | {
    "amounts": [AMOUNTS | {"per_conversion": "0.684733", "revenue": "3930.000000", "return": 42.8127}]
}
CAMPAIGN_FIGURES = CAMPAIGN | {
    "first_day": "2026-10-05",
    "last_day": "2026-10-06",
    "timezone": "Europe/Helsinki",
    "data_as_of": "2026-11-05T06:15:02.123456Z",
    "provisional_from": None,
    "figures": FIGURES,
    "costs": _COSTS,
    "variants": [{"variant": "A", "costs": _COSTS, **FIGURES}],
    "conversions": [
        {
            "kind": "purchase",
            "events": 131,
            "messages": 128,
            "converted": 125,
            "recipients": 1000,
            "rate": 0.125,
            "interval": [0.1059, 0.147],
            "confirmed": None,
            "median_seconds": 1260.0,
            "revenue": [{"currency": "EUR", "total": 3930.0, "per_message": 3.9, "per_recipient": 3.93}],
        }
    ],
    "conversions_as_of": "2026-11-20T11:59:58Z",
    "replies": None,
}
