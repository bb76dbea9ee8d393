"""Examples of the API of budgets."""

BUDGET = {
    "id": 5,
    "tenant": "nordic-retail",
    "name": "Autumn",
    "scope": "campaign",
    "partner_id": None,
    "campaign": "autumn-sale",
    "amount": "500.00",
    "currency": "EUR",
    "first_day": None,
    "last_day": None,
    "thresholds": [50, 80, 100],
    "created_at": "2026-11-03T08:12:45Z",
    "retired_at": None,
    "spending": {
        "from": "2026-11-01",
        "to": "2026-11-30",
        "spent": "312.40",
        "percent": 62,
        "unpriced": {"messages": 0, "parts": 0},
        "others": [],
        "is_average": False,
        "forecast": {"expected": "468.00", "low": "431.50", "high": "507.20", "is_average": False},
    },
}
NEW = {"name": "Autumn", "scope": "campaign", "campaign": "autumn-sale", "amount": "500.00", "currency": "EUR"}
