"""Every route that a role with masked numbers may open, by the URL matrix: its answer tells no number."""

import re

import pytest
from django.utils import timezone

from campaigns.models import Campaign, ConversionKind, SegmentKey
from deliveries.models import Message, PartnerRequest
from portal.accounts.models import Membership, Role
from portal.common.masking import Masking
from portal.tenants import api_keys
from portal.tenants.models import PartnerId
from reports.campaigns.recipient_lists import seal_key
from reports.models import Alert, AlertRule, DefinitionRun, InvoiceCheck, ReportDefinition
from tests.budgets.made import make_budget
from tests.conftest import make_user
from tests.money_leaks.lists import leak_of
from tests.pages.conftest import make_export
from tests.pages.test_masked_everywhere import OWN, everything, text_of, told  # noqa: F401  a fixture among them
from tests.pages.test_url_matrix import POSTED, ROUTES, statement_ids
from tests.price_lists.made import make_price_list
from tests.shares.conftest import make_link

pytestmark = pytest.mark.django_db

ANYBODYS = {
    *(
        "api:index",
        "api:schema",
        "api:docs",
        "api:guide",
        "glossary",
        "metrics",
        "profile",
        "second_factor",
        "account_inactive",
    ),
    *(
        "account_reauthenticate",
        "account_email",
        "account_email_verification_sent",
        "account_change_password",
        "account_reset_password",
    ),
    *("account_confirm_email", "account_reset_password_from_key_done", "account_reset_password_from_key"),
    *("account_reset_password_done", "mfa_index", "mfa_list_webauthn", "share"),
}
MEMBERS = ANYBODYS | {
    *(
        "alerts:list",
        "alerts:past",
        "alerts:rule",
        "leaks:page",
        "leaks:card",
        "leaks:messages",
        "home",  # of two customers: one charges the other
        "reports:overview",
        "reports:overview_days",
        "reports:live",
        "palette",
        "palette_anywhere",
        "reports:views",
        "campaigns:ab",
        "campaigns:list",
        "segments:segments",
        "campaigns:campaign",
        "campaigns:recipients",
        "campaigns:days",
        "campaigns:hours",
        "campaigns:conversions",
        "campaigns:conversion_list",
        "campaigns:recipient_list",
        "campaigns:recipient",
        "reports:months",
        "reports:definitions",
        "reports:definition",
        "reports:excel",
        "reports:excel_connection",
        "reports:download",
        "messages:list",
        "messages:campaigns",
    ),
    *("messages:download", "messages:message", "messages:message_by_query", "deliveries:partner_ids"),
}
# Which routes answer 200; all others refuse or redirect. A new route stands here or does not open.
OPENED = {
    "viewer": MEMBERS,
    "analyst": MEMBERS
    | {"conversions:index", "conversions:events", "table_exports:new", "table_exports:recipients"}
    | {"billing:index", "billing:prices", "budgets:list", "budgets:budget"}
    | {
        "reports:definition_new",
        "alerts:new",
        "leaks:file",
        "reports:remove",
        "exports:list",
        "exports:new",
        "exports:download",
        "gates:list",
    },
    # no message, and nothing that lists them
    "accountant": MEMBERS
    - {
        *("campaigns:conversion_list", "campaigns:recipient", "campaigns:recipient_list", "leaks:messages"),
        *("messages:campaigns", "messages:download", "messages:list", "messages:message", "messages:message_by_query"),
    }
    | {
        *("billing:checks", "billing:check"),
        *("budgets:list", "budgets:new", "budgets:budget", "budgets:retire"),
        *("billing:index", "billing:partners", "billing:what_if", "billing:prices", "billing:price_list"),
        *("billing:price_list_new", "billing:price_list_terms", "billing:price_list_archive", "billing:price_import"),
        *("billing:price_history", "billing:price_revision", "billing:revision_file", "billing:price_file"),
        *("billing:price_row_new", "billing:price_row", "billing:rates"),
        *("statements:list", "statements:close", "statements:month", "statements:bookkeeping", "statements:profile"),
        *("statements:customers", "statements:customer", "statements:statement", "statements:line", "statements:file"),
    },
    "view-as": MEMBERS - {"reports:views"},
    "key": {
        *(
            "api:key",
            "api:index",
            "api:countries",
            "api:operators",
            "api:result_codes",
            "api:statistics",
            "api:reports",
            "api:forecast",
            "api:leaks",
            *("api:alerts", "api:alert", "api:alert_rules", "api:alert_rule", "api:alert_rule_backtest"),
            "api:report",
            "api:report_download",
            "api:messages",
            "api:delivery_reports",
        ),
        *("api:exports", "api:export", "api:export_download"),
        *("api:message", "api:message_by_query", "api:partner_ids", "api:partner_id", "api:schema"),
        *("api:docs", "api:guide"),
        *("api:partner_id_requests", "api:partner_id_request"),
        *("api:definitions", "api:definition", "api:definition_runs", "api:definition_run"),
        "api:delivery_report_stream",
        "api:statistics_stream",
        "api:campaign_ab",
        *("api:conversions", "api:conversion_kinds", "api:conversion_kind", "api:conversion_window"),
        *("api:campaigns", "api:campaign", "api:campaign_recipients", "api:segments"),
        *("api:campaign_hours", "api:campaign_speed", "api:campaign_recipient_counts"),
        *("api:highlights", "api:conversion_figures"),
    },
}
LEFT_OUT = {"account_logout", "view_as_stop", "end_other_sessions"}  # they end what the test goes by
QUERIES = {
    "messages:message_by_query": "?account=link-main&id=m2",
    "api:message_by_query": "?account=link-main&id=m2",
    "api:delivery_report_stream": "?after=oldest",
    "api:statistics_stream": "?period=30d&group_by=tenant",
    "api:leaks": "?kind=numbers",
    "api:statistics": "?period=30d&group_by=campaign,variant,operator",
}


