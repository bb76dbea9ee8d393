"""Example figures of the API. A test checks them against their schemas."""

FIGURES = {
    "messages": 1200,
    "parts": 1380,
    "delivered": 1164,
    "failed": 30,
    "pending": 6,
    "unknown": 0,
    "delivered_parts": 1340,
    "billed_parts": 1338,
    "final": 1194,
    "delivery_rate": 0.97,
    "delivery_rate_interval": [0.9588, 0.9782],
    "delivery_rate_of_final": 0.9749,
    "failed_rate": 0.025,
    "maturity": 0.995,
    "latency": {"median": 3.1, "p90": 12.4, "p95": 41.0, "p99": 310.0},
}
COUNTRIES = {"data": [{"code": "FI", "name": "Finland", "calling_code": "358"}]}
OPERATORS = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "data_as_of": "2026-11-01T06:00:00.123456Z",
    "timezone": "Europe/Helsinki",
    "data": [{"country": "FI", "operator": "Example Mobile", "messages": 1200}],
}
RESULT_CODES = {
    "data": [
        {
            "dialect": "link",
            "code": 1006,
            "status": "failed",
            "counts_as": "failed",
            "final": True,
            "billed": False,
            "reason": "number",
            "text": "Failed",
            "advice": "The number is not in use. Remove it from your list.",
        }
    ]
}
