"""The description of the API is whole and true: every operation's real answers are what it says."""

import json
from collections import Counter
from datetime import datetime
from functools import cache

import pytest
import yaml
from django.utils import timezone
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from campaigns.models import Campaign, ConversionEvent, ConversionKind
from deliveries.conversions.examples import SENT
from deliveries.models import GateAttempt, GateReplay, PartnerMove, PartnerRequest
from portal.accounts import invitations
from portal.api.problem_types import PROBLEM_TYPES
from portal.api.schema import document
from portal.api_urls import urlpatterns
from portal.operations.management.commands.api_promise import PROMISE
from portal.tenants import api_keys
from portal.tenants.models import PartnerId
from reports.exports.known import OF_ONE_CAMPAIGN
from reports.leaks.listed import Listed
from reports.leaks.window import Window
from reports.models import ClosingRun, ReportMail, ReportRun
from reports.schedules import recipients
from tests.alerts.made import make_alert, make_rule
from tests.api.conftest import CANARY
from tests.api.test_idempotency import in_work
from tests.billing.checks.rows import make_done_check
from tests.billing.rows import make_statement
from tests.budgets.made import make_budget
from tests.conftest import NOW, make_user
from tests.gates.factors import make_gate
from tests.pages.conftest import make_export, make_run
from tests.price_lists.made import make_price_list
from tests.schedules.conftest import made, saved
from tests.segments.sample import chosen

pytestmark = pytest.mark.django_db

DAYS = "from=2026-11-01&to=2026-11-30"
SOMETIMES = ("RateLimit", "RateLimit-Policy", "Link", "Data-As-Of", "Idempotent-Replayed")
OPERATIONS = {
    (path, method.upper()): operation
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
}


FORMATS = FormatChecker(("date",))


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(text: object) -> bool:
    return not isinstance(text, str) or (text.endswith("Z") and datetime.fromisoformat(text) is not None)


def plain(value: object) -> object:
    return json.loads(json.dumps(value, default=str))


def validator(schema: dict) -> Draft202012Validator:
    """Return a validator that refuses every field that is not described."""
    return Draft202012Validator({**plain(schema), "components": closed_components()}, format_checker=FORMATS)


@cache
def closed_components() -> dict:
    components = plain(document()["components"])
    for shape in components["schemas"].values():
        shape.setdefault("additionalProperties", False)
    return components


def described(path: str, method: str, answer) -> dict:
    """Return how the description says this answer looks; fails where it says nothing of it."""
    response = OPERATIONS[path, method]["responses"][str(answer.status_code)]
    for name in response["headers"]:
        if name not in SOMETIMES and (answer.status_code, name) != (409, "Retry-After"):
            assert name in answer.headers
    return response["content"][answer.headers["Content-Type"].split(";")[0]]


def check(path: str, method: str, answer, asked: object = None) -> None:
    """Fail where the answer is not as it is described, with what was `asked`."""
    content = described(path, method, answer)
    if answer.streaming or "json" not in answer.headers["Content-Type"]:
        return
    errors = validator(content["schema"]).iter_errors(answer.json())
    assert [error.message for error in errors] == [], asked or (path, method)


def test_description_is_openapi_3_1_without_warnings():
    schema = SchemaGenerator().get_schema(request=None, public=True)

    validate(plain(schema))
    assert (schema["openapi"], bool(GENERATOR_STATS)) == ("3.1.0", False)


def test_promise_of_v1_is_openapi_3_1():
    validate(json.loads(PROMISE.read_text(encoding="utf-8")))


def test_every_route_and_method_is_described():
    wanted = {
        (f"/api/{route.pattern}", method.upper())
        for route in urlpatterns
        if route.name not in ("docs", "guide", "not_found")
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(route.callback.cls, method)
    }
    spelled = {
        (
            path.replace("{run_id}", "<int:run_id>")
            .replace("{conversion_id}", "<int:conversion_id>")
            .replace("{export_id}", "<int:export_id>")
            .replace("{partner_id}", "<int:partner_id>")
            .replace("{request_id}", "<int:request_id>")
            .replace("{definition_id}", "<int:definition_id>")
            .replace("{recipient_id}", "<int:recipient_id>")
            .replace("{report_mail_id}", "<int:report_mail_id>")
            .replace("{membership_id}", "<int:membership_id>")
            .replace("{saved_run_id}", "<int:saved_run_id>")
            .replace("{invitation_id}", "<int:invitation_id>")
            .replace("{slug}", "<slug:slug>")
            .replace("{campaign_id}", "<int:campaign_id>")
            .replace("{gate_id}", "<slug:gate_id>")
            .replace("{attempt_id}", "<int:attempt_id>")
            .replace("{replay_id}", "<int:replay_id>")
            .replace("{key_id}", "<int:key_id>")
            .replace("{kind_id}", "<int:kind_id>")
            .replace("{price_list_id}", "<int:price_list_id>")
            .replace("{budget_id}", "<int:budget_id>")
            .replace("{alert_id}", "<int:alert_id>")
            .replace("{rule_id}", "<int:rule_id>")
            .replace("{statement_id}", "<int:statement_id>")
            .replace("{format_name}", "<slug:format_name>")
            .replace("{check_id}", "<int:check_id>")
            .replace("{revision}", "<int:revision>")
            .replace("{position}", "<int:position>")
            .replace("{closing_id}", "<int:closing_id>")
            .replace("{rate_id}", "<int:rate_id>")
            .replace("segments/{key}", "segments/<any_text:key>")
            .replace("{account}/{message_id}", "<slug:account>/<any_text:message_id>"),
            m,
        )
        for path, m in OPERATIONS
    }

    assert spelled == wanted


