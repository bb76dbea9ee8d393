"""The partner ID that the API's description shows as an answer; a test checks its shape."""

PARTNER_ID = {
    "id": 5,
    "value": "nr-fi",
    "account": "link-main",
    "tenant": "nordic-retail",
    "declared_at": "2026-09-01T08:00:00Z",
    "first_seen_at": "2026-08-28T11:20:00Z",
    "periods": [{"tenant": "nordic-retail", "from": "2026-10-31T22:00:00Z", "until": None}],
    "move": {"state": "running", "total": 12000, "moved": 4000, "sealed": 0},
    "url": "/api/v1/partner-ids/5/",
}