def addresses(tenant, run, **maker) -> dict[str, str]:
    """Return an address of every route outside of the administration, about rows of the tenant that hold numbers."""
    manager = make_user("maker@example.com", tenant, Role.MANAGER)
    _link, share_token = make_link(tenant, manager, query="period=90d")
    wish = PartnerRequest.objects.create(tenant=tenant, account_id=run.tenant.partner_ids.first().account_id, value=OWN)
    export = make_export(tenant, **maker, title=Masking(in_full=False).text(f"Number: {OWN}"))
    rule = AlertRule.objects.create(
        tenant=tenant, name=f"Of {OWN}", kind="delivery", scope="partner_id", partner_id=OWN, threshold=10
    )
    alert = Alert.objects.create(
        tenant=tenant, rule=rule, since=timezone.now(), opened_at=timezone.now(), seen_at=timezone.now()
    )
    definition = ReportDefinition.objects.create(
        tenant=tenant, owner=manager, owned_by=manager.email, name="Volumes", kind="volumes", period="last_month",
        formats=["json"], parameters={"filters": {"partner_id": [OWN]}},
    )  # fmt: skip
    saved_run = DefinitionRun.objects.create(
        tenant=tenant,
        definition=definition,
        first=run.month,
        last=run.month,
        cause="person",
        requested_by=manager.email,
    )
    check = InvoiceCheck.objects.create(
        tenant=tenant, account=wish.account, made_by="x", file_name=Masking(in_full=False).text(f"{OWN}.csv"),
        month=run.month, closed_at=timezone.now(), state="done", currency="EUR",
        totals={
            "rows": 1, "agreeing": 0, "unpriced": 1, "theirs": [2, 0], "ours": [1, 0], "kinds": {"failed": [1, 1, 0]},
        },
        result={
            "columns": [True, True, True], "decimals": 2, "without": [], "rows": [
                [[OWN, "FI", OWN], [2, None], [], [1, None], "explained", [["failed", "failed_charged", 1, None]], []],
            ],
        },
    )  # fmt: skip
    values = {
        "check_id": check.pk, "row": 0, "part": 0, **statement_ids(tenant, wish.account_id),
        "definition_id": definition.id, "saved_run_id": saved_run.id, "format": "json", "format_name": "xlsx",
        "recipient_id": 1, "report_mail_id": 1, "template_id": 1, "guide_name": "tour",
        "rule_id": rule.pk, "alert_id": alert.pk, **make_price_list(tenant, "Customers", now=timezone.now()),
        **make_budget(
            tenant, "Autumn", now=timezone.now(),
            campaign=Campaign.objects.filter(tenant=tenant, name__contains=OWN).order_by("id").first(),
        ),
        "tenant_slug": tenant.slug, "slug": tenant.slug, "run_id": run.id, "account": "link-main", "message_id": "m2",
        "partner_id": PartnerId.objects.get(value=OWN).id, "segment_key_id": SegmentKey.objects.first().id,
        "kind_id": ConversionKind.objects.create(tenant=tenant, name="purchase").id,
        "campaign_id": Campaign.objects.filter(tenant=tenant).order_by("id").last().id,
        "membership_id": getattr(Membership.objects.first(), "id", 1), "request_id": wish.id, "invitation_id": 1,
        "key_id": 1, "view_id": 1, "link_id": 1, "export_id": export.id,
        "conversion_id": 1, "upload_id": 1,
        # no such gate: tests/gates/ looks at pages of some
        "gate_id": "none", "attempt_id": 1, "replay_id": 1, "platform_id": "none", "ppid": "none",
        "link_gate_id": "none", "ref_id": "none",
        "share_token": share_token,
        "session_id": 1, "token": "no-such-token", "colour": "no-colour", "logo_digest": "no-logo",
        "pk": 1, "key": "no-such-key", "group": "all",
        "recipient": seal_key(Message.objects.filter(tenant=tenant).exclude(recipient_key=None).first().recipient_key),
        "leak_card": "repeats", "leak": leak_of(tenant),
        "uidb36": "1", "month": f"{run.month:%Y-%m}",
    }  # fmt: skip
    found = {}
    for route in ROUTES:
        if not route.address.startswith("/admin/") and route.name not in LEFT_OUT:
            address = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), route.address)
            found[route.name] = address + QUERIES.get(route.name, "")
    return found