def test_names_of_operations_are_one_each():
    assert Counter(operation["operationId"] for operation in OPERATIONS.values()).most_common(1)[0][1] == 1


def test_every_field_and_parameter_says_what_it_is():
    silent = [
        f"{name}.{field}"
        for name, shape in document()["components"]["schemas"].items()
        for field, schema in shape.get("properties", {}).items()
        if not schema.get("description")
    ]
    silent += [
        f"{operation['operationId']} {parameter['name']}"
        for operation in OPERATIONS.values()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]

    assert silent == []


def test_scopes_are_told_with_the_scheme():
    security = {operation["operationId"]: operation.get("security") for operation in OPERATIONS.values()}

    assert document()["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert security == {
        "list_operations": None,
        "get_key": [{"key": []}],
        "get_schema": None,
        "list_countries": [{"key": ["read"]}],
        "list_operators": [{"key": ["read"]}],
        "list_result_codes": [{"key": ["read"]}],
        "list_audit_log": [{"key": ["admin"]}],
        "list_members": [{"key": ["admin"]}],
        "invite_member": [{"key": ["admin"]}],
        "get_member": [{"key": ["admin"]}],
        "change_member": [{"key": ["admin"]}],
        "remove_member": [{"key": ["admin"]}],
        "list_invitations": [{"key": ["admin"]}],
        "get_invitation": [{"key": ["admin"]}],
        "revoke_invitation": [{"key": ["admin"]}],
        "list_tenants": [{"key": ["admin"]}],
        "add_tenant": [{"key": ["admin"]}],
        "get_tenant": [{"key": ["admin"]}],
        "change_tenant": [{"key": ["admin"]}],
        "create_api_key": [{"key": ["admin"]}],
        "list_api_keys": [{"key": ["admin"]}],
        "get_api_key": [{"key": ["admin"]}],
        "revoke_api_key": [{"key": ["admin"]}],
        "get_statistics": [{"key": ["read"]}],
        "list_campaigns": [{"key": ["read"]}],
        "get_campaign": [{"key": ["read"]}],
        "change_campaign": [{"key": ["campaigns"]}],
        "merge_campaign": [{"key": ["campaigns"]}],
        "separate_campaign": [{"key": ["campaigns"]}],
        "list_campaign_recipients": [{"key": ["read"]}],
        "list_campaign_hours": [{"key": ["read"]}],
        "get_campaign_speed": [{"key": ["read"]}],
        "get_campaign_recipient_counts": [{"key": ["read"]}],
        "get_ab_test": [{"key": ["read"]}],
        "list_segment_keys": [{"key": ["read"]}],
        "get_segment": [{"key": ["read"]}],
        "choose_segment_key": [{"key": ["settings"]}],
        "give_up_segment_key": [{"key": ["settings"]}],
        "get_highlights": [{"key": ["read"]}],
        "get_segment_table": [{"key": ["read"]}],
        "list_leak_messages": [{"key": ["read"]}],
        "get_conversion_figures": [{"key": ["read"]}],
        "list_invoice_check_messages": [{"key": ["billing"]}],
        "get_forecast": [{"key": ["read"]}],
        "list_leaks": [{"key": ["read"]}],
        "list_messages": [{"key": ["read"]}],
        "list_delivery_reports": [{"key": ["read"]}],
        "submit_messages": [{"key": ["submit"]}],
        "get_message": [{"key": ["read"]}],
        "stream_delivery_reports": [{"key": ["read"]}],
        "stream_statistics": [{"key": ["read"]}],
        "get_message_by_query": [{"key": ["read"]}],
        "list_partner_ids": [{"key": ["read"]}],
        "declare_partner_id": [{"key": ["partner_ids"]}],
        "get_partner_id": [{"key": ["read"]}],
        "move_partner_id": [{"key": ["partner_ids"]}],
        "retire_partner_id": [{"key": ["partner_ids"]}],
        "declare_partner_ids": [{"key": ["partner_ids"]}],
        "list_partner_id_requests": [{"key": ["partner_ids"]}],
        "request_partner_id": [{"key": ["partner_ids"]}],
        "get_partner_id_request": [{"key": ["partner_ids"]}],
        "decide_partner_id_request": [{"key": ["partner_ids"]}],
        "list_conversions": [{"key": ["read"]}],
        "send_conversions": [{"key": ["convert"]}],
        "get_conversion": [{"key": ["read"]}],
        "list_conversion_kinds": [{"key": ["read"]}],
        "add_conversion_kind": [{"key": ["settings"]}],
        "get_conversion_kind": [{"key": ["read"]}],
        "change_conversion_kind": [{"key": ["settings"]}],
        "delete_conversion_kind": [{"key": ["settings"]}],
        "get_conversion_window": [{"key": ["read"]}],
        "change_conversion_window": [{"key": ["settings"]}],
        "delete_conversion": [{"key": ["convert"]}],
        "list_gates": [{"key": ["gates"]}],
        "create_gate": [{"key": ["gates"]}],
        "get_gate": [{"key": ["gates"]}],
        "change_gate": [{"key": ["gates"]}],
        "delete_gate": [{"key": ["gates"]}],
        "pause_gate": [{"key": ["gates"]}],
        "resume_gate": [{"key": ["gates"]}],
        "test_gate": [{"key": ["gates"]}],
        "rotate_gate_secret": [{"key": ["gates"]}],
        "list_gate_attempts": [{"key": ["gates"]}],
        "get_gate_attempt": [{"key": ["gates"]}],
        "list_gate_replays": [{"key": ["gates"]}],
        "replay_gate": [{"key": ["gates"]}],
        "get_gate_replay": [{"key": ["gates"]}],
        "cancel_gate_replay": [{"key": ["gates"]}],
        "list_alerts": [{"key": ["read"]}],
        "get_alert": [{"key": ["read"]}],
        "acknowledge_alert": [{"key": ["alerts"]}],
        "list_alert_rules": [{"key": ["read"]}],
        "create_alert_rule": [{"key": ["alerts"]}],
        "get_alert_rule": [{"key": ["read"]}],
        "change_alert_rule": [{"key": ["alerts"]}],
        "delete_alert_rule": [{"key": ["alerts"]}],
        "get_alert_rule_backtest": [{"key": ["read"]}],
        "snooze_alert_rule": [{"key": ["alerts"]}],
        "wake_alert_rule": [{"key": ["alerts"]}],
        "list_budgets": [{"key": ["billing"]}],
        "create_budget": [{"key": ["billing"]}],
        "get_budget": [{"key": ["billing"]}],
        "change_budget": [{"key": ["billing"]}],
        "retire_budget": [{"key": ["billing"]}],
        "list_price_lists": [{"key": ["billing"]}],
        "create_price_list": [{"key": ["billing"]}],
        "get_price_list": [{"key": ["billing"]}],
        "archive_price_list": [{"key": ["billing"]}],
        "change_price_list": [{"key": ["billing"]}],
        "replace_price_list_rows": [{"key": ["billing"]}],
        "list_exports": [{"key": ["read"]}],
        "request_export": [{"key": ["export"]}],
        "request_table_export": [{"key": ["export"]}],
        "get_export": [{"key": ["read"]}],
        "cancel_export": [{"key": ["export"]}],
        "download_export": [{"key": ["read"]}],
        "list_statements": [{"key": ["billing"]}],
        "get_statement": [{"key": ["billing"]}],
        "list_statement_lines": [{"key": ["billing"]}],
        "get_statement_line": [{"key": ["billing"]}],
        "download_statement": [{"key": ["billing"]}],
        "issue_statement": [{"key": ["billing"]}],
        "credit_statement": [{"key": ["billing"]}],
        "mark_statement_paid": [{"key": ["billing"]}],
        "mark_statement_unpaid": [{"key": ["billing"]}],
        "list_closings": [{"key": ["billing"]}],
        "close_month": [{"key": ["billing"]}],
        "get_closing": [{"key": ["billing"]}],
        "cancel_closing": [{"key": ["billing"]}],
        "retry_closing": [{"key": ["billing"]}],
        "get_what_if": [{"key": ["billing"]}],
        "get_margins": [{"key": ["billing"]}],
        "download_bookkeeping": [{"key": ["billing"]}],
        "list_price_list_revisions": [{"key": ["billing"]}],
        "get_price_list_revision": [{"key": ["billing"]}],
        "download_price_list_revision": [{"key": ["billing"]}],
        "list_exchange_rates": [{"key": ["billing"]}],
        "enter_exchange_rates": [{"key": ["billing"]}],
        "get_exchange_rate": [{"key": ["billing"]}],
        "delete_exchange_rate": [{"key": ["billing"]}],
        "list_invoice_checks": [{"key": ["billing"]}],
        "start_invoice_check": [{"key": ["billing"]}],
        "get_invoice_check": [{"key": ["billing"]}],
        "delete_invoice_check": [{"key": ["billing"]}],
        "download_claim": [{"key": ["billing"]}],
        "list_reports": [{"key": ["read"]}],
        "queue_report": [{"key": ["reports"]}],
        "get_report": [{"key": ["read"]}],
        "download_report": [{"key": ["read"]}],
        "list_report_definitions": [{"key": ["read"]}],
        "create_report_definition": [{"key": ["reports"]}],
        "get_report_definition": [{"key": ["read"]}],
        "change_report_definition": [{"key": ["reports"]}],
        "delete_report_definition": [{"key": ["reports"]}],
        "pause_report_definition": [{"key": ["reports"]}],
        "resume_report_definition": [{"key": ["reports"]}],
        "restore_report_definition": [{"key": ["reports"]}],
        "list_report_recipients": [{"key": ["reports"]}],
        "add_report_recipient": [{"key": ["reports"]}],
        "get_report_recipient": [{"key": ["reports"]}],
        "remove_report_recipient": [{"key": ["reports"]}],
        "list_report_mails": [{"key": ["reports"]}],
        "get_report_mail": [{"key": ["reports"]}],
        "send_report_mail_again": [{"key": ["reports"]}],
        "list_definition_runs": [{"key": ["read"]}],
        "run_report_definition": [{"key": ["reports"]}],
        "get_definition_run": [{"key": ["read"]}],
        "cancel_definition_run": [{"key": ["reports"]}],
        "retry_definition_run": [{"key": ["reports"]}],
        "download_definition_run": [{"key": ["read"]}],
    }


