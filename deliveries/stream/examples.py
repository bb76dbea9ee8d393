"""Example of an event. A test checks it against its schema."""

EVENT = {
    "cursor": "9f86d081.74211.90817",
    "report": {
        "account": "link-main",
        "tenant": "nordic-retail",
        "message_id": "a1b2c3",
        "part": None,
        "partner_id": "nr-fi",
        "ref_id": "october-sale",
        "campaign": "october-sale",
        "variant": "",
        "labels": {},
        "custom_parameters": {"shop": "7"},
        "source": "ExampleShop",
        "destination": "+358 •••••••67",
        "country": "FI",
        "operator": "Example Mobile",
        "parts": 1,
        "status": "delivered",
        "final": True,
        "result_code": 1001,
        "operator_result_code": "0",
        "sent_at": "2026-10-01T09:00:00Z",
        "status_at": "2026-10-01T09:00:04Z",
        "received_at": "2026-10-01T09:00:05.120000Z",
    },
}
