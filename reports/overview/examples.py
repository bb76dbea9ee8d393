"""Example response of the statistics API. A test checks it against its schema."""

from reports.figures.examples import FIGURES
from reports.pricing.examples import COSTS

STATISTICS = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "group_by": ["country"],
    "provisional_from": None,
    "total": FIGURES | COSTS,
    "groups": [{"key": {"country": "FI"}, "before": None, "changes": None, **FIGURES, **COSTS}],
    "other": None,
    "compared_with": None,
}
