"""Every table of the database, with what each role of the wall may do with it (portal/tenants/wall.py)."""

WEB, STAFF, SIGNIN, INGEST = "portal_web", "portal_staff", "portal_signin", "portal_ingest"
METRICS = "portal_metrics"
ROLES = (WEB, STAFF, SIGNIN, INGEST, METRICS)

READ, ADD, CHANGE, ALL = (
    "SELECT",
    "SELECT, INSERT",
    "SELECT, INSERT, UPDATE",
    "SELECT, INSERT, UPDATE, DELETE",
)

# Appliers register campaigns; people say something about them.
_DETAILS = (
    "SELECT, UPDATE (archived_at, comparisons, day_notes, merged_into_id, note, owner_id, planned_split, planned_start,"
    " tags, title, updated_at)"  # that of a window, too
)

# Tables with a tenant_id: forced row-level security. table: (web, staff)
TENANT_TABLES: dict[str, tuple[str, str]] = {
    "alert_rule": (CHANGE, READ),
    "alert": ("SELECT, UPDATE (acknowledged_at, acknowledged_by)", READ),  # refers to its rule
    "alert_clock": (READ, READ),
    "alert_mail_choice": (ALL, ALL),  # of a person; a link in a mail changes it too
    "alert_minute": (READ, READ),
    "alert_quarter": (READ, READ),
    "accounts_auditentry": (ADD, ADD),
    "api_request": (ADD, READ),
    "billing_profile": (CHANGE, ALL),
    "budget": (CHANGE, READ),
    "campaigns_campaign": (_DETAILS, _DETAILS),
    "campaigns_refidscheme": (ALL, ALL),
    "campaigns_segmentkey": (CHANGE, CHANGE),
    "campaign_count": (READ, READ),
    "condensed_campaign": (READ, READ),
    "condensed_campaign_count": (READ, READ),
    "condensed_campaign_latency": (READ, READ),
    "condensed_campaign_place": (READ, READ),
    "condensed_daily_count": (READ, READ),
    "condensed_day": (READ, READ),
    "condensed_latency": (READ, READ),
    "condensed_place": (READ, READ),
    "condensed_segment": (READ, READ),
    "condensed_segment_count": (READ, READ),
    "condensed_span": (READ, READ),
    "count_cause": (READ, READ),
    "conversion_due": (ADD, ADD),
    "conversion_kind": (ALL, ALL),
    "conversion_upload": (CHANGE, CHANGE),
    "conversion_event": ("SELECT, INSERT, DELETE", ALL),  # refers to the two
    "conversion_tenant": (READ, READ),
    "conversion_window": (ALL, ALL),
    "daily_count": (READ, READ),
    "delivery_report": (READ, READ),
    "erased_month": (READ, CHANGE),
    "event_log": (READ, READ),
    "export": (CHANGE, CHANGE),
    "gate": (ALL, ALL),
    "gate_attempt": (ADD, READ),  # a test is recorded by the page that sends it
    "gate_delivery": ("SELECT, INSERT, DELETE", READ),
    "gate_destination": (ALL, ALL),  # refers to its gate
    "gate_event": (ADD, READ),
    "gate_hour": (READ, READ),
    "gate_replay": (ALL, CHANGE),  # refers to its gate
    "hour_count": (READ, READ),
    "idempotent_answer": ("SELECT, INSERT, DELETE", READ),
    "invoice_check": (ALL, ALL),
    "latency_count": (READ, READ),
    "message": (READ, READ),
    "message_parameter": (READ, READ),
    "partner_move": (ADD, CHANGE),
    "partner_request": (CHANGE, CHANGE),
    "report_definition": (CHANGE, READ),
    "definition_run": (CHANGE, CHANGE),  # refers to its definition
    "definition_file": (READ, READ),  # refers to its run
    "report_address": (f"{ADD}, UPDATE (language, added_by, asked_at, confirmed_at, declined_at)", ALL),
    "report_recipient": (f"{ADD}, UPDATE (unsubscribed_at, removed_at)", CHANGE),
    "report_mail": (f"{ADD}, UPDATE (link_revoked_at, openings, last_opened_at)", CHANGE),  # refers to its recipient
    "report_run": (CHANGE, CHANGE),
    "retention_mark": (READ, READ),
    "segment_change": (READ, READ),
    "segment_value": (READ, READ),
    "share_link": (CHANGE, CHANGE),
    "stored_segment_count": (READ, READ),
    "stored_segment_latency_count": (READ, READ),
    "submission_count": (READ, READ),
    "tenant_brand": (CHANGE, READ),
    "tenant_recount": ("SELECT, INSERT, DELETE", ALL),
    "workbook_template": (ALL, READ),
}

