"""Examples of the API of alerts."""

RULE = {
    "id": 12,
    "tenant": "nordic-retail",
    "name": "Norway",
    "standard": None,
    "kind": "delivery",
    "scope": "country",
    "country": "NO",
    "operator": None,
    "partner_id": None,
    "campaign": None,
    "sender": None,
    "budget": None,
    "threshold": 15.0,
    "min_messages": 200,
    "quiet_from": "22:00:00",
    "quiet_until": "07:00:00",
    "is_on": False,
    "snoozed_until": None,
    "created_at": "2026-11-03T08:12:45Z",
    "archived_at": None,
}
NEW = {
    "name": "Norway",
    "kind": "delivery",
    "scope": "country",
    "country": "NO",
    "threshold": 15,
    "min_messages": 200,
    "quiet_from": "22:00",
    "quiet_until": "07:00",
}
ALERT = {
    "id": 340,
    "tenant": "nordic-retail",
    "rule": 12,
    "kind": "delivery",
    "country": "NO",
    "operator": None,
    "budget": None,
    "threshold": None,
    "figures": {"now": 0.71, "usual": 0.962, "messages": 1840, "spent": None, "amount": None, "currency": None},
    "since": "2026-11-24T12:31:00Z",
    "opened_at": "2026-11-24T12:48:02Z",
    "acknowledged_at": None,
    "acknowledged_by": None,
    "over_at": None,
    "closed_at": None,
    "ending": None,
}
BACKTEST = {
    "data_as_of": "2026-11-30T06:20:00.123456Z",
    "timezone": "UTC",
    "rule": 12,
    "since": "2026-09-01T06:15:00Z",
    "number": 1,
    "alerts": [
        {
            "at": "2026-10-14T09:45:00Z",
            "country": "NO",
            "operator": None,
            "now": 0.74,
            "usual": 0.958,
            "messages": 1210,
        }
    ],
}
ACKNOWLEDGED = ALERT | {"acknowledged_at": "2026-11-24T12:55:30Z", "acknowledged_by": "warehouse (srk_BVldZyQt…)"}
