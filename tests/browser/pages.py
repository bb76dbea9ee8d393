"""Every route outside /admin/: who looks at its page, or why it has none.

A new route stands in neither table, which a test tells; a page that gets here is looked at in all ways.
"""

from __future__ import annotations

import re

from tests.browser.seed import GUARDED, NOBODY, OWNER
from tests.pages.test_url_matrix import ROUTES

ANYBODY = ""

LOOKED_AT_BY = {
    "home": OWNER,
    "glossary": ANYBODY,
    "api:docs": ANYBODY,
    "reports:overview": OWNER,
    "palette": OWNER,
    "reports:views": OWNER,
    "reports:view_rename": OWNER,
    "reports:view_delete": OWNER,
    "campaigns:ab": OWNER,
    "campaigns:list": OWNER,
    "segments:segments": OWNER,
    "campaigns:campaign": OWNER,
    "campaigns:details": OWNER,
    "campaigns:recipients": OWNER,
    "campaigns:conversions": OWNER,
    "campaigns:conversion_list": OWNER,
    "campaigns:recipient_list": OWNER,
    "campaigns:recipient": OWNER,
    "messages:list": OWNER,
    "messages:message": OWNER,
    "messages:numbers": OWNER,
    "conversions:index": OWNER,
    "conversions:events": OWNER,
    "conversions:upload": OWNER,
    "conversions:upload_one": OWNER,
    "settings:conversions": OWNER,
    "exports:list": OWNER,
    "exports:new": OWNER,
    "exports:numbers": OWNER,
    "table_exports:new": OWNER,
    "reports:months": OWNER,
    "reports:account_months": OWNER,
    "reports:remove": OWNER,
    "deliveries:partner_ids": OWNER,
    "deliveries:partner_move": OWNER,
    "settings:tenant": OWNER,
    "settings:ref_ids": OWNER,
    "settings:segments": OWNER,
    "settings:members": OWNER,
    "settings:member_remove": OWNER,
    "settings:api_keys": OWNER,
    "settings:api_key_revoke": OWNER,
    "settings:brand": OWNER,
    "settings:shares": OWNER,
    "settings:share_revoke": OWNER,
    "settings:audit": OWNER,
    "share": ANYBODY,
    "embed": ANYBODY,
    "invitation": ANYBODY,
    "profile": OWNER,
    "second_factor": NOBODY,
    "mfa_index": GUARDED,
    "mfa_activate_totp": OWNER,
    "mfa_deactivate_totp": GUARDED,
    "mfa_view_recovery_codes": GUARDED,
    "mfa_generate_recovery_codes": GUARDED,
    "mfa_list_webauthn": GUARDED,
    "mfa_add_webauthn": GUARDED,
    "mfa_reauthenticate": GUARDED,
    "account_login": ANYBODY,
    "account_logout": OWNER,
    "account_inactive": ANYBODY,
    "account_signup": ANYBODY,
    "account_reauthenticate": OWNER,
    "account_email": OWNER,
    "account_email_verification_sent": ANYBODY,
    "account_confirm_email": ANYBODY,
    "account_change_password": OWNER,
    "account_reset_password": ANYBODY,
    "account_reset_password_done": ANYBODY,
    "account_reset_password_from_key": ANYBODY,
    "account_reset_password_from_key_done": ANYBODY,
}

IN_ENGLISH = ("api:docs",)  # what is written for programmers, in parts that say so

POST, FILE, DATA, PART, ELSEWHERE = "takes a form", "a file", "for programs", "a part of a page", "sends on"
WITH_A_DEVICE = "a path's test comes here with a passkey"
WITHOUT_PAGE = {
    "metrics": DATA,
    "accent": FILE,
    "logo": FILE,
    "icon": FILE,
    "set_language": POST,
    "view_as_stop": POST,
    "set_look": POST,
    "settings:api_key_keep": POST,
    "reports:view_start": POST,
    "reports:campaigns": ELSEWHERE,
    "campaigns:live": PART,
    "campaigns:ab_save": POST,
    "campaigns:ab_delete": POST,
    "campaigns:merge": POST,
    "campaigns:separate": POST,
    "messages:campaigns": PART,
    "messages:download": FILE,
    "messages:message_by_query": "the same page as messages:message",
    "reports:make": POST,
    "conversions:upload_cancel": POST,
    "conversions:upload_undo": POST,
    "conversions:upload_errors": FILE,
    "settings:conversion_kind_remove": POST,
    "exports:download": FILE,
    "exports:cancel": POST,
    "exports:retry": POST,
    "exports:delete": POST,
    "share_download": FILE,
    "reports:download": FILE,
    "reports:account_make": POST,
    "reports:account_download": FILE,
    "reports:account_remove": "the same page as reports:remove",
    "deliveries:partner_declare": POST,
    "deliveries:partner_request": POST,
    "settings:recount": PART,
    "settings:tenant_preview": PART,
    "settings:brand_preview": PART,
    "settings:brand_check": POST,
    "settings:ref_ids_preview": PART,
    "settings:segments_progress": PART,
    "settings:segment_remove": POST,
    "settings:invite": POST,
    "settings:member_role": POST,
    "settings:invitation_resend": POST,
    "settings:invitation_revoke": POST,
    "settings:audit_download": FILE,
    "end_session": POST,
    "end_other_sessions": POST,
    "mfa_authenticate": WITH_A_DEVICE,
    "mfa_reauthenticate_webauthn": WITH_A_DEVICE,
    "mfa_edit_webauthn": WITH_A_DEVICE,
    "mfa_remove_webauthn": WITH_A_DEVICE,
    "mfa_login_webauthn": DATA,
    "mfa_download_recovery_codes": FILE,
    "account_set_password": ELSEWHERE,
    "account_confirm_login_code": ELSEWHERE,
    "api:key": DATA,
    "api:statistics": DATA,
    "api:campaign_ab": DATA,
    "api:reports": DATA,
    "api:report": DATA,
    "api:report_download": DATA,
    "api:messages": DATA,
    "api:conversions": DATA,
    "api:conversion": DATA,
    "api:exports": DATA,
    "api:export": DATA,
    "api:export_download": DATA,
    "api:message": DATA,
    "api:message_by_query": DATA,
    "api:segments": DATA,
    "api:segment": DATA,
    "api:campaigns": DATA,
    "api:campaign": DATA,
    "api:campaign_recipients": DATA,
    "api:partner_ids": DATA,
    "api:partner_id": DATA,
    "api:partner_id_move": DATA,
    "api:schema": DATA,
    "api:not_found": DATA,
}


# What is looked at of another tenant than nordic-retail.
OF_HANSA = {"tenant_slug": "hansa-group", "account": "hansa-direct"}
OTHERS = {"reports:account_months": OF_HANSA, "reports:account_make": OF_HANSA}

ADDRESSES = {route.name: route.address for route in ROUTES if not route.name.startswith("admin:")}


def address_of(name: str, rows: dict) -> str:
    """Return a route's address with the seed's ids in it."""
    values = {
        "tenant_slug": "nordic-retail",
        "account": "link-main",
        "request_id": 1,
        "token": rows["invitation"].rstrip("/").rpartition("/")[2],
        "key": "no-such-key",
        "uidb36": "1",
        "colour": "0f766e",
        "logo_digest": "0" * 64,
        "session_id": 1,
        "segment_key_id": 1,
        "pk": 1,
        "group": "all",
    }
    values |= rows | OTHERS.get(name, {})
    if name == "embed":
        values["share_token"] = rows["panel_token"]
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), ADDRESSES[name])
