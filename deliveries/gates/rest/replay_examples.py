"""Examples of replays in the API's reference."""

REPLAY = {
    "id": 17,
    "gate": "BVldZyQt01",
    "kind": "failed",
    "search": "",
    "since": "2026-11-20T06:00:00Z",
    "until": "2026-11-20T09:40:00Z",
    "state": "running",
    "problem": None,
    "is_held": False,
    "expected": 1912,
    "is_exact": None,
    "rate_per_second": 20.0,
    "seconds_left": 43,
    "queued": 1200,
    "waiting": 160,
    "delivered": 1037,
    "failed": 2,
    "gone": 1,
    "withdrawn": 0,
    "already_waiting": 12,
    "requested_at": "2026-11-20T09:40:00Z",
    "requested_by": "Order system",
    "finished_at": None,
    "url": "/api/v1/gates/BVldZyQt01/replays/17/",
}
STARTED = REPLAY | {
    "kind": "search",
    "search": "period=last_month campaign=October sale",
    "since": None,
    **dict.fromkeys(("queued", "waiting", "delivered", "failed", "gone", "already_waiting"), 0),
    "state": "queued",
    "seconds_left": 96,
}
CANCELLED = REPLAY | {
    "state": "cancelled",
    "seconds_left": None,
    "waiting": 0,
    "withdrawn": 160,
    "finished_at": "2026-11-20T09:41:00Z",
}
