"""A number planted in every column that may hold one, and in files, is nowhere after an erasure."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from campaigns.models import (
    Campaign,
    ConversionEvent,
    ConversionKind,
    ConversionUpload,
    RefIdScheme,
    SegmentKey,
)
from deliveries.applying.accounting import balances_between
from deliveries.applying.apply import apply_waiting
from deliveries.checks.reconcile import find_differences
from deliveries.checks.reconcile_gates import GateDifference, recount_gates
from deliveries.counts import segment_fold
from deliveries.counts.changes import TABLES
from deliveries.counts.rollups import roll_up
from deliveries.erasure import partner_ids
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.models import (
    ConversionTenant,
    ImportRun,
    Message,
    PartnerRequest,
    QuarantinedRow,
    StandingCheck,
    TenantRecount,
)
from deliveries.rederiving.segment_keys import run_segment_keys
from deliveries.retention.retention import apply_retention
from portal.accounts.models import AuditEntry
from portal.common.periods import Month
from portal.tenants.models import Feed, PartnerId
from reports.models import InvoiceCheck, ReportRun, Statement
from reports.monthly.selector import MonthScope
from reports.runs.erased_files import delete_erased_files
from reports.runs.runs import build_now, build_report
from reports.schedules.erased import delete_files_of_month
from tests.deliveries.helpers import NOW, dlr, hand_in, put, submission
from tests.erasure.places import columns, files_with_number, has_number, places_with_number

pytestmark = pytest.mark.django_db

NUMBER = "+358401234567"
NOTATIONS = (
    NUMBER, "00358 40 123 4567", "040-1234567", "+358 (0)40 123 45 67", "tel:+358-40-1234567",
    "３５８４０１２３４５６７", "401234567", "358.40.123.4567",
)  # fmt: skip
FRIEND = "+358507654321"

# Columns that hold what comes in about messages, or what is made of that: here the number is planted in both cases.
OF_MESSAGES = {
    "campaign_count": {"operator", "variant"},
    "campaigns_campaign": {"name"},
    "condensed_campaign": {"variants"},
    "condensed_campaign_count": {"variant"},
    "condensed_campaign_latency": {"operator", "variant"},
    "condensed_campaign_place": {"operator", "variant"},
    "condensed_daily_count": {"operator", "partner_id"},
    "condensed_latency": {"operator"},
    "condensed_place": {"operator"},
    "condensed_segment": {"value"},
    "condensed_segment_count": {"value"},
    "conversion_due": {"message_id"},
    "count_cause": {"operator", "partner_id", "variant"},
    "daily_count": {"operator", "partner_id"},
    "delivery_report": {"message_id", "operator", "operator_result_code"},
    "event_log": {"message_id"},
    "gate_attempt": {"answer", "message_id", "request_body", "url"},
    "gate_delivery": {"message_id"},
    "hour_count": {"operator"},
    "inbox": {"body", "content_type", "query"},
    "latency_count": {"operator", "variant"},
    "message": {
        *("custom_parameters", "destination", "labels", "message_id", "operator", "partner_id", "ref_id", "source"),
        "variant",
    },
    "message_parameter": {"message_id", "value"},
    "quarantine": {"body", "content_type", "detail", "query", "resolution"},
    "segment_change": {"operator", "segments"},  # none is left by an erasure
    "segment_value": {"value"},
    "statement_line": {"operator", "partner_id"},
    "stored_segment_count": {"operator", "value"},
    "stored_segment_latency_count": {"operator", "value"},
    "submission_count": {"partner_id"},
    "tenants_feed": {"default_partner_id"},
    "tenants_partnerid": {"value"},
}  # fmt: skip
# Columns with texts that people, checks and logs write: an erasure by command masks the number in them.
WRITTEN = {
    "accounts_auditentry": {"actor", "details", "subject"},
    "campaigns_campaign": {"comparisons", "day_notes", "note", "planned_split", "tags", "title"},
    "campaigns_segmentkey": {"key"},
    "conversion_event": {
        *("attributed_message_id", "attributed_variant", "event_id", "message_id", "parameter_key"),
        "parameter_value",
    },
    "conversion_upload": {"file_name", "mapping"},
    "invoice_check": {"file_name", "mapping", "result"},
    "django_admin_log": {"change_message", "object_repr"},
    "erased_id": {"value", "waiting"},  # for as long as a partner ID waits to be renamed
    "import_run": {"file_name", "problem"},
    "condensed_segment": {"key"},
    "condensed_segment_count": {"key"},
    "message_parameter": {"key"},
    "partner_request": {"value"},
    "segment_value": {"key"},
    "stored_segment_count": {"key"},
    "stored_segment_latency_count": {"key"},
    "standing_check": {"details"},
    "tenant_recount": {"after_message_id", "reason"},
}
# Columns that cannot hold a number of a message's recipient, and why.
CANNOT = {
    "a word of the portal's own, or of a library's": {
        "accounts_auditentry": {"action"},
        "alert": {"ending", "figures"},
        "alert_minute": {"delivered"},
        "alert_quarter": {"delivered"},
        "alert_rule": {"kind", "scope", "standard"},
        "budget": {"scope", "thresholds"},
        "applier_stop": {"cause", "code"},
        "campaigns_segmentkey": {"figures", "state"},
        "auth_group": {"name"},
        "auth_permission": {"codename", "name"},
        "campaign_count": {"sender_type", "status"},
        "condensed_campaign": {"bucket_messages", "buckets", "span"},
        "condensed_campaign_count": {"span", "status"},
        "condensed_campaign_latency": {"bucket_messages", "buckets", "sender_type", "span"},
        "condensed_campaign_place": {"sender_type", "span", "status"},
        "condensed_daily_count": {"sender_type", "span", "status"},
        "condensed_day": {"span", "status"},
        "condensed_latency": {"bucket_messages", "buckets", "sender_type", "span"},
        "condensed_place": {"sender_type", "span", "status"},
        "condensed_segment": {"bucket_messages", "buckets", "span"},
        "condensed_segment_count": {"span", "status"},
        "condensed_span": {"final_codes", "span"},
        "conversion_event": {"reason"},
        "conversion_upload": {"errors", "problem", "state"},
        "invoice_check": {"basis", "left_out", "problem", "state", "totals"},
        "count_cause": {"cause", "counted_in", "status"},
        "daily_count": {"sender_type", "status"},
        "definition_file": {"gone"},
        "definition_run": {"kind", "skipped", "state"},
        "django_content_type": {"app_label", "model"},
        "django_migrations": {"app", "name"},
        "erased_id": {"kind"},
        "erased_month": {"state"},
        "event_log_state": {"origin"},
        "export": {"columns", "gone", "kind", "state", "tenant_ids"},
        "channel_count": {"channel"},
        "gate": {"campaign_ids", "countries", "events", "gate_type", "public_id", "statuses"},
        "gate_attempt": {"outcome", "request_headers"},
        "gate_delivery": {"done"},
        "gate_destination": {"content_type"},
        "gate_event": {"public_id", "type"},
        "gate_hour": {"outcome"},
        "gate_replay": {"state"},
        "hour_count": {"status"},
        "identity_filter": {"made_with"},
        "import_count": {"outcome", "reason"},
        "inbox": {"content_encoding", "method"},
        "latency_count": {"sender_type"},
        "message": {"part_states", "sender_type", "status"},
        "closing_run": {"state"},
        "price": {"sender_type"},
        "price_change": {"cause"},
        "statement": {"kind"},
        "statement_line": {"kind", "sender_type"},
        "price_list": {"basis"},
        "accounts_invitation": {"role"},
        "accounts_membership": {"role"},
        "tier_group": {"mode", "tiers"},
        "mfa_authenticator": {"type"},
        "partner_move": {"state"},
        "partner_request": {"state"},
        "quarantine": {"content_encoding", "method", "reason", "state"},
        "refusal_count": {"reason"},
        "report_definition": {"gates", "kind", "period", "stopped_reason"},
        "report_mail": {"skipped"},
        "report_run": {"kind", "state"},
        "result_code": {"dialect", "reason", "status"},
        "retention_mark": {"sealed_in"},
        "rule_refold": {"state"},
        "segment_change": {"old_status", "sender_type", "status"},
        "share_link": {"panel"},
        "standing_check": {"name"},
        "stored_segment_count": {"sender_type", "status"},
        "stored_segment_latency_count": {"sender_type"},
        "tenant_recount": {"state"},
        "tenants_apikey": {"scopes"},
        "tenants_feed": {"dialect", "kind"},
    },
    "a digest, a key or something encrypted": {
        "account_emailconfirmation": {"key"},
        "accounts_invitation": {"digest"},
        "accounts_unsentmail": {"sealed"},
        "accounts_user": {"password"},
        "axes_accesslog": {"session_hash"},
        "django_session": {"session_data", "session_key"},
        "erased_id": {"digest"},
        "erased_name": {"digest", "masked"},
        "definition_file": {"sha256"},
        "definition_run": {"content_hash"},
        "export": {"sealed", "sha256"},
        "gate": {"old_secret_sealed", "secret_sealed"},
        "gate_destination": {"headers_sealed", "password_sealed"},
        "idempotent_answer": {"answer", "name", "request"},  # for a day
        "gate_event": {"sealed"},  # with masked numbers
        "gate_replay": {"position_sealed", "sealed"},
        "identity_filter": {"bits"},
        "import_run": {"sha256"},
        "conversion_event": {"recipient_key"},
        "conversion_upload": {"sealed"},
        "invoice_check": {"sealed"},  # until the check ends, a day at most
        "conversion_due": {"recipient_key"},
        "message": {"recipient_key"},
        "mfa_authenticator": {"data"},
        "recipient_secret": {"sealed"},
        "report_run": {"content_hash", "masked_sha256", "rows_hash", "sha256"},
        "share_link": {"digest"},
        "tenant_brand": {"host_token", "icon", "logo", "logo_digest"},
        "workbook_template": {"content", "sha256"},  # of a customer's own file, in which no message is
        "tenants_apikey": {"digest", "prefix"},
        "tenants_feed": {"basic_password_digest", "header_value_digest", "signing_keys"},
        "tenants_feedtoken": {"digest"},
        "tenants_gateapi": {"feed_header_sealed", "feed_password_sealed", "password_sealed", "token_sealed"},
        "usersessions_usersession": {"data", "session_key"},
    },
    "who signs in or did something, by address": {
        "account_emailaddress": {"email"},
        "accounts_invitation": {"email", "invited_by"},
        "accounts_unsentmail": {"shown_by", "subject", "to"},
        "accounts_user": {"email", "name"},
        "axes_accessattempt": {"get_data", "http_accept", "path_info", "post_data", "user_agent", "username"},
        "axes_accessfailurelog": {"http_accept", "path_info", "user_agent", "username"},
        "axes_accesslog": {"http_accept", "path_info", "user_agent", "username"},
        "alert": {"acknowledged_by"},
        "alert_rule": {"made_by"},
        "budget": {"made_by"},
        "conversion_upload": {"made_by", "undone_by"},
        "invoice_check": {"made_by"},
        "definition_run": {"requested_by"},
        "export": {"made_by"},
        "gate": {"made_by"},
        "gate_replay": {"made_by"},
        "closing_run": {"requested_by"},
        "exchange_rate": {"entered_by"},
        "partner_request": {"decided_by", "requested_by"},
        "price_change": {"by"},
        "quarantine": {"resolved_by"},
        "report_address": {"added_by", "address"},
        "report_mail": {"requested_by"},
        "report_recipient": {"added_by"},
        "report_definition": {"owned_by"},
        "report_run": {"requested_by"},
        "share_link": {"made_by"},
        "tenants_apikey": {"created_by"},
        "workbook_template": {"uploaded_by"},
        "usersessions_usersession": {"user_agent"},
    },
    "set up by staff or a tenant's people, about no message": {
        "alert_rule": {"name", "operator", "partner_id", "sender"},  # whose form refuses numbers
        "budget": {"name", "partner_id"},  # likewise
        "campaigns_refidscheme": {"fields"},
        "conversion_kind": {"name"},  # whose form refuses numbers
        "gate": {  # its form refuses numbers
            *(
                "custom_parameters",
                "name",
                "parameter_key",
                "parameter_value",
                "partner_ids",
                "ref_id",
                "ref_id_prefix",
            ),
        },
        "gate_destination": {"custom_parameters", "template", "url", "username"},
        "billing_profile": {
            *("bic", "buyer_reference", "business_id", "city", "endpoint", "iban", "intermediary", "legal_name"),
            *("postcode", "street", "vat_id"),
        },
        "billing_terms": {"vat_reason"},  # the form refuses numbers
        "statement": {"parties"},  # copied from the profiles
        "statement_line": {"account", "list_name", "name", "vat_reason"},  # copied from lists, terms and accounts
        "fee": {"name"},  # forms, files and the API refuse numbers
        "price": {"operator"},  # likewise
        "price_change": {"content", "summary"},  # of the list
        "price_list": {"name"},  # likewise
        "tier_group": {"name"},  # likewise
        "report_definition": {"name", "parameters"},  # whose form refuses numbers
        "result_code": {"text_en", "text_fi"},
        "saved_view": {"name", "query"},  # the form refuses numbers in names and leaves out filters with them
        "share_link": {"hosts", "name", "query"},  # whose form refuses numbers
        "tenant_brand": {"host", "product_name", "sender_name"},  # whose form refuses numbers
        "tenants_apikey": {"name", "networks"},
        "workbook_template": {"name"},  # whose form refuses numbers
        "tenants_feed": {"basic_user", "header_name", "name", "networks"},
        "tenants_gateapi": {"address", "partner_id", "username"},
        "tenants_gatewayaccount": {"name", "platform_id", "timezone"},
        "tenants_tenant": {"name", "slug", "timezone"},
    },
    "made of ids, months and figures": {
        "api_request": {"request_id", "route"},  # a route is a pattern
        "django_admin_log": {"object_id"},
        "definition_file": {"file"},
        "definition_run": {"oldest"},
        "export": {"file", "oldest"},
        "closing_run": {"result"},
        "report_mail": {"message_id"},
        "statement": {"exchange", "ledger", "number", "reference", "remarks"},
        "statement_line": {"counted"},
        "report_run": {"causes", "changes", "countries", "file", "kept_file", "masked_file", "totals"},
    },
    "an error's words, redacted when they are written": {
        "applier_stop": {"error"},
        "campaigns_segmentkey": {"error"},
        "closing_run": {"error"},
        "erased_month": {"error"},
        "conversion_upload": {"error"},
        "invoice_check": {"error"},
        "definition_run": {"error"},
        "export": {"error"},
        "gate_replay": {"error"},
        "partner_move": {"error"},
        "report_mail": {"error"},
        "report_run": {"error"},
        "rule_refold": {"error"},
        "tenant_recount": {"error"},
    },
    "masked when it is written, for everybody": {
        "export": {"title"},
        "gate_replay": {"title"},
        "tenants_gateapi": {"outcome"},
    },
    "a name that might be a number is left out when messages are summed up": {
        "alert": {"operator"},
        "alert_minute": {"operator"},
        "alert_quarter": {"operator"},
    },
    "a place in the walk over all tenants' messages, cleared when it ends": {"rule_refold": {"after_message_id"}},
}


def flat(tables: dict[str, set[str]]) -> set[tuple[str, str]]:
    return {(table, column) for table, found in tables.items() for column in found}


def test_every_column_that_can_hold_a_text_has_its_place():
    cannot = [place for tables in CANNOT.values() for place in sorted(flat(tables))]
    can = flat(OF_MESSAGES) | flat(WRITTEN)

    assert len(set(cannot)) == len(cannot)
    assert can & set(cannot) == set()
    assert set(columns()) == can | set(cannot)


def report(id_: str, text: str, to: str = NUMBER, *, partner: str = "nr-fi", **more) -> dict:
    """Return a report to `to` with `text` in every field that takes one."""
    own = {"destination": to, "source": text, "customer": text, "store": "7", f"bought for {text}": "yes"}
    return (
        dlr(
            id_,
            refId=f"{text}|{text}|{text}",
            operator=f"fi.{text}",
            operatorResultCode=f"refused {text}",
            gateCustomParameters={"platformPartnerId": partner},
            customParameters=own,
        )
        | more
    )


@pytest.fixture
def files(settings, tmp_path) -> Path:
    root = tmp_path / "files"
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(root)}}
    }
    return root


@pytest.fixture(autouse=True)
def forgotten():
    partitions.forget()
    yield
    partitions.forget()


def _plant_on_statement(cursor, tenant) -> None:
    """Put the partner IDs and operators of all messages on lines of a statement."""
    statement = Statement.objects.create(customer=tenant, month="2026-10-01", currency="EUR", made_at=NOW)
    cursor.execute(
        "INSERT INTO statement_line (statement_id, position, kind, month, first, last, account_id, account, partner_id,"
        " country, operator, sender_type, name, list_name, per, quantity, amount, vat_category, vat_rate, vat_reason,"
        " counted) SELECT %s, row_number() OVER (), 'usage', '2026-10-01', day, day, account_id, 'a', partner_id,"
        " country, operator, '', '', '', 'part', 1, 1, 'S', 2550, '', '{}' FROM message",
        [statement.pk],
    )


def plant(feed, account, tenant, *, sent) -> None:
    """Let messages come in about the person, with duplicates, submissions and rows that cannot be applied."""
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant", "group"])
    for key in ("customer", "ref:group"):
        SegmentKey.objects.create(tenant=tenant, key=key, state="done", position=SegmentKey.BEGINNING)
    ConversionTenant.objects.create(tenant=tenant)
    for value in NOTATIONS:
        PartnerId.objects.create(account=account, value=value, tenant=tenant, declared_at=NOW)
    by_default = Feed.objects.create(account=account, name="by-default", default_partner_id=NOTATIONS[1])
    times = {
        "sentTimestamp": f"{sent:%Y-%m-%dT%H:%M:%SZ}",
        "timestamp": f"{sent + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}",
    }
    reports = [report(f"m{n}", text, **times) for n, text in enumerate(NOTATIONS)]
    reports += [report(f"id {text}", text, partner=text, **times) for text in NOTATIONS]
    reports += [report(f"id {text}", text, partner=text, resultCode=1000, **times) for text in NOTATIONS[:2]]
    reports += [report(f"{NUMBER}${part}", "sale", segments=2, **times) for part in (0, 1)]
    reports += [report("other", "sale", "+358505555555", **times)]
    put(feed, *reports, *reports, received_at=NOW)
    bare = report("bare", NUMBER, **times)
    put(by_default, bare | {"gateCustomParameters": {}}, received_at=NOW)
    handed = {"submitted_at": f"{sent:%Y-%m-%dT%H:%M:%SZ}", "destination": NUMBER}
    hand_in(
        account,
        submission(f"sub {NUMBER}", ref_id=f"a {NUMBER}|b", partner_id=NUMBER, **handed),
        submission("m1", ref_id=f"{NUMBER}|x", partner_id="nr-fi", custom_parameters={"who": NUMBER}, **handed),
        received_at=NOW,
    )
    apply_waiting(now=NOW)
    # One about a known message, and one that nobody can read: its age is that of its receipt.
    hand_in(account, submission("m2", partner_id=NUMBER, **handed), is_claim=True, received_at=NOW)
    put(feed, b'{"broken": "+358401234567"', b'{"id": "y", "resultCode": "\\u0034\\u0030 123 4567"}', received_at=sent)
    apply_waiting(now=NOW)
    assert QuarantinedRow.objects.count() == 3
    with connection.cursor() as cursor:
        for table in ("inbox", "quarantine"):
            cursor.execute(
                f"UPDATE {table} SET content_type = %s, query = %s", [f"text/{NUMBER}", f"to={NOTATIONS[1]}"]
            )
        keys = "tenant_id, day, account_id, partner_id, campaign_id, variant, country, operator, status, result_code"
        cursor.execute(
            f"INSERT INTO count_cause ({keys}, cause, counted_in, messages, parts, timed)"
            f" SELECT {keys}, 'late_reports', '', 1, 1, 0 FROM message ON CONFLICT DO NOTHING"
        )
        _plant_on_statement(cursor, tenant)
        texts = f"'https://x/?to={NUMBER}', '{NUMBER}', '{NUMBER}', now(), 1, 'delivered'"
        for table, columns, values in (
            ("gate_attempt", "url, request_body, answer, at, number, outcome", texts),
            ("gate_delivery", "held_ms", "0"),
        ):
            cursor.execute(
                f"INSERT INTO {table} (tenant_id, gate_id, inbox_id, account_id, message_id, day, {columns})"
                f" SELECT tenant_id, 1, row_number() OVER (), account_id, message_id, day, {values}"
                " FROM message WHERE message_id <> 'other'"
            )
        cursor.execute(
            "INSERT INTO event_log (tenant_id, inbox_id, account_id, message_id, day)"
            " SELECT tenant_id, row_number() OVER (), account_id, message_id, day FROM message"
        )
    QuarantinedRow.objects.update(detail=f"of {NUMBER}", resolution=f"asked by {NOTATIONS[2]}")
    segment_fold.fold(limit=8)  # others wait


def plant_written(feed, account, tenant, staff_user) -> None:
    """Write the number into texts about the tenant, as older versions let people do."""
    bought = f"bought for {NOTATIONS[2]}"
    SegmentKey.objects.create(tenant=tenant, key=bought)
    run_segment_keys()
    # A message and a partner ID that lost another person's number before, and so have masked ids.
    two = f"{FRIEND} and {NUMBER}"
    PartnerId.objects.create(account=account, value=two, tenant=tenant, declared_at=NOW)
    put(feed, report(f"both {two}", "sale", FRIEND, partner=two), received_at=NOW)
    apply_waiting(now=NOW)
    erase_number(number=FRIEND, tenant=tenant, actor="tests")
    put(feed, report("later", NUMBER), received_at=NOW)  # its change of counts waits
    apply_waiting(now=NOW)
    AuditEntry.objects.create(
        tenant=tenant, actor=f"key {NUMBER}", action="x", subject=f"link-main/{NOTATIONS[3]}",
        details={"reason": f"asked by {NOTATIONS[1]}", f"of {NUMBER}": [NUMBER]},
    )  # fmt: skip
    Campaign.objects.filter(tenant=tenant).update(
        title=f"of {NUMBER}", note=f"asked by {NOTATIONS[1]}", tags=[f"for {NOTATIONS[2]}"],
        planned_split={f"to {NUMBER}": 50, "B": 50}, day_notes={"2026-11-20": f"sent to {NOTATIONS[3]}"},
        comparisons={f"of {NUMBER}": {"A": [f"to {NUMBER}"], "B": ["x"]}},
    )  # fmt: skip
    plant_events(tenant)
    LogEntry.objects.create(user=staff_user, action_flag=2, object_repr=NUMBER, change_message=f"of {NOTATIONS[3]}")
    ImportRun.objects.create(feed=feed, file_name=f"of {NUMBER}.json", problem=f"of {NUMBER}.json has changed")
    PartnerRequest.objects.create(tenant=tenant, account=account, value=f"shop {NUMBER}", requested_by="x")
    PartnerRequest.objects.create(tenant=tenant, account=account, value=f"shop {NOTATIONS[1]}", requested_by="x")
    StandingCheck.objects.create(
        name="feeds", checked_at=NOW, problems=1, since=NOW, details=[f"no reports of {NUMBER}"]
    )
    TenantRecount.objects.create(tenant=tenant, reason=f"for {NUMBER}", state="failed", after_message_id=f"id {NUMBER}")
    partner_ids.queue([(account.id, f"asked {NUMBER}", NUMBER)])
    InvoiceCheck.objects.create(
        tenant=tenant, account=account, made_by="x", file_name=f"{NUMBER}.csv", mapping={"country": f"to {NUMBER}"},
        result={"rows": [[[NOTATIONS[1], "FI", ""], [1, None], [], [1, None], "agrees", [], []]]}, state="failed",
    )  # fmt: skip


def plant_events(tenant) -> None:
    """Add conversion events that have the number in every text, two of them with ids that become equal."""
    upload = ConversionUpload.objects.create(
        tenant=tenant, made_by="x", file_name=f"{NUMBER}.csv", mapping={"event_id": f"id {NOTATIONS[1]}"}
    )
    event = {"tenant": tenant, "kind": ConversionKind.objects.create(tenant=tenant, name="sale"), "occurred_at": NOW}
    event |= {"source": "upload", "upload": upload}
    for number in NOTATIONS[:2]:
        ConversionEvent.objects.create(
            event_id=f"order {number}", account_id=1, message_id=f"id {NUMBER}", reason="", attributed_account_id=1,
            attributed_message_id=f"id {number}", attributed_message_day=NOW.date(), attributed_variant=f"to {number}",
            **event,
        )  # fmt: skip
    ConversionEvent.objects.create(
        event_id="parameter", parameter_key=f"of {NUMBER}", parameter_value=NOTATIONS[2], **event
    )


def figures() -> dict[str, list[tuple]]:
    """Return all counts by everything but names, how many names there are, and whose.

    Operators that are one number in several notations become one.
    """
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            names = [key for key in table.keys if key in ("variant", "operator", "partner_id", "value")]
            keys = ", ".join(key for key in table.keys if key not in names)
            sums = ", ".join(
                [f"sum({value})" for value in table.values] + [f"count(DISTINCT {n})" for n in names if n != "operator"]
            )
            # A key that held a number is another one afterwards: several custom parameters are called so then.
            where = "messages <> 0" + (" AND key NOT LIKE 'bought for%'" if "key" in table.keys else "")
            cursor.execute(f"SELECT {keys}, {sums} FROM {table.name} WHERE {where} GROUP BY {keys} ORDER BY {keys}")
            found[table.name] = cursor.fetchall()
        cursor.execute("SELECT id, tenant_id FROM campaigns_campaign ORDER BY id")
        found["campaigns"] = cursor.fetchall()
        cursor.execute("SELECT id, tenant_id, account_id FROM tenants_partnerid ORDER BY id")
        found["partner IDs"] = cursor.fetchall()
    return found


def agrees() -> None:
    problems = [
        text
        for balance in balances_between(NOW - timedelta(days=9), NOW + timedelta(days=9))
        for text in balance.problems
    ]
    assert (find_differences(), problems) == ([], [])


@pytest.mark.parametrize("how", ["command", "retention"])
def test_erased_number_is_in_no_column_file_or_log(feed, account, tenant, staff_user, files, caplog, capsys, how):
    caplog.set_level(logging.DEBUG)
    sent = NOW - timedelta(days=181)
    month = Month.of(sent.date())
    plant(feed, account, tenant, sent=sent)
    planted = flat(OF_MESSAGES)
    if how == "command":
        plant_written(feed, account, tenant, staff_user)
        planted |= flat(WRITTEN)
    roll_up(now=NOW)
    recount_gates([one for one in find_differences() if isinstance(one, GateDifference)])  # of planted attempts
    run, _figures = build_now(scope=MonthScope(tenant), month=month, requested_by="tests", now=NOW)
    # Everywhere: what is found nowhere now would be found nowhere afterwards.
    assert places_with_number() == planted
    assert files_with_number(files) != []
    before = figures()

    if how == "command":
        call_command("erase_number", "040 123 4567", tenant=tenant.slug)
    else:
        assert apply_retention(now=NOW).numbers == {tenant.slug: 20}
        delete_erased_files(now=timezone.now(), also=delete_files_of_month)

    assert places_with_number() == set()
    assert files_with_number(files) == []
    assert [entry.getMessage() for entry in caplog.records if has_number(entry.getMessage())] == []
    assert not has_number(capsys.readouterr().out)
    run_segment_keys()
    assert figures() == before
    agrees()
    again = ReportRun.objects.get(state="queued")
    assert build_report(run_id=again.id, now=NOW) == "done"
    again.refresh_from_db()
    assert (again.messages, again.totals["messages"]) == (run.messages, run.totals["messages"])
    assert (places_with_number(), files_with_number(files)) == (set(), [])
    # What comes in about these messages afterwards reaches them, and brings nothing back.
    messages = Message.objects.count()
    put(feed, report(f"id {NUMBER}", NUMBER, partner=NUMBER, resultCode=1003), received_at=NOW)
    put(feed, report(f"{NUMBER}$1", NUMBER, partner=NOTATIONS[1], resultCode=1003), received_at=NOW)
    hand_in(account, submission(f"id {NOTATIONS[1]}", partner_id=NOTATIONS[1], destination=NUMBER), received_at=NOW)
    apply_waiting(now=NOW)
    assert Message.objects.count() == messages
    assert places_with_number() == set()
    agrees()