def test_examples_fit_their_shapes():
    for name, operation in OPERATIONS.items():
        bodies = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        for content in (*bodies, *(response.get("content", {}) for response in operation["responses"].values())):
            for media in content.values():
                several = [example["value"] for example in media.get("examples", {}).values()]
                for example in several + ([media["example"]] if "example" in media else []):
                    errors = validator(media["schema"]).iter_errors(plain(example))
                    assert [error.message for error in errors] == [], name


@pytest.fixture
def world(messages, tenant, mine):
    """Something of each kind that answers can hold."""
    partner = PartnerId.objects.get(value="nr-fi")
    PartnerMove.objects.create(tenant=tenant, partner=partner, state="running", total=10, done=4)
    done = make_run(tenant, "2026-08", finished_at=NOW, maturity=0.5)
    waiting = make_run(tenant, "2026-07", state="queued")
    gone = make_run(tenant, "2026-06")
    ReportRun.objects.filter(id=gone.id).update(file="reports/none.xlsx")
    campaign = Campaign.objects.filter(tenant=tenant, name="sale").get()
    chosen(tenant, "shop", "tier")
    rows = {"partner": partner.id, "done": done.id, "waiting": waiting.id, "gone": gone.id}
    rows["campaign"] = campaign.id
    person = make_user("owner@example.com", tenant, "owner")
    definition = saved(person, tenant, "volumes")
    rows |= {"definition": definition.id, "made": made(definition).id}
    recipient = recipients.add_member(definition=definition, user=person, actor=person, now=NOW)
    mail = {"run_id": rows["made"], "recipient": recipient, "state": "bounced", "error": "550 unknown", "sent_at": NOW}
    rows |= {"recipient": recipient.pk, "mail": ReportMail.objects.create(tenant=tenant, **mail).pk}
    rows["member"] = person.memberships.get().pk
    rows["invitation"] = invitations.invite(
        tenant=tenant, email="new@example.com", role="viewer", inviter=person, now=NOW
    ).pk
    rows["request"] = PartnerRequest.objects.create(
        tenant=tenant, account_id=partner.account_id, value="nr-fi", state="approved", requested_by="x", decided_at=NOW
    ).pk
    exports = {"exported": make_export(tenant, key=mine.key).id}
    exports["queued"] = make_export(tenant, key=mine.key, state="queued").id
    kind = ConversionKind.objects.create(tenant=tenant, name="purchase")
    mine.post(
        "conversions/",
        SENT | {"kind": kind.name, "campaign": campaign.name, "occurred_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"},
    )
    gate = make_gate(tenant, "https://receiver.example.com/")
    attempt = GateAttempt.objects.create(
        tenant=tenant, gate=gate, at=NOW, message_id="a", number=1, outcome="timeout", ms=10_000, method="POST"
    )
    replay = GateReplay.objects.create(
        tenant=tenant, gate=gate, made_by="x", kind="failed", since=NOW, until=NOW, total=7, state="done"
    )
    rows["kind"] = kind.pk
    rows |= {"key": mine.key.id, "gate": gate.public_id, "attempt": attempt.pk, "replay": replay.pk}
    prices = make_price_list(tenant, "Customers", now=NOW)
    rows |= {"price_list": prices["price_list_id"], "rate": prices["rate_id"], "revision": prices["revision"]}
    rows["closing"] = ClosingRun.objects.create(
        issuer=tenant, month="2026-08-01", requested_by="x", state="done", done=3, total=3, result={"drafts": 3}
    ).pk
    rows["budget"] = make_budget(tenant, "Month", now=NOW)["budget_id"]
    rule = make_rule(tenant, country="NO", scope="country")
    rows |= {"rule": rule.pk, "alert": make_alert(rule).pk}
    account_id = partner.account_id
    rows["statement"] = make_statement(None, tenant, month="2026-08-01", account_id=account_id, issued=True).pk
    rows["check"] = make_done_check(tenant).pk
    days = Window.of_days(tenant, 7, now=timezone.now())
    rows["leak"] = Listed("repeats", days, {"campaign": campaign.id, "ref_id": ""}).seal()
    return rows | exports | {"conversion": ConversionEvent.objects.get().id}


