"""Example answers of the operations of gates."""

from typing import Any

from deliveries.gates.hidden_values import HIDDEN

NEW = {
    "name": "Shop",
    "ref_id": "shop",
    "destinations": [{"url": "https://sms.example.com/dlr", "username": "portal", "password": "a-password"}],
    "filter": {"partner_ids": ["nr-fi"], "final_only": True},
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  the standard's example
GATE: dict[str, Any] = {
    "id": "BVldZyQt01",
    "tenant": "nordic-retail",
    "name": "Shop",
    "ref_id": "shop",
    "type": "ONE_ORDERED",
    "ttl_ms": 172800000,
    "acknowledge": False,
    "throttle": None,
    "custom_parameters": {},
    "body": "link",
    "batch_size": 1,
    "forwards_reports": True,
    "events": ["export.ready"],
    "filter": {
        "partner_ids": ["nr-fi"],
        "final_only": True,
        "statuses": [],
        "countries": [],
        "campaign_ids": [],
        "ref_id_prefix": "",
        "parameter_key": "",
        "parameter_value": "",
    },
    "destinations": [
        {
            "url": "https://sms.example.com/dlr",
            "content_type": "application/json",
            "method": "POST",
            "template": "",
            "username": "portal",
            "password": HIDDEN,
            "headers": [],
            "custom_parameters": {},
        }
    ],
    "state": "active",
    "state_at": "2026-11-20T09:00:00Z",
    "off_reason": None,
    "failing_since": None,
    "old_secret_until": None,
    "created_at": "2026-11-20T09:00:00Z",
    "changed_at": "2026-11-20T09:00:00Z",
    "waiting": 0,
    "last_24_hours": {"requests": 1204, "delivered": 1203, "success_share": 0.999, "p95_ms": 412.5},
    "last_attempt": {"at": "2026-11-20T12:00:00Z", "outcome": "delivered", "is_test": False},
    "url": "/api/v1/gates/BVldZyQt01/",
}
CREATED = GATE | {
    "last_24_hours": {"requests": 0, "delivered": 0, "success_share": None, "p95_ms": None},
    "last_attempt": None,
    "secret": SECRET,
}
PAUSED = GATE | {"state": "paused", "waiting": 12}
ROTATED = {"secret": SECRET, "old_secret_until": "2026-11-21T09:00:00Z"}
_HEADERS = [
    "content-type: application/json",
    "user-agent: sms-reporting-portal",
    "authorization: •••",
    "webhook-id: dlr_BVldZyQt01_815",
    "webhook-timestamp: 1795167460",
    "webhook-signature: v1,thCK7Ic/xptO/bXCpkSHZH1agn/52rPSit0j76qgDeY=",
]
_BODY = '{"refId":"sale","id":"a1b2c3","resultCode":1001}'
TESTED = {
    "at": "2026-11-20T09:37:40Z",
    "is_delivered": True,
    "is_sample": False,
    "destinations": [
        {
            "url": "https://sms.example.com/dlr",
            "method": "POST",
            "headers": _HEADERS,
            "body": _BODY,
            "outcome": "delivered",
            "answer": "ok",
            "ms": 84,
        }
    ],
}
ATTEMPT = {
    "id": 4711,
    "at": "2026-11-20T09:37:40Z",
    "outcome": "http_503",
    "number": 1,
    "is_last": False,
    "is_test": False,
    "is_replay": False,
    "ms": 84,
    "method": "POST",
    "url": "https://sms.example.com/dlr",
    "account": "link-main",
    "message_id": "a1b2c3",
    "event": None,
    "number_erased": False,
}
DETAIL = ATTEMPT | {"request_headers": _HEADERS, "request_body": _BODY, "answer": "busy"}
