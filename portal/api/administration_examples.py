"""Example responses of the API about the audit log, members and keys. A test checks them against their schemas."""

ENTRY = {
    "id": 311,
    "at": "2026-10-01T08:30:00Z",
    "tenant": "nordic-retail",
    "actor": "owner@example.com",
    "action": "api_key.created",
    "sentence": "owner@example.com created the API key warehouse (srk_AbCdEfGh…).",
    "subject": "warehouse (srk_AbCdEfGh…)",
    "details": {"scopes": ["read"], "expires_at": "never", "networks": []},
}
MEMBER = {
    "id": 4,
    "tenant": "nordic-retail",
    "email": "owner@example.com",
    "name": "",
    "role": "owner",
    "is_active": True,
}
API_KEY = {
    "id": 7,
    "tenant": "nordic-retail",
    "name": "warehouse",
    "prefix": "srk_AbCdEfGh",
    "scopes": ["read"],
    "networks": ["192.0.2.0/24"],
    "created_by": "owner@example.com",
    "created_at": "2026-10-01T08:30:00Z",
    "expires_at": None,
    "last_used_at": "2026-11-02T10:00:05Z",
    "revoked_at": None,
    "is_valid": True,
}
INVITATION = {
    "id": 31,
    "tenant": "nordic-retail",
    "email": "new@example.com",
    "role": "analyst",
    "invited_by": "warehouse (srk_AbCdEfGh…)",
    "created_at": "2026-11-02T10:00:05Z",
    "expires_at": "2026-11-09T10:00:05Z",
    "link": None,
}