# Views of tables with a tenant_id, which are read as the role that asks (security_invoker). view: (web, staff)
VIEWS: dict[str, tuple[str, str]] = {
    "segment_count": (READ, READ),
    "segment_latency_count": (READ, READ),
}

# Tables with a tenant_id, a user_id and is_shared: a page of a person sees that person's rows of its own tenants and
# those that are shared there. Only the person changes them, and the tenant's owners and managers those that are shared.
# Staff delete them, with a person. table: (web, staff)
PRIVATE_TABLES: dict[str, tuple[str, str]] = {
    "saved_view": ("SELECT, INSERT, DELETE, UPDATE (is_shared, name, start_since)", "SELECT, DELETE"),
}

# Global tables that pages write too: which rows the web role reads is said below, it writes its own tenants' alone.
# table: (web, staff, the column that holds the tenant)
GUARDED_TABLES: dict[str, tuple[str, str, str]] = {
    "accounts_invitation": (CHANGE, ALL, "tenant_id"),
    "accounts_membership": (ALL, ALL, "tenant_id"),
    "tenants_apikey": (CHANGE, ALL, "tenant_id"),
    "tenants_earlierowner": (ALL, ALL, "tenant_id"),
    "tenants_partnerid": (CHANGE, ALL, "tenant_id"),
    "tenants_tenant": (CHANGE, ALL, "id"),  # the API adds customers below its own
}

# What an issuer charges its customers (portal/tenants/wall_prices.py). table: (web, staff)
PRICE_TABLES: dict[str, tuple[str, str]] = {
    "price_list": (CHANGE, CHANGE),
    "tier_group": (ALL, ALL),
    "price": (ALL, ALL),
    "fee": (ALL, ALL),
    "price_change": (ADD, ADD),
    "exchange_rate": (ALL, ALL),
}

# Statements (portal/tenants/wall_billing.py). table: (web, staff)
BILLING_TABLES: dict[str, tuple[str, str]] = {
    "billing_terms": (ALL, ALL),
    "number_series": (CHANGE, CHANGE),
    "statement": (ALL, ALL),
    "statement_line": ("SELECT, INSERT, DELETE, UPDATE (vat_category, vat_rate, vat_reason)", ALL),
    "closing_run": (CHANGE, CHANGE),
}

# People and what is theirs: a page sees the person who is signed in and (of people alone) the members of its tenants.
# table: (web, staff, the column that holds the person)
PEOPLE_TABLES: dict[str, tuple[str, str, str]] = {
    "accounts_user": (READ, ALL, "id"),
    "account_emailaddress": (READ, ALL, "user_id"),
    "mfa_authenticator": (READ, ALL, "user_id"),
    "usersessions_usersession": ("SELECT, UPDATE", ALL, "user_id"),
}

# Global tables that pages only read, and see rows of once they are for a tenant: table: (web, staff, ingest)
SEEN_TABLES: dict[str, tuple[str, str, str]] = {
    # Pages read what an account's result codes mean; the ingest adds the feed of an account's submissions alone.
    "tenants_feed": ("SELECT (account_id, dialect)", ALL, ADD),
    # The platform ID stands in paths of the API of gates.
    "tenants_gatewayaccount": ("SELECT (id, name, platform_id, timezone, pool_id, owner_id, owner_since)", ALL, ""),
}