READS = [
    ("/api/v1/", "", ""),
    ("/api/v1/key/", "", ""),
    ("/api/v1/statistics/", "", ""),
    *(
        ("/api/v1/statistics/", "", f"?{DAYS}&group_by={name}&compare={compare}&limit=1&order=-messages")
        for name, compare in (
            ("hour", "year"),
            ("day", "previous"),
            ("week,country", "previous"),
            ("month", "none"),
            ("tenant,partner_id", "year"),
            ("campaign,variant", "previous"),
            ("country,operator", "previous"),
            ("sender_type", "previous"),
            ("status,result_code", "year"),
            ("reason", "previous"),
        )
    ),
    ("/api/v1/campaigns/{campaign_id}/ab/", "{campaign}/ab/", ""),
    ("/api/v1/campaigns/{campaign_id}/ab/", "{campaign}/ab/", "?a=x&b=y&split=1:2&metric=within&within=30"),
    ("/api/v1/reports/forecast/", "", ""),
    ("/api/v1/leaks/", "", "?kind=countries"),
    ("/api/v1/leaks/messages/", "", "?leak={leak}"),
    ("/api/v1/highlights/", "", f"?{DAYS}"),
    ("/api/v1/highlights/", "", f"?{DAYS}&campaign=sale&country=FI"),
    ("/api/v1/segment-tables/", "", f"?key=shop&by=tier&{DAYS}"),
    ("/api/v1/conversions/figures/", "", f"?{DAYS}&lang=fi"),
    ("/api/v1/invoice-checks/{check_id}/messages/", "{check}/messages/", "?row=0&part=0"),
    ("/api/v1/segments/", "", "?size=1"),
    ("/api/v1/segments/", "", "?key=shop"),
    ("/api/v1/segments/{key}/", "shop/", f"?{DAYS}"),
    ("/api/v1/segments/{key}/", "shop/", f"?{DAYS}&group_by=month&size=1"),
    ("/api/v1/segments/{key}/", "shop/", f"?{DAYS}&campaign=sale"),
    ("/api/v1/messages/", "", "?size=2"),
    ("/api/v1/messages/", "", "?size=2&updated_since=2026-10-01T08:00:00Z&from=2026-10-01T08:00:00Z"),
    ("/api/v1/delivery-reports/", "", "?size=2&updated_since=2026-10-01T08:00:00Z&counts_as=delivered"),
    ("/api/v1/messages/{account}/{message_id}/", "link-main/a/", ""),
    ("/api/v1/delivery-reports/stream/", "", "?after=oldest&size=1"),
    ("/api/v1/statistics/stream/", "", "?from=2026-11-01&to=2026-11-30&group_by=tenant"),
    ("/api/v1/messages/one/", "", "?account=link-main&id=a"),
    ("/api/v1/partner-ids/", "", ""),
    ("/api/v1/partner-ids/", "", "?value=nr-fi"),
    ("/api/v1/partner-ids/{partner_id}/", "{partner}/", ""),
    ("/api/v1/partner-ids/requests/", "", "?size=1"),
    ("/api/v1/partner-ids/requests/{request_id}/", "{request}/", ""),
    ("/api/v1/campaigns/", "", "?state=active&q=sale"),
    ("/api/v1/campaigns/{campaign_id}/", "{campaign}/", ""),
    ("/api/v1/campaigns/{campaign_id}/hours/", "{campaign}/hours/", ""),
    ("/api/v1/campaigns/{campaign_id}/speed/", "{campaign}/speed/", ""),
    ("/api/v1/campaigns/{campaign_id}/recipients/counts/", "{campaign}/recipients/counts/", ""),
    ("/api/v1/campaigns/{campaign_id}/recipients/", "{campaign}/recipients/", "?size=1"),
    ("/api/v1/campaigns/{campaign_id}/recipients/", "{campaign}/recipients/", "?group=unreadable"),
    ("/api/v1/reports/", "", "?size=1"),
    ("/api/v1/reports/{run_id}/", "{done}/", ""),
    ("/api/v1/reports/{run_id}/", "{waiting}/", ""),
    ("/api/v1/reports/{run_id}/download/", "{done}/download/", ""),
    ("/api/v1/reports/definitions/", "", "?size=1&kind=volumes"),
    ("/api/v1/reports/definitions/{definition_id}/", "{definition}/", ""),
    ("/api/v1/reports/definitions/{definition_id}/runs/", "{definition}/runs/", "?size=1"),
    ("/api/v1/reports/definitions/{definition_id}/runs/{saved_run_id}/", "{definition}/runs/{made}/", ""),
    (
        "/api/v1/reports/definitions/{definition_id}/runs/{saved_run_id}/files/{format_name}/",
        "{definition}/runs/{made}/files/json/",
        "",
    ),
    ("/api/v1/reports/definitions/{definition_id}/mails/", "{definition}/mails/", "?size=1"),
    ("/api/v1/reports/definitions/{definition_id}/mails/{report_mail_id}/", "{definition}/mails/{mail}/", ""),
    ("/api/v1/reports/definitions/{definition_id}/recipients/", "{definition}/recipients/", "?size=1"),
    (
        "/api/v1/reports/definitions/{definition_id}/recipients/{recipient_id}/",
        "{definition}/recipients/{recipient}/",
        "",
    ),
    ("/api/v1/exports/", "", "?size=1"),
    ("/api/v1/exports/{export_id}/", "{exported}/", ""),
    ("/api/v1/exports/{export_id}/", "{queued}/", ""),
    ("/api/v1/exports/{export_id}/download/", "{exported}/download/", ""),
    ("/api/v1/gates/", "", "?size=1&state=active"),
    ("/api/v1/gates/{gate_id}/", "{gate}/", ""),
    ("/api/v1/gates/{gate_id}/attempts/", "{gate}/attempts/", "?outcome=failed&size=1"),
    ("/api/v1/gates/{gate_id}/attempts/{attempt_id}/", "{gate}/attempts/{attempt}/", ""),
    ("/api/v1/gates/{gate_id}/replays/", "{gate}/replays/", "?size=1"),
    ("/api/v1/gates/{gate_id}/replays/{replay_id}/", "{gate}/replays/{replay}/", ""),
    ("/api/v1/alerts/", "", "?size=1&state=open&kind=delivery"),
    ("/api/v1/alerts/{alert_id}/", "{alert}/", ""),
    ("/api/v1/alert-rules/", "", "?size=1&archived=no"),
    ("/api/v1/alert-rules/{rule_id}/", "{rule}/", ""),
    ("/api/v1/alert-rules/{rule_id}/backtest/", "{rule}/backtest/", ""),
    ("/api/v1/budgets/", "", "?size=1&retired=no"),
    ("/api/v1/budgets/{budget_id}/", "{budget}/", ""),
    ("/api/v1/price-lists/", "", "?size=1&kind=sale"),
    ("/api/v1/price-lists/{price_list_id}/", "{price_list}/", ""),
    ("/api/v1/conversions/", "", "?size=1"),
    ("/api/v1/conversions/{conversion_id}/", "{conversion}/", ""),
    ("/api/v1/conversions/kinds/", "", "?size=1"),
    ("/api/v1/conversions/kinds/{kind_id}/", "{kind}/", ""),
    ("/api/v1/conversions/window/", "", "?tenant=nordic-retail"),
    ("/api/v1/countries/", "", ""),
    ("/api/v1/operators/", "", f"?{DAYS}&country=FI"),
    ("/api/v1/result-codes/", "", "?dialect=link&lang=fi"),
    ("/api/v1/audit-log/", "", "?size=1"),
    ("/api/v1/tenants/", "", "?size=1&parent=nordic-retail"),
    ("/api/v1/tenants/{slug}/", "nordic-retail/", ""),
    ("/api/v1/members/", "", ""),
    ("/api/v1/members/{membership_id}/", "{member}/", ""),
    ("/api/v1/members/invitations/", "", "?size=1"),
    ("/api/v1/members/invitations/{invitation_id}/", "{invitation}/", ""),
    ("/api/v1/api-keys/", "", "?size=1"),
    ("/api/v1/api-keys/{key_id}/", "{key}/", ""),
    ("/api/v1/statements/", "", "?size=1&state=issued"),
    ("/api/v1/statements/{statement_id}/", "{statement}/", ""),
    ("/api/v1/statements/{statement_id}/lines/", "{statement}/lines/", ""),
    ("/api/v1/statements/{statement_id}/lines/{position}/", "{statement}/lines/1/", ""),
    ("/api/v1/statements/{statement_id}/files/{format_name}/", "{statement}/files/xlsx/", ""),
    ("/api/v1/billing/what-if/", "", "?percent=5"),
    ("/api/v1/billing/margins/", "", f"?{DAYS}&by=partner_id"),
    ("/api/v1/statements/bookkeeping/", "", "?month=2026-08&lang=fi"),
    ("/api/v1/price-lists/{price_list_id}/revisions/", "{price_list}/revisions/", "?size=1"),
    ("/api/v1/price-lists/{price_list_id}/revisions/{revision}/", "{price_list}/revisions/{revision}/", ""),
    (
        "/api/v1/price-lists/{price_list_id}/revisions/{revision}/files/{format_name}/",
        "{price_list}/revisions/{revision}/files/csv/",
        "",
    ),
    ("/api/v1/billing/closings/", "", "?size=1&state=done&month=2026-08"),
    ("/api/v1/billing/closings/{closing_id}/", "{closing}/", ""),
    ("/api/v1/exchange-rates/", "", "?size=1&base=EUR&quote=SEK"),
    ("/api/v1/exchange-rates/{rate_id}/", "{rate}/", ""),
    ("/api/v1/invoice-checks/", "", "?size=1"),
    ("/api/v1/invoice-checks/{check_id}/", "{check}/", ""),
    ("/api/v1/invoice-checks/{check_id}/claim/", "{check}/claim/", ""),
    ("/api/v1/schema/", "", ""),
    ("/api/v1/schema/", "", "?format=yaml"),
]


