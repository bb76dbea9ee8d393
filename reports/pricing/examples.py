"""Example costs of the API. A test checks them against their schemas."""

AMOUNTS = {
    "currency": "EUR",
    "cost": "89.70",
    "of_failed": "1.95",
    "of_billed_undelivered": "0.00",
    "of_unknown": "0.00",
    "per_delivered": "0.077062",
    "is_average": False,
}
COSTS = {
    "costs": {
        "amounts": [AMOUNTS],
        "unpriced": {"messages": 0, "parts": 0},
        "elsewhere": {"messages": 0, "parts": 0},
    }
}
