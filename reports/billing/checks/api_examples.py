"""Invoice checks that the API's description shows as answers; a test checks their shapes."""

CHECK = {
    "id": 5,
    "tenant": "nordic-retail",
    "account": "link-main",
    "month": "2026-10",
    "timezone": "Europe/Helsinki",
    "file_name": "october.csv",
    "state": "done",
    "problem": None,
    "progress": 100,
    "currency": "EUR",
    "basis": "delivered",
    "per": "part",
    "requested_at": "2026-11-04T06:00:00Z",
    "finished_at": "2026-11-04T06:00:12Z",
    "data_as_of": "2026-11-04T06:00:01Z",
    "lines_left_out": 0,
    "invoice": {"quantity": 4832, "amount_micro": 314_080_000},
    "counted": {"quantity": 4801, "amount_micro": 312_070_000},
    "kinds": [{"kind": "failed", "rows": 1, "quantity": 31, "amount_micro": 2_010_000}],
    "url": "/api/v1/invoice-checks/5/",
    "claim_url": "/api/v1/invoice-checks/5/claim/",
}
QUEUED = CHECK | {
    "state": "queued",
    "progress": 0,
    "kinds": [],
    **dict.fromkeys(("finished_at", "data_as_of", "invoice", "counted", "claim_url")),
}
WITH_ROWS = CHECK | {
    "rows": [
        {
            "number": 3,
            "partner_id": "nr-fi",
            "country": "FI",
            "operator": "",
            "invoice": {"quantity": 4832, "amount_micro": 314_080_000},
            "counted": {"quantity": 4801, "amount_micro": 312_070_000},
            "outcome": "explained",
            "parts": [{"kind": "failed", "rule": "failed_charged", "quantity": 31, "amount_micro": 2_010_000}],
            "explanations": [],
        }
    ]
}