def test_what_is_read_is_what_is_described(client, mine, whole_account, world):
    for path, rest, query in READS:
        address = path.split("{")[0] + rest.format(**world) + query.format(**world)
        for caller in (mine, whole_account):
            answer = client.get(address, headers=caller.headers)

            check(path, "GET", answer, address)
            taken = (200,) if caller is mine else (200, 404, 403, 400)
            assert answer.status_code in taken, address


def test_all_reads_are_asked_for_above():
    assert {path for path, method in OPERATIONS if method == "GET"} == {path for path, _rest, _query in READS}


@pytest.mark.parametrize("caller", ["mine", "whole_account"])
def test_what_is_queued_is_what_is_described(request, world, caller):
    answer = request.getfixturevalue(caller).post("reports/", {"month": "2026-10"})

    check("/api/v1/reports/", "POST", answer)
    assert answer.status_code == 202


def test_what_is_declared_and_moved_is_what_is_described(whole_account, tenant, world):
    body = {"value": "new", "tenant": "nordic-retail"}
    declared = [whole_account.post("partner-ids/", body) for _ in range(2)]
    moved = whole_account.post(f"partner-ids/{world['partner']}/move/", {"tenant": None})

    for path, answer in (
        ("/api/v1/partner-ids/", declared[0]),
        ("/api/v1/partner-ids/", declared[1]),
        ("/api/v1/partner-ids/{partner_id}/move/", moved),
    ):
        check(path, "POST", answer)
    assert [answer.status_code for answer in (*declared, moved)] == [201, 200, 200]


