"""Example responses of the API about messages and partner IDs. A test checks them against their schemas."""

MESSAGE = {
    "id": "a1b2c3",
    "account": "link-main",
    "tenant": "nordic-retail",
    "day": "2026-10-01",
    "partner_id": "nr-fi",
    "ref_id": "october-sale",
    "campaign": {"id": 7, "name": "october-sale"},
    "variant": "",
    "labels": {},
    "custom_parameters": {"shop": "7"},
    "source": "ExampleShop",
    "sender_type": "alphanumeric",
    "destination": "+358 •••••••67",
    "country": "FI",
    "operator": "Example Mobile",
    "parts": 1,
    "status": "delivered",
    "counts_as": "delivered",
    "result_code": 1001,
    "final": True,
    "sent_at": "2026-10-01T09:00:00Z",
    "status_at": "2026-10-01T09:00:04Z",
    "delivered_at": "2026-10-01T09:00:04Z",
    "received_at": "2026-10-01T09:00:05.120000Z",
    "updated_at": "2026-10-01T09:00:05.250871Z",
    "url": "/api/v1/messages/link-main/a1b2c3/",
}
REPORTS = [
    {
        "part": None,
        "result_code": 1001,
        "status_at": "2026-10-01T09:00:04Z",
        "sent_at": "2026-10-01T09:00:00Z",
        "operator": "Example Mobile",
        "operator_result_code": "0",
        "received_at": "2026-10-01T09:00:05.120000Z",
    }
]
FORWARDING = {
    "gate": "BVldZyQt01",
    "state": "delivered",
    "due_at": None,
    "attempts": [
        {
            "id": 4711,
            "at": "2026-10-01T09:00:05.480000Z",
            "number": 1,
            "outcome": "delivered",
            "is_last": True,
            "ms": 41,
        }
    ],
}
LISTED_REPORT = REPORTS[0] | {
    "status": "delivered",
    "counts_as": "delivered",
    "final": True,
    "applied_at": "2026-10-01T09:00:05.250871Z",
    "message": MESSAGE,
}
