"""Exports that the API's description shows as answers; a test checks their shapes."""

EXPORT = {
    "id": 42,
    "kind": "messages",
    "tenant": "nordic-retail",
    "timezone": "Europe/Helsinki",
    "search": "period=last_month campaign=October sale",
    "format": "parquet",
    "columns": ["sent_at", "message_id", "number", "status"],
    "state": "done",
    "problem": None,
    "rows_done": 120000,
    "rows": 120000,
    "requested_at": "2026-11-04T06:00:00Z",
    "finished_at": "2026-11-04T06:00:09.250000Z",
    "data_as_of": "2026-11-04T06:00:01Z",
    "numbers": "masked",
    "bytes": 1948211,
    "sha256": "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
    "expires_at": "2026-11-11T06:00:09Z",
    "deleted": None,
    "url": "/api/v1/exports/42/",
    "download_url": "/api/v1/exports/42/download/",
}
QUEUED = EXPORT | {
    "state": "queued",
    "rows_done": 0,
    "rows": None,
    **dict.fromkeys(("finished_at", "data_as_of", "numbers", "bytes", "sha256", "expires_at", "download_url")),
}
CANCELLED = QUEUED | {"state": "cancelled", "finished_at": "2026-11-04T06:00:03Z"}