def test_every_problem_is_what_is_described(client, call, mine, tenant, other_tenant, world, settings):
    submitter, reader = call(tenant, "submit"), call(tenant, "read")
    revoked, expired = call(tenant), call(tenant, expires_at=timezone.now())
    api_keys.revoke_key(key=revoked.key, now=timezone.now())
    limited, key = call(tenant), "Idempotency-Key"
    reports, report, file = "/api/v1/reports/", "/api/v1/reports/{run_id}/", "/api/v1/reports/{run_id}/download/"

    def post(caller, body, content_type="application/json", **headers):
        return client.post(reports, body, content_type=content_type, headers=caller.headers | headers)

    stream = "/api/v1/delivery-reports/stream/"
    elsewhere = call(tenant, networks=["192.0.2.1"])

    answers = [
        (reports, "GET", client.get(reports)),
        (reports, "GET", elsewhere.get("reports/")),
        (reports, "GET", client.get(reports, headers={"Authorization": "Bearer srk_x"})),
        *((reports, "GET", caller.get("reports/")) for caller in (revoked, expired, submitter)),
        (reports, "GET", mine.get("reports/", month="x")),
        (reports, "POST", post(reader, {"month": "2026-10"})),
        (reports, "POST", post(mine, "{")),
        (reports, "POST", post(mine, " " * 65537)),
        (reports, "POST", post(mine, "<a/>", "text/xml")),
        (reports, "POST", post(mine, {"month": "x"})),
        (reports, "POST", post(mine, {"month": "2026-09"}, **{key: "one"})),
        (reports, "POST", post(mine, {"month": "2026-10"}, **{key: "one"})),
        (report, "GET", mine.get("reports/0/")),
        (stream, "GET", mine.get("delivery-reports/stream/", after="00000000.1.1")),
        (file, "GET", mine.get(f"reports/{world['waiting']}/download/")),
        (file, "GET", mine.get(f"reports/{world['gone']}/download/")),
    ]
    with in_work(mine.key, "two"):
        answers.append((reports, "POST", post(mine, {"month": "2026-09"}, **{key: "two"})))
    settings.API_KEY_PER_MINUTE = 1
    limited.get("reports/")
    answers.append((reports, "GET", limited.get("reports/")))

    for path, method, answer in answers:
        check(path, method, answer)
    seen = {answer.json()["type"].partition("#")[2] for _path, _method, answer in answers if answer.status_code >= 400}
    # the rest: 405 is no operation's; no state conflicts otherwise; too slow and our fault cannot be made here
    assert set(PROBLEM_TYPES) - seen == {"method-not-allowed", "conflict", "too-slow", "server-error", "unavailable"}


