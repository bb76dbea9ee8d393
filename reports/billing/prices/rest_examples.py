"""Examples of the API of price lists."""

LIST = {
    "id": 17,
    "kind": "sale",
    "issuer": "nordic-retail",
    "customer": "nr-norge",
    "account": None,
    "name": "Norway 2026",
    "currency": "EUR",
    "basis": "sent",
    "per": "part",
    "revision": 4,
    "updated_at": "2026-11-03T08:12:45Z",
    "archived_at": None,
}
PRICES = [
    {
        "country": "NO", "operator": "", "sender_type": "", "price": "0.0412", "first_day": "2026-01-01",
        "last_day": None,
    }
]  # fmt: skip
GROUPS = [
    {
        "name": "Nordic",
        "countries": ["FI", "SE"],
        "mode": "graduated",
        "tiers": [
            {"up_to": 10000, "price": "0.045", "fixed": "0"},
            {"up_to": None, "price": "0.04", "fixed": "0"},
        ],
        "size": None,
        "price": None,
        "first_day": "2026-01-01",
        "last_day": None,
    }
]
FEES = [{"name": "Service", "kind": "monthly", "amount": "49.5", "first_day": "2026-01-01", "last_day": None}]
ROWS = {"prices": PRICES, "groups": GROUPS, "fees": FEES}
NEW = {"name": "Norway 2026", "currency": "EUR", "customer": "nr-norge", "basis": "sent", "per": "part"}
CHECK = {
    "revision": 5,
    "is_applied": True,
    "errors": [],
    "warnings": [],
    "differences": [
        {
            "change": "changed",
            "row": "Norway",
            "before": "0.0405 EUR, from 1 Jan 2026",
            "after": "0.0412 EUR, from 1 Jan 2026",
        }
    ],
}
REVISION = {
    "revision": 5,
    "made_at": "2026-11-03T08:12:45Z",
    "made_by": "anna@example.com",
    "cause": "imported",
    "rows_changed": 1,
    "is_newest": True,
    "url": "/api/v1/price-lists/17/revisions/5/",
}
REVISION_WITH_ROWS = REVISION | ROWS | {"differences": CHECK["differences"], "more_differences": 0}
