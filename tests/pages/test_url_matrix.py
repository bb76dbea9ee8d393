"""Every route × every kind of person, with the ids of a tenant that only the last of them is a member of.

A route that stands in no table below fails: whoever adds one says who gets what.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from campaigns.models import Campaign, ConversionKind, ConversionUpload, SegmentKey
from deliveries.models import Export, GateAttempt, GateReplay, PartnerRequest, QuarantinedRow
from portal.accounts.models import Invitation, Membership, UnsentMail
from portal.saved_views.models import SavedView
from portal.shares.models import ShareLink
from portal.tenants.models import PartnerId, Tenant
from portal.tenants.wall import STAFF
from reports.models import Alert, AlertRule, ClosingRun, DefinitionRun, ReportMail
from tests.admin.rows import CANARY, make_rows
from tests.admin.test_walk import NEVER_ADDED, NEVER_DELETED, READ_ONLY
from tests.billing.checks.rows import make_done_check
from tests.billing.rows import make_statement
from tests.budgets.made import make_budget
from tests.gates.factors import make_gate
from tests.pages.conftest import make_run
from tests.price_lists.made import make_price_list
from tests.wall.roles import roles_taken
from tests.workbook_templates.sample import make_template

PEOPLE = ("anonymous", "viewer", "analyst", "manager", "owner", "accountant", "staff_user", "stranger")
MEMBERS = PEOPLE[1:6]  # of the tenant that is not asked for
POSTED = {
    "set_language": {"language": "fi"},
    "set_look": {"theme": "dark"},
    "view_as_stop": {},
    "reports:make": {"month": "2026-09", "confirmed": "yes"},
    "reports:account_make": {"month": "2026-09", "confirmed": "yes"},
    "deliveries:partner_declare": {},
    "deliveries:partner_request": {"decision": "withdraw"},
    "settings:tenant_preview": {},
    "campaigns:ab_save": {},
    "campaigns:ab_delete": {},
    "campaigns:merge": {},
    "campaigns:separate": {},
    "settings:brand_preview": {},
    "settings:brand_check": {},
    "admin:onboarding_undo": {},
    "settings:ref_ids_preview": {"mode": "whole"},
    "settings:segment_remove": {},
    "settings:invite": {"email": "new@example.com", "role": "viewer"},
    "settings:member_role": {"role": "viewer"},
    "settings:invitation_resend": {},
    "settings:invitation_revoke": {},
    "palette": {"q": CANARY},
    "palette_anywhere": {},  # its page repeats what is asked
    "reports:view_start": {},
    "reports:definition_run": {},
    "reports:definition_stop": {},
    "reports:definition_resume": {},
    "reports:definition_archive": {},
    "reports:definition_restore": {},
    "reports:saved_run_cancel": {},
    "reports:saved_run_retry": {},
    "reports:template_choose": {"use": "yes"},
    "reports:template_remove": {},
    "reports:recipient_drop": {},
    "reports:mail_again": {},
    "reports:view_share": {},
    "settings:api_key_keep": {},
    "conversions:upload_cancel": {},
    "conversions:upload_undo": {},
    "billing:check_delete": {},
    "settings:conversion_kind_remove": {},
    "settings:conversion_window": {"minutes": "60"},
    "alerts:acknowledge": {},
    "alerts:mails": {"wants": "yes"},
    "alerts:switch": {"on": "yes"},
    "alerts:snooze": {"hours": "1"},
    "alerts:delete": {},
    "statements:issue": {},
    "statements:credit": {},
    "statements:paid": {},
    "statements:unpaid": {},
    "statements:close_cancel": {},
    "statements:close_retry": {},
    "gates:preview": {},
    "gates:pause": {},
    "gates:resume": {},
    "gates:replay_attempt": {},
    "gates:replay_cancel": {},
    "billing:rate_delete": {},
    "exports:cancel": {},
    "exports:retry": {},
    "exports:delete": {},
    "end_session": {},
    "end_other_sessions": {},
}

# anonymous, each member of another tenant, staff without a membership, a member of the tenant itself
PAGES = {
    "home": (302, 302, 200, 200),
    "glossary": (200, 200, 200, 200),
    "metrics": (200, 200, 200, 200),
    # Sessions open nothing of the API; tests/api/ asks with keys.
    "api:statistics": (401, 401, 401, 401),
    "api:campaign_ab": (401, 401, 401, 401),
    "api:reports": (401, 401, 401, 401),
    "api:forecast": (401, 401, 401, 401),
    "api:leaks": (401, 401, 401, 401),
    "api:definitions": (401, 401, 401, 401),
    "api:definition": (401, 401, 401, 401),
    "api:definition_pause": (401, 401, 401, 401),
    "api:definition_resume": (401, 401, 401, 401),
    "api:definition_restore": (401, 401, 401, 401),
    "api:definition_mails": (401, 401, 401, 401),
    "api:definition_mail": (401, 401, 401, 401),
    "api:definition_mail_again": (401, 401, 401, 401),
    "api:definition_recipients": (401, 401, 401, 401),
    "api:definition_recipient": (401, 401, 401, 401),
    "api:definition_runs": (401, 401, 401, 401),
    "api:definition_run": (401, 401, 401, 401),
    "api:definition_run_retry": (401, 401, 401, 401),
    "api:definition_run_file": (401, 401, 401, 401),
    "api:report": (401, 401, 401, 401),
    "api:report_download": (401, 401, 401, 401),
    "api:exports": (401, 401, 401, 401),
    "api:export_tables": (401, 401, 401, 401),
    "api:export": (401, 401, 401, 401),
    "api:export_download": (401, 401, 401, 401),
    "api:conversions": (401, 401, 401, 401),
    "api:invoice_checks": (401, 401, 401, 401),
    "api:invoice_check": (401, 401, 401, 401),
    "api:invoice_check_claim": (401, 401, 401, 401),
    "api:conversion": (401, 401, 401, 401),
    "api:conversion_kinds": (401, 401, 401, 401),
    "api:conversion_kind": (401, 401, 401, 401),
    "api:conversion_window": (401, 401, 401, 401),
    "api:messages": (401, 401, 401, 401),
    "api:delivery_reports": (401, 401, 401, 401),
    "api:message": (401, 401, 401, 401),
    "api:message_by_query": (401, 401, 401, 401),
    "api:delivery_report_stream": (401, 401, 401, 401),
    "api:statistics_stream": (401, 401, 401, 401),
    "api:statements": (401, 401, 401, 401),
    "api:statement": (401, 401, 401, 401),
    "api:statement_lines": (401, 401, 401, 401),
    "api:statement_line": (401, 401, 401, 401),
    "api:statement_file": (401, 401, 401, 401),
    "api:statement_issue": (401, 401, 401, 401),
    "api:statement_credit": (401, 401, 401, 401),
    "api:statement_paid": (401, 401, 401, 401),
    "api:partner_ids": (401, 401, 401, 401),
    "api:segments": (401, 401, 401, 401),
    "api:segment": (401, 401, 401, 401),
    "api:alerts": (401, 401, 401, 401),
    "api:alert": (401, 401, 401, 401),
    "api:alert_acknowledge": (401, 401, 401, 401),
    "api:alert_rules": (401, 401, 401, 401),
    "api:alert_rule": (401, 401, 401, 401),
    "api:alert_rule_snooze": (401, 401, 401, 401),
    "api:alert_rule_backtest": (401, 401, 401, 401),
    "api:budgets": (401, 401, 401, 401),
    "api:budget": (401, 401, 401, 401),
    "api:price_lists": (401, 401, 401, 401),
    "api:exchange_rates": (401, 401, 401, 401),
    "api:what_if": (401, 401, 401, 401),
    "api:margins": (401, 401, 401, 401),
    "api:bookkeeping": (401, 401, 401, 401),
    "api:price_list_revisions": (401, 401, 401, 401),
    "api:price_list_revision": (401, 401, 401, 401),
    "api:price_list_revision_file": (401, 401, 401, 401),
    "api:exchange_rate": (401, 401, 401, 401),
    "api:closings": (401, 401, 401, 401),
    "api:closing": (401, 401, 401, 401),
    "api:closing_retry": (401, 401, 401, 401),
    "api:price_list": (401, 401, 401, 401),
    "api:price_list_rows": (401, 401, 401, 401),
    "api:campaigns": (401, 401, 401, 401),
    "api:campaign_merge": (401, 401, 401, 401),
    "api:campaign_recipients": (401, 401, 401, 401),
    "api:leak_messages": (401, 401, 401, 401),
    "api:highlights": (401, 401, 401, 401),
    "api:conversion_figures": (401, 401, 401, 401),
    "api:campaign_hours": (401, 401, 401, 401),
    "api:campaign_speed": (401, 401, 401, 401),
    "api:campaign_recipient_counts": (401, 401, 401, 401),
    "api:segment_table": (401, 401, 401, 401),
    "api:invoice_check_messages": (401, 401, 401, 401),
    "api:campaign": (401, 401, 401, 401),
    "api:gates": (401, 401, 401, 401),
    "api:gate": (401, 401, 401, 401),
    "api:gate_pause": (401, 401, 401, 401),
    "api:gate_resume": (401, 401, 401, 401),
    "api:gate_test": (401, 401, 401, 401),
    "api:gate_rotate_secret": (401, 401, 401, 401),
    "api:gate_attempts": (401, 401, 401, 401),
    "api:gate_attempt": (401, 401, 401, 401),
    "api:gate_replays": (401, 401, 401, 401),
    "api:gate_replay": (401, 401, 401, 401),
    "partner_gate_add": (401, 401, 401, 401),
    "partner_gate": (401, 401, 401, 401),
    "partner_gate_by_ref_id": (401, 401, 401, 401),
    "partner_gates": (401, 401, 401, 401),
    "partner_gate_unknown": (404, 404, 404, 404),
    "api:index": (200, 200, 200, 200),  # tells nothing secret
    "api:countries": (401, 401, 401, 401),
    "api:operators": (401, 401, 401, 401),
    "api:result_codes": (401, 401, 401, 401),
    "api:audit_log": (401, 401, 401, 401),
    "api:members": (401, 401, 401, 401),
    "api:member": (401, 401, 401, 401),
    "api:invitations": (401, 401, 401, 401),
    "api:invitation": (401, 401, 401, 401),
    "api:tenants": (401, 401, 401, 401),
    "api:tenant": (401, 401, 401, 401),
    "api:api_keys": (401, 401, 401, 401),
    "api:api_key": (401, 401, 401, 401),
    "api:key": (401, 401, 401, 401),
    "api:schema": (200, 200, 200, 200),  # tells nothing secret
    "api:docs": (200, 200, 200, 200),
    "api:guide": (200, 200, 200, 200),
    "api:partner_id": (401, 401, 401, 401),
    "api:partner_id_move": (401, 401, 401, 401),
    "api:partner_id_batch": (401, 401, 401, 401),
    "api:partner_id_requests": (401, 401, 401, 401),
    "api:partner_id_request": (401, 401, 401, 401),
    "api:partner_id_decision": (401, 401, 401, 401),
    "api:not_found": (404, 404, 404, 404),
    "set_language": (302, 302, 302, 302),
    "set_look": (302, 302, 302, 302),
    "accent": (404, 404, 404, 404),  # no colour
    "logo": (404, 404, 404, 404),  # no such logo; tests/brands/ asks for one
    "icon": (404, 404, 404, 404),
    "messages:list": (302, 404, 404, 200),
    "messages:campaigns": (302, 404, 404, 200),
    "messages:download": (302, 404, 404, 302),  # there are no messages: back to the list
    "messages:numbers": (302, 404, 404, 200),
    "messages:message": (302, 404, 404, 404),  # no such message; tests/pages/test_messages.py asks for one
    "messages:message_by_query": (302, 404, 404, 404),
    "conversions:index": (302, 404, 404, 200),
    "conversions:events": (302, 404, 404, 200),
    "conversions:upload": (302, 404, 404, 200),
    "conversions:upload_one": (302, 404, 404, 200),
    "conversions:upload_cancel": (302, 404, 404, 302),
    "conversions:upload_undo": (302, 404, 404, 302),
    "conversions:upload_errors": (302, 404, 404, 200),
    "alerts:list": (302, 404, 404, 200),
    "alerts:acknowledge": (302, 404, 404, 302),
    "alerts:mails": (302, 404, 404, 302),
    "alerts:new": (302, 404, 404, 200),
    "alerts:rule": (302, 404, 404, 200),
    "alerts:past": (302, 404, 404, 200),
    "alerts:switch": (302, 404, 404, 302),
    "alerts:snooze": (302, 404, 404, 302),
    "alerts:delete": (302, 404, 404, 302),
    "leaks:page": (302, 404, 404, 200),
    "leaks:card": (302, 404, 404, 200),
    "leaks:file": (302, 404, 404, 200),
    "leaks:messages": (302, 404, 404, 404),  # no such list; tests/money_leaks/ has some
    "alerts_unsubscribe": (404, 404, 404, 404),  # no such link; tests/alerts/ has one
    "gates:list": (302, 404, 404, 200),
    "gates:new": (302, 404, 404, 200),
    "gates:preview": (302, 404, 404, 422),  # nothing was filled in
    "gates:gate": (302, 404, 404, 200),
    "gates:edit": (302, 404, 404, 200),
    "gates:pause": (302, 404, 404, 302),
    "gates:resume": (302, 404, 404, 302),
    "gates:delete": (302, 404, 404, 200),
    "gates:secret": (302, 404, 404, 200),
    "gates:test": (302, 404, 404, 200),
    "gates:attempts": (302, 404, 404, 200),
    "gates:attempt": (302, 404, 404, 200),
    "gates:replay_choose": (302, 404, 404, 200),
    "gates:replay_attempt": (302, 404, 404, 302),
    "gates:replays": (302, 404, 404, 200),
    "gates:replay_new": (302, 404, 404, 200),
    "gates:replay_search": (302, 404, 404, 200),
    "gates:replay_cancel": (302, 404, 404, 302),
    "budgets:list": (302, 404, 404, 200),
    "budgets:new": (302, 404, 404, 200),
    "budgets:budget": (302, 404, 404, 200),
    "budgets:retire": (302, 404, 404, 200),
    "billing:index": (302, 404, 404, 200),
    "billing:prices": (302, 404, 404, 200),
    "billing:price_list_new": (302, 404, 404, 200),
    "billing:price_list": (302, 404, 404, 200),
    "billing:price_list_terms": (302, 404, 404, 200),
    "billing:price_list_archive": (302, 404, 404, 200),
    "billing:price_import": (302, 404, 404, 200),
    "billing:price_history": (302, 404, 404, 200),
    "billing:price_revision": (302, 404, 404, 200),
    "billing:revision_file": (302, 404, 404, 200),
    "billing:price_file": (302, 404, 404, 200),
    "billing:price_row_new": (302, 404, 404, 200),
    "billing:price_row": (302, 404, 404, 200),
    "billing:rates": (302, 404, 404, 200),
    "billing:rate_delete": (302, 404, 404, 302),
    "billing:checks": (302, 404, 404, 200),
    "billing:check": (302, 404, 404, 200),
    "billing:check_claim": (302, 404, 404, 200),
    "billing:check_messages": (302, 404, 404, 200),
    "billing:check_delete": (302, 404, 404, 302),
    "statements:list": (302, 404, 404, 200),
    "statements:close": (302, 404, 404, 200),
    "statements:close_cancel": (302, 404, 404, 302),
    "statements:close_retry": (302, 404, 404, 302),
    "statements:month": (302, 404, 404, 200),
    "statements:bookkeeping": (302, 404, 404, 200),
    "statements:profile": (302, 404, 404, 200),
    "statements:customers": (302, 404, 404, 200),
    "statements:customer": (302, 404, 404, 200),
    "statements:statement": (302, 404, 404, 200),
    "statements:line": (302, 404, 404, 200),
    "statements:file": (302, 404, 404, 200),
    "statements:issue": (302, 404, 404, 302),
    "statements:credit": (302, 404, 404, 302),
    "statements:paid": (302, 404, 404, 404),
    "statements:unpaid": (302, 404, 404, 302),
    "billing:partners": (302, 404, 404, 200),
    "billing:what_if": (302, 404, 404, 200),
    "exports:list": (302, 404, 404, 200),
    "exports:new": (302, 404, 404, 200),
    "exports:numbers": (302, 404, 404, 200),
    "table_exports:new": (302, 404, 404, 200),
    "table_exports:recipients": (302, 404, 404, 200),
    "exports:download": (302, 404, 404, 404),  # somebody else's; tests/exports/ downloads some
    "exports:cancel": (302, 404, 404, 302),
    "exports:retry": (302, 404, 404, 302),
    "exports:delete": (302, 404, 404, 302),
    "reports:overview": (302, 404, 404, 200),
    "reports:overview_days": (302, 404, 404, 200),
    "reports:live": (302, 404, 404, 200),  # signals for open pages
    "reports:campaigns": (302, 404, 404, 302),
    "segments:segments": (302, 404, 404, 200),
    "campaigns:list": (302, 404, 404, 200),
    "campaigns:campaign": (302, 404, 404, 200),
    "campaigns:details": (302, 404, 404, 200),
    "campaigns:recipients": (302, 404, 404, 200),
    "campaigns:days": (302, 404, 404, 200),
    "campaigns:hours": (302, 404, 404, 200),
    "campaigns:conversions": (302, 404, 404, 200),
    "campaigns:conversion_list": (302, 404, 404, 200),
    "campaigns:live": (302, 404, 404, 302),  # a part of the campaign's page
    "campaigns:ab_save": (302, 404, 404, 302),
    "campaigns:ab_delete": (302, 404, 404, 302),
    "campaigns:recipient_list": (302, 404, 404, 200),
    "campaigns:recipient": (302, 404, 404, 404),  # no such recipient; tests/pages/test_recipient_lists.py asks for one
    "campaigns:merge": (302, 404, 404, 422),  # nothing was filled in
    "campaigns:separate": (302, 404, 404, 302),
    "palette": (302, 404, 404, 200),
    "palette_anywhere": (302, 200, 200, 200),
    "reports:views": (302, 404, 404, 200),
    "reports:view_rename": (302, 404, 404, 200),
    "reports:view_delete": (302, 404, 404, 200),
    "reports:view_start": (302, 404, 404, 302),
    "reports:definitions": (302, 404, 404, 200),
    "reports:definition_new": (302, 404, 404, 200),
    "reports:definition": (302, 404, 404, 200),
    "reports:definition_change": (302, 404, 404, 200),
    "reports:definition_run": (302, 404, 404, 302),
    "reports:definition_stop": (302, 404, 404, 302),
    "reports:definition_resume": (302, 404, 404, 302),
    "reports:definition_archive": (302, 404, 404, 302),
    "reports:definition_restore": (302, 404, 404, 302),
    "reports:saved_run_cancel": (302, 404, 404, 302),
    "reports:saved_run_retry": (302, 404, 404, 302),
    "reports:recipients": (302, 404, 404, 200),
    "reports:recipient_drop": (302, 404, 404, 302),
    "reports:mail_again": (302, 404, 404, 302),
    "reports:view_share": (302, 404, 404, 302),
    "campaigns:ab": (302, 404, 404, 200),
    "reports:excel": (302, 404, 404, 200),
    "reports:excel_connection": (302, 404, 404, 200),
    "reports:templates": (302, 404, 404, 200),
    "reports:template": (302, 404, 404, 200),
    "reports:template_choose": (302, 404, 404, 302),
    "reports:template_remove": (302, 404, 404, 302),
    "reports:template_file": (302, 404, 404, 200),
    "reports:months": (302, 404, 404, 200),
    "reports:make": (302, 404, 404, 302),
    "reports:download": (302, 404, 404, 200),
    "reports:saved_report": (302, 404, 404, 409),  # it is not done; tests/schedules/ downloads some
    "reports:remove": (302, 404, 404, 200),
    "reports:account_remove": (302, 404, 404, 404),
    "reports:account_months": (302, 404, 404, 404),  # nobody's account; tests/pages/test_account_reports.py
    "reports:account_make": (302, 404, 404, 404),
    "reports:account_download": (302, 404, 404, 404),
    "deliveries:partner_ids": (302, 404, 404, 200),
    "deliveries:partner_declare": (302, 404, 404, 422),  # nothing was filled in
    "deliveries:partner_move": (302, 404, 404, 200),
    "deliveries:partner_request": (302, 404, 404, 302),
    "settings:tenant": (302, 404, 404, 200),
    "settings:tenant_preview": (302, 404, 404, 422),  # nothing was filled in
    "settings:recount": (302, 404, 404, 200),
    "settings:ref_ids": (302, 404, 404, 200),
    "settings:ref_ids_preview": (302, 404, 404, 200),
    "settings:segments": (302, 404, 404, 200),
    "settings:segments_progress": (302, 404, 404, 200),
    "settings:segment_remove": (302, 404, 404, 302),
    "settings:conversions": (302, 404, 404, 200),
    "settings:conversion_kind": (302, 404, 404, 200),
    "settings:conversion_kind_remove": (302, 404, 404, 302),
    "settings:conversion_window": (302, 404, 404, 302),
    "settings:members": (302, 404, 404, 200),
    "settings:invite": (302, 404, 404, 302),
    "settings:member_role": (302, 404, 404, 302),
    "settings:member_remove": (302, 404, 404, 200),
    "settings:invitation_resend": (302, 404, 404, 302),
    "settings:invitation_revoke": (302, 404, 404, 404),  # the resent one has taken its place
    "settings:api_keys": (302, 404, 404, 200),
    "settings:api_key_revoke": (302, 404, 404, 404),
    "settings:api_key_requests": (302, 404, 404, 404),  # no such key; tests/people/ asks for one
    "settings:api_key_keep": (302, 404, 404, 404),
    "settings:brand": (302, 404, 404, 200),
    "settings:brand_preview": (302, 404, 404, 200),
    "settings:brand_check": (302, 404, 404, 404),  # no host
    "settings:shares": (302, 404, 404, 200),
    "settings:share_revoke": (302, 404, 404, 200),
    "settings:audit": (302, 404, 404, 200),
    "settings:audit_download": (302, 404, 404, 200),
    "share": (404, 404, 404, 404),  # no such link; tests/shares/ opens some
    "share_download": (404, 404, 404, 404),
    # no such token; tests/report_mails/ opens some
    "report_address": (404, 404, 404, 404),
    "report_unsubscribe": (404, 404, 404, 404),
    "mailed_report": (404, 404, 404, 404),
    "mailed_file": (404, 404, 404, 404),
    "embed": (404, 404, 404, 404),
    "invitation": (404, 404, 404, 404),
    "profile": (302, 200, 200, 200),
    "end_session": (302, 404, 404, 404),
    "end_other_sessions": (302, 302, 302, 302),
    "second_factor": (302, 200, 200, 200),
    "mfa_index": (302, 200, 200, 200),
    "mfa_authenticate": (302, 302, 302, 302),
    "mfa_reauthenticate": (302, 302, 302, 302),
    "mfa_reauthenticate_webauthn": (302, 302, 302, 302),
    "mfa_activate_totp": (302, 302, 302, 302),
    "mfa_deactivate_totp": (302, 404, 404, 404),
    "mfa_view_recovery_codes": (302, 404, 404, 404),
    "mfa_generate_recovery_codes": (302, 302, 302, 302),
    "mfa_download_recovery_codes": (302, 404, 404, 404),
    "mfa_list_webauthn": (302, 200, 200, 200),
    "mfa_add_webauthn": (302, 302, 302, 302),
    "mfa_edit_webauthn": (302, 302, 302, 302),
    "mfa_remove_webauthn": (302, 302, 302, 302),
    "mfa_login_webauthn": (302, 302, 302, 302),
    "account_login": (200, 302, 302, 302),
    "account_logout": (302, 200, 200, 200),
    "account_inactive": (200, 200, 200, 200),
    "account_signup": (200, 302, 302, 302),
    "account_reauthenticate": (302, 200, 200, 200),
    "account_email": (302, 200, 200, 200),
    "account_email_verification_sent": (200, 200, 200, 200),
    "account_confirm_email": (200, 200, 200, 200),
    "account_change_password": (302, 200, 200, 200),
    "account_set_password": (302, 302, 302, 302),
    "account_reset_password": (200, 200, 200, 200),
    "account_reset_password_done": (200, 200, 200, 200),
    "account_reset_password_from_key": (200, 200, 200, 200),
    "account_reset_password_from_key_done": (200, 200, 200, 200),
    "account_confirm_login_code": (302, 302, 302, 302),
    "admin:index": (302, 302, 200, 302),
    "admin:login": (302, 403, 302, 403),
    "admin:logout": (302, 302, 302, 302),
    "admin:password_change": (302, 302, 200, 302),
    "admin:password_change_done": (302, 302, 200, 302),
    "admin:autocomplete": (302, 302, 403, 302),
    "view_as_stop": (302, 302, 302, 302),
    "admin:onboarding": (302, 302, 200, 302),
    "admin:onboarding_progress": (302, 302, 200, 302),
    "admin:onboarding_undo": (302, 302, 302, 302),
    "admin:messages": (302, 302, 200, 302),
    "admin:message": (302, 302, 404, 302),  # nobody has sent it
    "admin:message_by_query": (302, 302, 404, 302),
    "admin:view_as": (302, 302, 200, 302),
    "admin:accounts_unsentmail_show": (302, 302, 200, 302),
    "admin:search": (302, 302, 200, 302),
    "admin:jsi18n": (302, 302, 200, 302),
    "admin:view_on_site": (302, 302, 404, 302),
    "admin:app_list": (302, 302, 200, 302),
    "admin:auth_user_password_change": (302, 302, 200, 302),
    "admin:tenants_partnerid_declare": (302, 302, 200, 302),
    "admin:tenants_feed_new_token": (302, 302, 200, 302),
    "admin:tenants_gatewayaccount_gates": (302, 302, 200, 302),
    "admin:deliveries_quarantinedrow_reveal": (302, 302, 200, 302),
    "admin:reports_reportrun_download": (302, 302, 200, 302),
    "admin:reports_pricelist_import": (302, 302, 404, 302),  # a customer's list; tests/price_lists/ imports one
    "admin:reports_pricelist_file": (302, 302, 200, 302),
    "admin:reports_closingrun_close": (302, 302, 200, 302),
    "admin:reports_statement_file": (302, 302, 404, 302),  # a customer's; tests/billing/test_admin.py asks for one
    "admin:(?P<url>.*)$": (302, 302, 404, 302),
}
# For staff; everybody else is sent to the sign-in.
ADMIN_PAGES = {"changelist": 200, "add": 200, "change": 200, "history": 200, "delete": 200, "<path:object_id>/": 302}


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    address: str  # with its parameters in angle brackets
    model: type | None = None
    page: str = ""


def routes(resolver: URLResolver, prefix: str = "/", namespace: str = "") -> Iterator[Route]:
    for entry in resolver.url_patterns:
        route = str(entry.pattern)
        address = prefix + re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route).strip("^$")
        if isinstance(entry, URLResolver):
            yield from routes(entry, address, f"{entry.namespace}:" if entry.namespace else namespace)
            continue
        model, page = _admin_page(namespace, address, entry.name)
        yield Route(
            namespace + (entry.name or (f"{page} of {model.__name__}" if model else route)), address, model, page
        )


def _admin_page(namespace: str, address: str, name: str | None) -> tuple[type | None, str]:
    match = re.fullmatch(r"/admin/(\w+)/(\w+)/(.*)", address)
    for model in admin.site._registry if namespace == "admin:" and match else ():
        if (model._meta.app_label, model._meta.model_name) == match.groups()[:2]:
            page = (name or match[3]).removeprefix(f"{match[1]}_{match[2]}_")
            return (model, page) if page in ADMIN_PAGES else (None, "")
    return None, ""


ROUTES = list(routes(get_resolver()))


def expected(route: Route, person: str) -> int:
    """Return the status that the tables say, 0 where they say nothing."""
    column = 1 if person in MEMBERS else ("anonymous", None, "staff_user", "stranger").index(person)
    if route.model is None:
        return PAGES[route.name][column] if route.name in PAGES else 0
    if person != "staff_user":
        return 302
    if (route.model, route.page) == (PartnerId, "add"):
        return 302  # to the page that declares one
    closed = {"add": READ_ONLY | NEVER_ADDED, "delete": READ_ONLY | NEVER_DELETED}.get(route.page, ())
    return 403 if route.model in closed else ADMIN_PAGES[route.page]


@pytest.fixture
def ids(tenant, other_tenant, feed, stranger) -> dict[str, object]:
    """Everything of the other tenant that a parameter could name, and rows of its own that must not show."""
    Tenant.objects.filter(id=other_tenant.id).update(name=f"{CANARY} company")
    rows = make_rows(Tenant.objects.get(id=other_tenant.id), feed)
    run = make_run(other_tenant, "2026-08", text=CANARY)
    gate = make_gate(other_tenant, "https://receiver.example.org/", name=CANARY)
    attempt = GateAttempt.objects.create(
        tenant=other_tenant, gate=gate, at=timezone.now(), message_id=CANARY, number=1, outcome="timeout"
    )
    return {
        "tenant_slug": other_tenant.slug,
        "slug": other_tenant.slug,
        "guide_name": "tour",
        "run_id": run.id,
        "saved_run_id": rows[DefinitionRun].id,
        "format": "xlsx",
        "tenant_id": other_tenant.id,
        "rows": rows,
        **make_price_list(other_tenant, CANARY, now=timezone.now()),
        **make_budget(other_tenant, CANARY, now=timezone.now()),
        "id": next(row.pk for model, row in rows.items() if model.__name__ == "User"),
        "content_type_id": ContentType.objects.get_for_model(type(run)).id,
        "object_id": run.id,
        "app_label": "reports",
        "partner_id": rows[PartnerId].id,
        "request_id": rows[PartnerRequest].id,
        "membership_id": rows[Membership].id,
        "mail_id": rows[UnsentMail].id,
        "row_id": rows[QuarantinedRow].pk,
        "feed_id": feed.pk,
        "account_id": feed.account_id,
        "invitation_id": rows[Invitation].id,
        "token": "no-such-token",
        "session_id": 1,
        "key_id": 0,  # no such key
        "template_id": make_template(other_tenant, CANARY).id,
        "view_id": SavedView.objects.create(tenant=other_tenant, user=stranger, page="overview", name=CANARY).id,
        "export_id": rows[Export].id,
        "upload_id": rows[ConversionUpload].id,
        "check_id": make_done_check(other_tenant, CANARY).pk,
        "row": 0,
        "part": 0,
        "conversion_id": 1,
        "gate_id": gate.public_id,
        "attempt_id": attempt.pk,
        "replay_id": GateReplay.objects.create(
            tenant=other_tenant, gate=gate, made_by=CANARY, kind="search", title=CANARY, until=timezone.now()
        ).pk,
        **_alert(other_tenant),
        **statement_ids(other_tenant, feed.account_id),
        "platform_id": feed.account.platform_id,
        "ppid": rows[PartnerId].value,
        "link_gate_id": gate.public_id,
        "ref_id": gate.ref_id,
        "kind_id": ConversionKind.objects.create(tenant=other_tenant, name=CANARY).id,
        "link_id": rows[ShareLink].id,
        "definition_id": rows[ReportMail].run.definition_id,
        "recipient_id": rows[ReportMail].recipient_id,
        "report_mail_id": rows[ReportMail].id,
        "format_name": "xlsx",
        "share_token": "no-such-token",
        "campaign_id": rows[Campaign].id,
        "group": "all",
        "recipient": "no-such-recipient",
        "leak_card": "numbers",
        "leak": "no-such-list",
        "segment_key_id": rows[SegmentKey].id,
        "month": "2026-08",
        "colour": "no-colour",
        "logo_digest": "no-logo",
        "account": "link-main",
        "message_id": "m1",
        "pk": 1,
        "key": "no-such-key",
        "uidb36": "1",
        "url": "no/such/page",
    }


def _alert(tenant: Tenant) -> dict[str, int]:
    rule = AlertRule.objects.create(
        tenant=tenant, name=CANARY, kind="delivery", scope="operator", operator=CANARY, country="FI", threshold=10,
        made_by=CANARY,
    )  # fmt: skip
    now = timezone.now()
    alert = Alert.objects.create(
        tenant=tenant, rule=rule, country="FI", operator=CANARY, since=now, opened_at=now, seen_at=now
    )
    return {"rule_id": rule.pk, "alert_id": alert.pk}


def statement_ids(tenant: Tenant, account_id: int) -> dict[str, object]:
    """Return a draft of the tenant to a customer below it, with a line and the closing that made it."""
    customer = Tenant.objects.create(slug="customer-below", name=CANARY, parent=tenant)
    statement = make_statement(tenant, customer, month="2026-08-01", account_id=account_id, text=CANARY)
    closing = ClosingRun.objects.create(issuer=tenant, month="2026-08-01", requested_by=CANARY)
    return {
        "customer_slug": customer.slug,
        "statement_id": statement.pk,
        "line_id": statement.lines.get().pk,
        "position": statement.lines.get().position,
        "closing_id": closing.pk,
    }


def address_of(route: Route, ids: dict[str, object]) -> str:
    values = ids | ({"object_id": ids["rows"][route.model].pk} if route.model else {})
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), route.address)


def test_every_route_has_its_row():
    unknown = [route.name for route in ROUTES if not all(expected(route, person) for person in PEOPLE)]
    unused = set(PAGES) - {route.name for route in ROUTES}

    assert (unknown, unused) == ([], set())


def signed_in_as(client) -> tuple[dict, dict]:
    """Return all that a client's next answer may depend on: what its session holds, and its cookies.

    Many pages set the CSRF token, which the tests' client is not asked for.
    """
    cookies = {name: cookie.value for name, cookie in client.cookies.items() if name != "csrftoken"}
    return dict(client.session) if cookies else {}, cookies


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_gets_of_another_tenant_what_the_table_says(
    client, request, ids, person, django_capture_on_commit_callbacks
):
    """And the staff's role in the database is taken on for verified staff below /admin/ alone."""
    user = None if person == "anonymous" else request.getfixturevalue(person)
    shown, fresh = {}, None
    for route in ROUTES:
        if fresh is None or signed_in_as(client) != fresh:  # some routes sign out, or leave something in the session
            client.logout()
            if user is not None:
                client.force_login(user)
            fresh = signed_in_as(client)
        address = address_of(route, ids)
        with roles_taken() as taken, django_capture_on_commit_callbacks(execute=True):
            answer = client.post(address, POSTED[route.name]) if route.name in POSTED else client.get(address)
            body = answer.getvalue() if answer.streaming else answer.content
        leaks = CANARY.encode() in body or CANARY in str(answer.headers)
        leak = "leak" if leaks and person not in ("staff_user", "stranger") else ""
        shown[route.name] = (answer.status_code, leak, STAFF in taken)

    is_staff = person == "staff_user"
    assert shown == {
        route.name: (expected(route, person), "", is_staff and route.address.startswith("/admin/")) for route in ROUTES
    }


def test_member_of_the_tenant_is_shown_what_the_others_are_not(client, stranger, ids):
    """Something could leak: the canary is on the pages and in the file that the matrix asks for."""
    client.force_login(stranger)

    pages = [client.get(f"/t/baltic-parcel/{page}/").content.decode() for page in ("reports", "partner-ids")]

    assert [CANARY in page for page in pages] == [True, True]