ENUMS = [
    (path, method, parameter["name"], parameter["schema"].get("items", parameter["schema"])["enum"])
    for (path, method), operation in OPERATIONS.items()
    for parameter in operation.get("parameters", [])
    if "enum" in parameter["schema"].get("items", parameter["schema"]) and parameter["in"] == "query"
]


NEEDED = {  # further parameters of a choice
    ("table", "segments"): {"key": "shop"},
    ("table", "segment_pairs"): {"key": "shop", "by": "tier"},
    **{("table", table): {"campaign": "sale"} for table in OF_ONE_CAMPAIGN},
}
REQUIRED = {  # parameters without which there is no answer; `{…}` is of the world
    "/api/v1/segment-tables/": {"key": "shop", "by": "tier", "campaign": "sale"},
    "/api/v1/leaks/messages/": {"leak": "{leak}"},
    "/api/v1/statements/bookkeeping/": {"month": "2026-08"},
}
_OF_AB = {"table": "ab_places", "campaign": "sale"}
OF_TABLES = {  # further parameters of the parameters that some tables of pages have
    "reason": {"table": "conversion_events"},
    "attributed": {"table": "conversion_events"},
    "metric": _OF_AB,
    "within": _OF_AB,
}


def asked_with(mine, world, path: str, method: str, name: str, value: object):
    """Ask with one query parameter and those that it needs, and with the example's body where the method takes one."""
    described = OPERATIONS[path, method]
    path = path.replace("{gate_id}", world["gate"]).replace("{definition_id}", str(world["definition"]))
    if method == "GET":
        needed = {key: text.format(**world) for key, text in REQUIRED.get(path, {}).items()}
        path = path.replace("{campaign_id}", str(world["campaign"])).replace("{key}", "shop")
        for row in ("statement", "check", "price_list"):
            path = path.replace(f"{{{row}_id}}", str(world[row]))
        return mine.client.get(path, needed | {name: value}, headers=mine.headers)
    body = described["requestBody"]["content"]["application/json"]["example"]
    needed = OF_TABLES.get(name, {}) if path.endswith("/exports/tables/") else {}
    return mine.client.post(
        path,
        body,
        content_type="application/json",
        query_params={name: value} | NEEDED.get((name, value), {}) | needed,
        headers=mine.headers,
    )