# Tables without a policy: least grants. table: (web, staff, ingest)
GLOBAL_TABLES: dict[str, tuple[str, str, str]] = {
    "account_emailconfirmation": ("", ALL, ""),
    "accounts_unsentmail": ("INSERT, SELECT (id)", "SELECT, UPDATE (sealed, shown_at, shown_by)", ""),
    "accounts_user_groups": (READ, ALL, ""),
    "accounts_user_user_permissions": (READ, ALL, ""),
    "auth_group": (READ, ALL, ""),
    "auth_group_permissions": (READ, ALL, ""),
    "auth_permission": (READ, READ, ""),
    "applier_stop": ("", READ, "SELECT (since, cause, code)"),  # what /readyz tells
    "axes_accessattempt": ("", ALL, ""),
    "axes_accessattemptexpiration": ("", ALL, ""),  # empty; deleting an attempt looks there
    "axes_accessfailurelog": ("", "", ""),
    "axes_accesslog": ("", "", ""),
    "channel_count": ("", READ, ""),
    "closed_month": ("", "", ""),
    "django_admin_log": ("", ALL, ""),
    "django_content_type": (READ, READ, ""),
    "django_migrations": ("", "", ""),
    "django_session": ("", ALL, ""),
    "erased_id": ("", "", ""),
    "erased_name": ("", "", ""),
    "event_log_state": (READ, READ, ""),
    "identity_filter": ("", "", ""),
    "import_count": ("", CHANGE, ""),
    "import_run": ("", READ, ""),
    "inbox": (
        "",
        "SELECT, INSERT, UPDATE (slice)",
        "INSERT, SELECT (id, received_at, slice)",
    ),  # what it wrote, it need not read
    "inbox_todo": (READ, ADD, "INSERT"),  # ids and times, which pages tell in sum
    "ingest_count": ("", CHANGE, ""),
    "quarantine": ("", "SELECT, UPDATE", ""),
    "recipient_secret": (READ, "", ""),
    "refusal_count": ("", READ, "SELECT, INSERT, UPDATE (refusals, first_at, last_at)"),
    "result_code": (READ, CHANGE, ""),
    "rule_refold": ("", CHANGE, ""),
    "standing_check": ("", READ, ""),
    "tenants_feedtoken": ("", ALL, READ),
    "tenants_gateapi": ("", ALL, ""),
}

# What signing in needs: who asks, with which session or key and for which tenants; people, who are taken in by
# invitation. Who is staff no page decides.
SIGNIN_TABLES: dict[str, str] = {
    "alert_mail_choice": CHANGE,  # by the link to unsubscribe
    "account_emailaddress": ALL,
    "account_emailconfirmation": ALL,
    "accounts_auditentry": "INSERT, SELECT (id, at, updated_at)",  # what its own INSERT returns
    "accounts_invitation": "SELECT, UPDATE (accepted_at)",
    "accounts_membership": "SELECT, INSERT, UPDATE (role)",
    "accounts_unsentmail": "INSERT, SELECT (id)",
    "accounts_user": "SELECT, INSERT, UPDATE (password, last_login, email, name)",
    "accounts_user_groups": READ,
    "accounts_user_user_permissions": READ,
    "auth_group": READ,
    "auth_group_permissions": READ,
    "auth_permission": READ,
    "axes_accessattempt": ALL,
    "axes_accessattemptexpiration": ALL,
    "django_content_type": READ,
    "django_session": ALL,
    "inbox_todo": READ,
    "share_link": "SELECT, UPDATE (openings, last_opened_at)",
    "mfa_authenticator": ALL,
    "tenant_brand": READ,  # what a tenant inherits from those above it
    "tenants_apikey": READ,
    "tenants_earlierowner": "SELECT (tenant_id, partner_id)",
    "tenants_gatewayaccount": "SELECT (id, name, timezone, pool_id, owner_id, owner_since)",
    "tenants_partnerid": "SELECT (id, account_id, tenant_id)",
    "tenants_tenant": READ,
    "usersessions_usersession": ALL,
}

# What /metrics counts: states, reasons, times and sums of all tenants, and names of accounts and feeds. Nothing of a
# message, a person or a tenant.
METRICS_TABLES: dict[str, str] = {
    "alert": "SELECT (id, closed_at)",
    "applier_stop": "SELECT (since)",
    "campaigns_segmentkey": "SELECT (id, state)",
    "closing_run": "SELECT (id, state)",
    "conversion_due": "SELECT (id, since)",
    "conversion_upload": "SELECT (id, state)",
    "definition_run": "SELECT (id, state)",
    "erased_month": "SELECT (id, state)",
    "export": "SELECT (id, state)",
    "gate_replay": "SELECT (id, state)",
    "gate": "SELECT (id, state)",
    "gate_delivery": "SELECT (gate_id, due_at)",
    "gate_event": "SELECT (type, at)",
    "gate_hour": "SELECT (hour, outcome, number)",
    "inbox_todo": READ,
    "invoice_check": "SELECT (id, state)",
    "ingest_count": READ,
    "partner_move": "SELECT (id, state)",
    "quarantine": "SELECT (id, reason, state)",
    "refusal_count": "SELECT (feed_id, reason, refusals)",
    "report_mail": "SELECT (id, state, created_at)",
    "report_run": "SELECT (id, state)",
    "rule_refold": "SELECT (id, state)",
    "segment_change": "SELECT (since)",
    "share_link": "SELECT (id, expires_at, revoked_at)",
    "standing_check": "SELECT (name, checked_at, problems)",
    "tenant_recount": "SELECT (id, state)",
    "tenants_feed": "SELECT (id, account_id, name)",
    "tenants_gatewayaccount": "SELECT (id, name)",
}
