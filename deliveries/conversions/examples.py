"""Examples of conversion events in the API's description."""

KIND = {
    "id": 3,
    "tenant": "nordic-retail",
    "name": "purchase",
    "window_minutes": 2880,
    "is_otp": False,
    "created_at": "2026-10-01T07:30:00Z",
    "url": "/api/v1/conversions/kinds/3/",
}
WINDOW = {"tenant": "nordic-retail", "minutes": 1440}
SENT = {
    "event_id": "order-10021",
    "kind": "purchase",
    "occurred_at": "2026-10-01T07:30:00Z",
    "value": "49.90",
    "currency": "EUR",
    "destination": "+358401234567",
    "campaign": "October sale",
}
RESULTS = {
    "stored": 1,
    "refused": 1,
    "results": [
        {"event_id": "order-10021", "result": "stored", "errors": []},
        {
            "event_id": "order-10022",
            "result": "invalid",
            "errors": [{"pointer": "#/1/currency", "detail": "required with a value"}],
        },
    ],
}
EVENT = {
    "id": 42,
    "tenant": "nordic-retail",
    "event_id": "order-10021",
    "kind": "purchase",
    "occurred_at": "2026-10-01T07:30:00Z",
    "value": "49.90",
    "currency": "EUR",
    "belongs_to": "recipient",
    "account": None,
    "message_id": None,
    "parameter_key": None,
    "parameter_value": None,
    "campaign": "October sale",
    "source": "api",
    "received_at": "2026-10-01T07:30:02Z",
    "reason": None,
    "attributed_at": "2026-10-01T07:30:03Z",
    "attributed_account": "link-main",
    "attributed_message_id": "Dcshuhod0PMAAAFQ+/PbnR3x",
    "attributed_campaign": "October sale",
    "attributed_variant": "B",
    "delivered_at": "2026-10-01T07:00:07Z",
    "is_frozen": False,
    "url": "/api/v1/conversions/42/",
}