@pytest.fixture
def many_requests(settings) -> None:
    settings.API_KEY_PER_MINUTE = 0  # no limit
    settings.EXPORTS_PER_PERSON = settings.EXPORTS_PER_TENANT = 10_000


def test_what_may_be_chosen_is_taken_and_nothing_else(many_requests, mine, world):
    for path, method, name, choices in ENUMS:
        asked = {choice: asked_with(mine, world, path, method, name, choice) for choice in [*choices, "no-such-choice"]}

        taken = [choice for choice, answer in asked.items() if answer.status_code in (200, 202)]
        assert taken == choices, (method, path, name)


# A number within the limits may be no row's: tests of their own try them.
IDS_OF_ROWS = {("/api/v1/billing/what-if/", "price_list"), ("/api/v1/campaigns/{campaign_id}/speed/", "compare")} | {
    ("/api/v1/invoice-checks/{check_id}/messages/", name) for name in ("row", "part", "explanation")
}
LIMITS = [
    (path, method, parameter["name"], schema["minimum"], schema["maximum"])
    for (path, method), operation in OPERATIONS.items()
    for parameter in operation.get("parameters", [])
    if "minimum" in (schema := parameter["schema"].get("items", parameter["schema"]))
    and parameter["in"] == "query"
    and (path, parameter["name"]) not in IDS_OF_ROWS
]


def test_numbers_are_taken_within_their_limits_alone(many_requests, mine, world):
    for path, method, name, least, most in LIMITS:
        asked = [asked_with(mine, world, path, method, name, n).status_code for n in (least - 1, least, most, most + 1)]

        taken = 200 if method == "GET" or path.endswith("/replays/") else 202  # its example is a dry run
        assert asked == [400, taken, taken, 400], (method, path, name)


def test_both_forms_say_the_same_and_are_kept_by_their_etag(client):
    as_json, as_yaml = client.get("/api/v1/schema/"), client.get("/api/v1/schema/?format=yaml")
    unchanged = client.get("/api/v1/schema/", headers={"If-None-Match": as_json.headers["ETag"]})

    assert yaml.safe_load(as_yaml.content) == as_json.json()
    assert [answer.headers["Content-Type"] for answer in (as_json, as_yaml)] == ["application/json", "application/yaml"]
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert CANARY not in as_json.content.decode()


def test_key_tells_what_it_is(call, tenant, whole_account):
    key = call(tenant, "read", name="warehouse")
    first, second = key.get("key/").json(), key.get("key/").json()

    assert second.pop("last_used_at") >= second["created_at"]
    assert (
        first | {"last_used_at": None}
        == second | {"last_used_at": None}
        == {
            "name": "warehouse",
            "prefix": key.key.prefix,
            "tenant": "nordic-retail",
            "account": None,
            "timezone": "Europe/Helsinki",
            "country": "FI",
            "scopes": ["read"],
            "created_at": first["created_at"],
            "expires_at": None,
            "last_used_at": None,
            "requests_per_minute": 600,
        }
    )
    assert {name: whole_account.get("key/").json()[name] for name in ("tenant", "account")} == {
        "tenant": None,
        "account": "link-main",
    }


def test_every_operation_tells_of_addresses_that_are_too_long():
    assert all("content" not in operation["responses"]["414"] for operation in OPERATIONS.values())


def test_download_tells_of_the_answer_without_the_file():
    answers = OPERATIONS["/api/v1/reports/{run_id}/download/", "GET"]["responses"]
    assert ("content" in answers["200"], "content" in answers["304"]) == (True, False)
