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
OPEN_REQUEST = {
    "id": 12,
    "value": "nr-fi",
    "account": "link-main",
    "tenant": "nordic-retail",
    "from": "2026-11-01",
    "state": "open",
    "requested_by": "provisioning (srk_AbCdEfGh…)",
    "requested_at": "2026-11-02T09:00:00Z",
    "decided_by": None,
    "decided_at": None,
    "may_decide": True,
    "partner_id": None,
    "url": "/api/v1/partner-ids/requests/12/",
}
BATCH = {
    "declared": 1,
    "unchanged": 0,
    "requested": 0,
    "refused": 1,
    "data": [
        {"item": 0, "result": "declared", "partner_id": PARTNER_ID, "request": None, "errors": []},
        {
            "item": 1,
            "result": "refused",
            "partner_id": None,
            "request": None,
            "errors": [{"pointer": "#/tenant", "detail": "no tenant of this name that the key may see"}],
        },
    ],
}
