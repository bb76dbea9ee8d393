"""Example bodies and answers of the API about tenants. A test checks them against their schemas."""

from deliveries.partner_ids.examples import PARTNER_ID

NEW_TENANT = {
    "slug": "shop-4711",
    "name": "Shop 4711 Oy",
    "timezone": "Europe/Helsinki",
    "language": "fi",
    "ref_id": {"delimiter": "_", "fields": ["campaign", "variant"]},
    "partner_ids": [{"account": "link-main", "value": "nr-fi", "from": "2026-11-01"}],
    "owner_email": "owner@shop.example.com",
}
TENANT = {
    "slug": "shop-4711",
    "name": "Shop 4711 Oy",
    "parent": "nordic-retail",
    "timezone": "Europe/Helsinki",
    "country": "FI",
    "language": "fi",
    "currency": "EUR",
    "accent": "",
    "require_mfa": False,
    "raw_days": 30,
    "number_days": 180,
    "message_days": 400,
    "ref_id": {"delimiter": "_", "fields": ["campaign", "variant"]},
    "recount": None,
    "created_at": "2026-11-02T10:00:05Z",
    "url": "/api/v1/tenants/shop-4711/",
}
ADDED_TENANT = TENANT | {
    "partner_ids": [PARTNER_ID | {"tenant": "shop-4711"}],
    "requests": [],
    "invitation": {
        "id": 31,
        "tenant": "shop-4711",
        "email": "owner@shop.example.com",
        "role": "owner",
        "invited_by": "provisioning (srk_AbCdEfGh…)",
        "created_at": "2026-11-02T10:00:05Z",
        "expires_at": "2026-11-09T10:00:05Z",
        "link": None,
    },
}
