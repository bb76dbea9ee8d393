"""Example responses of the API about campaigns. A test checks them against their schemas."""

from reports.figures.examples import FIGURES

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
    "archived_at": None,
    "merged_into": None,
    "created_at": "2026-10-05T07:00:12Z",
    "url": "/api/v1/campaigns/7/",
}
CAMPAIGN_FIGURES = CAMPAIGN | {
    "first_day": "2026-10-05",
    "last_day": "2026-10-06",
    "provisional_from": None,
    "figures": FIGURES,
    "variants": [{"variant": "A", **FIGURES}],
}
