"""Example response of the statistics API. A test checks it against its schema."""

from reports.figures.examples import FIGURES
from reports.pricing.examples import COSTS

_INCLUDED = {"recipients": None, "conversions": None}

STATISTICS = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "timezone": "Europe/Helsinki",
    "data_as_of": "2026-11-05T06:15:02.123456Z",
    "group_by": ["country"],
    "provisional_from": None,
    "figures_from": None,
    "total": FIGURES | COSTS | _INCLUDED,
    "groups": [{"key": {"country": "FI"}, "before": None, "changes": None, **FIGURES, **COSTS, **_INCLUDED}],
    "other": None,
    "compared_with": None,
}
