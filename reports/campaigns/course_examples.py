"""Example responses of the API about hours, speed and recipients of a campaign. A test checks their shapes."""

_COUNTED = {
    "data_as_of": "2026-11-05T06:00:00.123456Z",
    "timezone": "Europe/Helsinki",
    "campaign": "October sale",
    "maturity": 0.995,
}
HOURS = _COUNTED | {
    "data": [{"hour": 10, "messages": 1200, "delivered": 1164, "delivery_rate": 0.97, "median": 3.1}],
}
SPEED = _COUNTED | {
    "compared_with": 6,
    "messages": 1200,
    "reached": {"share": 0.9, "seconds": 42.0},
    "data": [{"seconds": 30, "share": 0.88, "compared": 0.85}, {"seconds": 60, "share": 0.93, "compared": 0.91}],
}
RECIPIENT_COUNTS = _COUNTED | {
    "recipients": 1180,
    "delivered": 1150,
    "pending": 6,
    "unknown": 0,
    "failed": 24,
    "messages_without_number": 2,
}
