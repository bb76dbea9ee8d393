"""Examples of segments in the API's description."""

from typing import Any

from reports.figures.examples import FIGURES

KEY: dict[str, Any] = {
    "key": "shop",
    "tenants": ["nordic-retail"],
    "counting": [],
    "done": 0,
    "total": 0,
    "failed": [],
    "refused": {},
    "figures_from": None,
    "url": "/api/v1/segments/shop/",
}
CHOSEN = KEY | {"tenants": [], "counting": ["nordic-retail"], "total": 48210}
GIVEN_UP = KEY | {"tenants": []}
SEGMENT = {
    "key": "shop",
    "from": "2026-10-01",
    "to": "2026-10-31",
    "timezone": "Europe/Helsinki",
    "data_as_of": "2026-11-05T06:15:02.123456Z",
    "group_by": None,
    "read_from": "counts",
    "provisional_from": None,
    "figures_from": None,
    "total": FIGURES,
    "recipients": None,
    "conversions": None,
    "comparison": None,
    "data": [
        {
            "value": "Tampere",
            "values": 1,
            "time": None,
            "recipients": None,
            "conversions": None,
            "against_others": None,
            **FIGURES,
        }
    ],
    "next_cursor": None,
}