@pytest.mark.parametrize("who", OPENED)
def test_no_route_tells_a_number_to_who_sees_them_masked(client, tenant, viewer, staff_user, everything, who, settings):  # noqa: F811
    settings.SHARE_ADDRESS_PER_MINUTE = 0  # other tests open links from this address, too
    headers, maker = {}, {"maker": viewer}
    if who == "view-as":
        client.force_login(staff_user)
        client.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": "ticket 4711"})
    elif who != "key":
        client.force_login(viewer)
    if who in Role:
        Membership.objects.filter(user=viewer).update(role=who)
    if who == "key":
        made = {"name": "x", "created_by": "o@example.com", "now": timezone.now()}
        key, text = api_keys.create_key(tenant=tenant, scopes=("read", "partner_ids"), **made)
        headers, maker = {"Authorization": f"Bearer {text}"}, {"key": key}

    opened, telling = set(), {}
    for name, address in addresses(tenant, everything.last(), **maker).items():
        if who == "key" and not name.startswith("api:"):
            continue  # a key opens nothing else
        if name in POSTED:
            answer = client.post(address, POSTED[name], headers=headers)
        else:
            answer = client.get(address, headers=headers)
        if answer.status_code == 200:
            opened.add(name)
        # What was asked with a number may say it again; these addresses hold none.
        if found := told(f"{address}\n{text_of(answer)}"):
            telling[name] = found

    assert telling == {}
    assert opened == OPENED[who]
