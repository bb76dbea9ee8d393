"""Data of the browser's portal: provisioned, sent and reported by the portal's own services.

Run as a program with the portal's environment; prints as JSON values that only the database knows: ids and secrets.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import django

PASSWORD = "a password of the tests"
TOKEN = "browser-token-of-the-whole-portal"
MESSAGES = 1500
SEED = 7

OWNER, VIEWER, GUARDED, NOBODY = (f"{name}@example.com" for name in ("owner", "viewer", "guarded", "nobody"))
ANALYST, MANAGER = "analyst@example.com", "manager@example.com"
STAFF = "staff@example.com"
KEYED = "keyed@example.com"  # sets up a passkey, which ends all other sessions
SPLIT = {"delimiter": "|", "fields": ["campaign", "variant"]}
DOCUMENT = {
    "gateway_accounts": [
        {
            "name": "link-main",
            "platform_id": "ACME",
            "timezone": "Europe/Helsinki",
            "feeds": [{"name": "main", "dialect": "link", "token": TOKEN}],
        },
        {
            "name": "hansa-direct",
            "platform_id": "HANSA",
            "timezone": "Europe/Berlin",
            "owner": "hansa-group",
            "feeds": [{"name": "direct", "dialect": "link"}],
        },
    ],
    "tenants": [
        {
            "slug": "nordic-retail",
            "name": "Nordic Retail Oy",
            "timezone": "Europe/Helsinki",
            "language": "en",
            "partner_ids": {"link-main": ["nr-fi", "nr-se"]},
            "ref_id": SPLIT,
            "segment_keys": ["segment", "store"],
        },
        {"slug": "hansa-group", "name": "Hansa Group", "timezone": "Europe/Berlin", "language": "en"},
        {
            "slug": "hansa-norge",
            "name": "Hansa Norge AS",
            "timezone": "Europe/Oslo",
            "language": "en",
            "parent": "hansa-group",
            "partner_ids": {"link-main": ["hansa-no"]},
        },
        {"slug": "newcomer", "name": "Newcomer", "timezone": "Europe/Tallinn", "language": "en"},
    ],
    "users": [
        {
            "email": OWNER,
            "password": PASSWORD,
            "memberships": {"nordic-retail": "owner", "hansa-group": "owner", "newcomer": "owner"},
        },
        {"email": VIEWER, "password": PASSWORD, "memberships": {"nordic-retail": "viewer"}},
        {"email": ANALYST, "password": PASSWORD, "memberships": {"nordic-retail": "analyst"}},
        {"email": MANAGER, "password": PASSWORD, "memberships": {"nordic-retail": "manager"}},
        {"email": GUARDED, "password": PASSWORD, "memberships": {"nordic-retail": "owner"}},
        {"email": STAFF, "password": PASSWORD, "staff": True},
        {"email": NOBODY, "password": PASSWORD},
        {"email": KEYED, "password": PASSWORD},
    ],
}


def main() -> None:
    """Migrate a database that is new, and fill it."""
    django.setup()
    import yaml
    from django.core.management import call_command
    from django.utils import timezone

    from deliveries.rederiving.segment_keys import run_segment_keys
    from portal.provisioning.apply import provision

    call_command("migrate", verbosity=0)
    now = timezone.now()
    provision(yaml.safe_dump(DOCUMENT), "seed", now=now)
    run_segment_keys()
    _take_in_messages(now)
    print(json.dumps(_make_rows(now)))  # noqa: T201 (what the caller reads)


def _take_in_messages(now: datetime) -> None:
    from django.conf import settings

    from deliveries.applying.apply import apply_slices
    from deliveries.importing.archives.reading import open_archive
    from deliveries.importing.load import import_archive
    from deliveries.management.commands.simulate import months_back
    from deliveries.messages.slices import SLICES
    from deliveries.simulation.traffic import generate
    from portal.tenants.models import Feed

    end = now.astimezone(UTC).replace(microsecond=0)
    dlrs = list(generate(seed=SEED, messages=MESSAGES, start=months_back(end, 2), end=end))
    undeclared = [dlr for dlr in dlrs if b'"hansa-dk"' in dlr] + [_failed_last_month(end)]
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in (("main", dlrs), ("direct", undeclared)):
            archive = Path(folder) / name
            archive.write_bytes(b"\n".join(lines) + b"\n")
            opened = open_archive(archive, limit=settings.INGEST_MAX_BODY)
            import_archive(archive=opened, feed=Feed.objects.get(name=name))
    while apply_slices(slices=range(SLICES)).claimed:
        pass


def _failed_last_month(now: datetime) -> bytes:
    """Return a DLR of a failed message of the last full month: the random ones are few, and may all be delivered."""
    from portal.common.periods import local_day

    at = f"{local_day(now, 'Europe/Berlin').replace(day=1) - timedelta(days=10)}T12:00:00Z"
    dlr = {
        "id": "failed-last-month", "refId": "", "sentTimestamp": at, "timestamp": at, "resultCode": 1002,
        "operator": "dk.tdc", "segments": 1, "gateCustomParameters": {"platformPartnerId": "hansa-dk"},
        "customParameters": {"source": "HansaApo", "destination": "+4527770603"},
    }  # fmt: skip
    return json.dumps(dlr).encode()


def _make_rows(now: datetime) -> dict:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from campaigns.models import Campaign
    from deliveries.models import Message
    from portal.accounts import invitations
    from portal.accounts.models import Membership, User
    from portal.common.periods import Month, local_day
    from portal.saved_views import store
    from portal.shares import links
    from portal.tenants import api_keys
    from portal.tenants.models import Feed, PartnerId, Tenant
    from reports.models import ReportRun
    from reports.runs.runs import build_report, request_run
    from tests.money_leaks.lists import leak_of
    from tests.price_lists.made import make_price_list
    from tests.workbook_templates.sample import make_template

    tenant = Tenant.objects.get(slug="nordic-retail")
    month = Month.of(local_day(now, "Europe/Helsinki")).previous()
    run = request_run(tenant=tenant, month=month, requested_by="schedule", now=now)
    assert build_report(run_id=run.id, now=now) == ReportRun.State.DONE
    invitation = invitations.invite(
        tenant=tenant, email="invited@example.com", role="viewer", inviter=User.objects.get(email=OWNER), now=now
    )
    key, key_text = api_keys.create_key(
        tenant=tenant, name="Data warehouse", scopes=["read"], created_by=OWNER, now=now
    )
    maker = User.objects.get(email=OWNER)
    made = {
        "tenant": tenant,
        "maker_id": maker.pk,
        "made_by": OWNER,
        "now": now,
        "query": "period=30d&compare=previous",
    }
    ends = now + timedelta(days=30)
    link, share_token = links.create_link(kind="overview", name="Agency", expires_at=ends, **made)
    panel = {"kind": "panel", "panel": "days", "hosts": ["www.example.com"]}
    _panel, panel_token = links.create_link(name="Intranet", expires_at=ends, **panel, **made)
    view = store.save(
        user_id=maker.pk, tenant=tenant, page="messages", name="Failed lately", query="counts_as=failed&period=7d"
    )
    colleague = User.objects.get(email=MANAGER)
    store.share(
        store.save(
            user_id=colleague.pk,
            tenant=tenant,
            page="messages",
            name="Not yet known",
            query="counts_as=pending&period=30d",
        )
    )
    export_id = _make_exports(tenant, maker)
    upload_id = _make_uploads(tenant, maker, now)
    kind_id = _make_conversions(tenant)
    message = Message.objects.filter(tenant=tenant).order_by("-sent_at").first()
    secrets = {}
    for email in (GUARDED, STAFF):
        guarded = User.objects.get(email=email)
        secrets[email] = generate_totp_secret()
        TOTP.activate(guarded, secrets[email])
        RecoveryCodes.activate(guarded)
    return (
        _make_forwarding(tenant, message, now)
        | _make_alerts(tenant, now)
        | _make_report_mails(tenant, maker, now)
        | make_price_list(tenant, "Customers 2026", now=now)
        | _make_budgets(tenant, now)
        | _make_statements(month, message.account_id)
        | {
            "run_id": run.id,
            "export_id": export_id,
            "upload_id": upload_id,
            **_make_check(),
            "month": str(month),
            "message_id": message.message_id,
            "campaign_id": Campaign.objects.filter(tenant=tenant).order_by("name").first().id,
            "kind_id": kind_id,
            "recipient": _recipient(tenant),
            "leak": leak_of(tenant),
            "partner_id": PartnerId.objects.get(value="nr-fi").id,
            "invitation_id": invitation.id,
            "invitation": invitations.link(invitation),
            "key_id": key.id,
            "link_id": link.id,
            "view_id": view.id,
            "template_id": make_template(tenant, "Board pack").id,
            "share_token": share_token,
            "panel_token": panel_token,
            "api_key": key_text,
            "membership_id": Membership.objects.get(user__email=VIEWER).id,
            "secrets": secrets,
            "feed_id": Feed.objects.get(name="main").id,
            "account_id": _make_gates(now),
            "tenant_id": tenant.id,
        }
    )


def _make_alerts(tenant, now: datetime) -> dict:
    """Give the customer the standard rules, an own one, and an open and a closed alert; return the ids of pages."""
    from portal.accounts.models import User
    from reports.alerts.rules import add_standard_rules
    from reports.alerts.unsubscribing import link_for
    from reports.models import Alert, AlertRule

    add_standard_rules(tenant)
    AlertRule.objects.create(
        tenant=tenant, name="Norja", kind="volume_up", scope="country", country="NO", threshold=150, made_by=OWNER
    )
    rule = AlertRule.objects.get(tenant=tenant, standard="delivery")
    own = {"tenant": tenant, "rule": rule, "country": "FI"}
    figures = {"now": 0.41, "usual": 0.958, "messages": 1_250}
    since = now - timedelta(minutes=25)
    alert = Alert.objects.create(operator="fi.telia", since=since, opened_at=since, seen_at=now, figures=figures, **own)
    earlier = now - timedelta(days=3)
    Alert.objects.create(
        operator="fi.elisa", since=earlier, opened_at=earlier, seen_at=earlier, closed_at=earlier + timedelta(hours=2),
        ending="recovered", figures=figures, acknowledged_at=earlier + timedelta(minutes=4), acknowledged_by=OWNER,
        **own,
    )  # fmt: skip
    link = link_for(tenant, User.objects.get(email=VIEWER))
    return {"rule_id": rule.pk, "alert_id": alert.pk, "unsubscribe": link.rstrip("/").rpartition("/")[2]}


def _make_budgets(tenant, now: datetime) -> dict:
    """Give the customer prices and budgets that are within, over and expected to run out; return one's id."""
    from portal.tenants.models import PartnerId
    from reports.budgets import changing
    from reports.budgets.changing import BudgetInput
    from reports.budgets.looking import look_at
    from reports.budgets.reading import budgets_of
    from reports.budgets.spending import spendings
    from reports.models import Budget, Price, PriceList
    from reports.pricing.costing import payer_of

    prices = PriceList.objects.create(kind="sale", customer=tenant, name="Nordic Retail 2026", currency="EUR")
    Price.objects.create(price_list=prices, micro=45_000, valid_from=date(now.year - 2, 1, 1))

    def make(name: str, **values) -> Budget:
        given = BudgetInput(**{"name": name, "scope": "all", "amount": 100, "currency": "EUR"} | values)
        return changing.create(tenant, given, actor=OWNER, now=now)

    month = make("Whole month")
    [spent] = spendings(budgets_of(tenant), payer_of(tenant), now=now).values()
    Budget.objects.filter(pk=month.pk).update(amount=max(spent.spent * 10 // 7, 100))
    value = PartnerId.objects.filter(tenant=tenant).order_by("value").first().value
    make("Finland", scope="partner_id", partner_id=value, amount=max(spent.spent // 4, 100))
    make("Next year", first_day=date(now.year + 1, 1, 1), last_day=date(now.year + 1, 3, 31), amount=500_000)
    changing.retire(make("Last year"), actor=OWNER, now=now)
    look_at(tenant, now=now)
    return {"budget_id": month.pk}


def _make_report_mails(tenant, maker, now: datetime) -> dict:
    """Save a report for a member and two outside addresses, one unanswered; return its id and tokens of links."""
    from reports.models import DefinitionRun, ReportMail
    from reports.schedules import confirming, links, recipients
    from reports.schedules.definitions import create_definition

    values = {"name": "Board figures", "kind": "volumes", "period": "last_month", "formats": ["xlsx"]}
    definition = create_definition(tenant=tenant, owner=maker, values=values)
    member = recipients.add_member(definition=definition, user=maker, actor=maker, now=now)
    outside, reader = (
        recipients.add_address(definition=definition, email=email, language="en", actor=maker, now=now)
        for email in ("auditor@example.net", "reader@example.net")
    )
    confirming.answer(address=reader.address, accepts=True, now=now)
    day, ends = now.date() - timedelta(days=1), now + timedelta(days=7)
    run = DefinitionRun.objects.create(
        tenant=tenant, definition=definition, cause="person", requested_by=OWNER, first=day, last=day, state="done",
        finished_at=now, kind="provisional", data_as_of=now,
    )  # fmt: skip
    for recipient, state in ((member, "unknown"), (outside, "refused"), (reader, "sent")):
        mail = ReportMail.objects.create(
            tenant=tenant,
            run=run,
            recipient=recipient,
            state=state,
            how="link",
            link_expires_at=ends,
        )
    return {
        "definition_id": definition.id,
        "saved_run_id": run.id,
        "recipient_id": reader.id,
        "report_mail_id": mail.id,
        "report_address_token": confirming.token_of(outside.address),
        "report_unsubscribe_token": _token(links.unsubscribe_address(member)),
        "mailed_report_token": _token(links.report_address(mail)),
    }


def _token(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def _make_forwarding(tenant, message, now: datetime) -> dict:
    """Let a gate forward a message: it failed, then arrived; another gate is paused. Return the ids of pages."""
    from deliveries.gates import changing
    from deliveries.gates.definitions import DestinationInput, GateInput
    from deliveries.models import GateAttempt, GateDelivery, GateHour

    url = "https://receiver.example.org/dlr?customer=nordic"
    first = DestinationInput(url, username="portal", password="a long password", headers=("X-Key: secret",))
    second = DestinationInput("https://second.example.org/", method="GET", template="id=${id}&code=${resultCode}")
    given = GateInput("Order system", "orders", (first, second), final_only=True, countries=("FI", "SE"))
    gate = changing.create(tenant, given, actor=OWNER).gate
    paused = changing.create(tenant, GateInput("Data warehouse", "warehouse", (first,)), actor=OWNER).gate
    changing.pause(paused, actor=OWNER)
    place = {"account_id": message.account_id, "message_id": message.message_id, "day": message.day}
    place["inbox_id"] = _last_report(tenant, message)
    for number, outcome in enumerate(("http_503", "delivered"), start=1):
        attempt = GateAttempt.objects.create(
            tenant=tenant, gate=gate, at=now - timedelta(minutes=9 - number), number=number, ms=87,
            outcome=outcome, is_last=outcome == "delivered", method="POST", url=url, request_body='{"id": "m1"}',
            request_headers="content-type: application/json\nwebhook-id: dlr_x_1\nwebhook-timestamp: 1795167460"
            "\nwebhook-signature: v1,thCK7Ic/xptO/bXCpkSHZH1agn/52rPSit0j76qgDeY=",
            answer="<script>document.title = 'taken over'</script><b>out of order</b>", **place,
        )  # fmt: skip
    GateDelivery.objects.create(tenant=tenant, gate=paused, **place)
    for back in range(26):
        for outcome, bucket, number in (("delivered", 150 + back, 40 + back), ("http_503", -1, back % 5)):
            GateHour.objects.create(
                tenant=tenant, gate=gate, hour=now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=back),
                outcome=outcome, bucket=bucket, number=number,
            )  # fmt: skip
    _make_replays(tenant, gate, now)
    return {"gate_id": gate.public_id, "attempt_id": attempt.pk}


def _last_report(tenant, message) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(inbox_id) FROM delivery_report"
            " WHERE tenant_id = %s AND day = %s AND account_id = %s AND message_id = %s",
            [tenant.id, message.day, message.account_id, message.message_id],
        )
        return cursor.fetchone()[0]


def _make_replays(tenant, gate, now: datetime) -> None:
    """Make a replay of each state; the one that is under way waits for a worker that is not there."""
    from deliveries.gates.replaying.wanted import seal
    from deliveries.models import GateReplay

    common = {"tenant": tenant, "gate": gate, "made_by": OWNER, "until": now}
    ended = common | {"is_read": True, "finished_at": now, "since": now - timedelta(days=2)}
    GateReplay.objects.create(
        kind="failed", state="done", queued=1_900, already=12, delivered=1_880, failed=17, gone=3, total=1_912, **ended
    )
    title = "1 Oct 2026 – 31 Oct 2026 · Campaign: autumn"
    GateReplay.objects.create(kind="search", title=title, state="cancelled", queued=40, withdrawn=40, **ended)
    GateReplay.objects.create(kind="search", title=title, state="cancelled", problem="search", **ended)
    GateReplay.objects.create(kind="period", state="failed", error="OperationalError: x", **ended)
    GateReplay.objects.create(
        kind="search", title="Any time", total=200, queued=50, already=50, sealed=seal(None),
        not_before=now + timedelta(days=1), **common,
    )  # fmt: skip


def _make_gates(now: datetime) -> int:
    """Give an account gates at LINK, one in each state; return the account."""
    from deliveries.gates.at_link.errors import GateApiError, Problem
    from deliveries.gates.at_link.planning import Entry, State
    from deliveries.gates.at_link.sync import Outcome
    from deliveries.gates.at_link.wanted import Difference
    from portal.tenants.models import Feed, GateApi

    feed = Feed.objects.get(name="main")
    entries = [
        Entry(state, "acme-oy", f"ppid-{state}", f"portal-main-ppid-{state}", f"G{number:04d}")
        for number, state in enumerate(State)
    ]
    entries[1].differences = [Difference("ttl", "3600000", "172800000"), Difference("template", "id=${id}", "")]
    entries[-1].problem, entries[-1].code, entries[-1].detail = Problem.INVALID, 103302, "invalid gate"
    outcome = Outcome(True, entries, others=3, left=2, error=GateApiError(Problem.THROTTLED))
    GateApi.objects.create(
        account=feed.account,
        address="https://gates.example.com",
        username="acme",
        password_sealed="x",
        partner_id="acme-oy",
        feed=feed,
        checked_at=now,
        outcome=outcome.stored(),
    )
    return feed.account_id


def _make_conversions(tenant) -> int:
    """Let recipients of the first campaign buy something; return the kind of these events."""
    from campaigns.models import Campaign, ConversionEvent, ConversionKind
    from deliveries.attributing.attribute import attribute_due
    from deliveries.attributing.due import note_events
    from deliveries.models import Message

    kind = ConversionKind.objects.create(tenant=tenant, name="Purchase")
    campaign = Campaign.objects.filter(tenant=tenant).order_by("name").first()
    delivered = Message.objects.filter(tenant=tenant, campaign_id=campaign.id, status="delivered")
    made = ConversionEvent.objects.bulk_create(
        ConversionEvent(
            tenant=tenant, kind=kind, event_id=f"bought-{number}", occurred_at=one.delivered_at + timedelta(minutes=7),
            value=25_900_000 + 1_000_000 * number, currency="EUR", recipient_key=one.recipient_key, source="api",
        )
        for number, one in enumerate(delivered.exclude(recipient_key=None).order_by("sent_at")[::3])
    )  # fmt: skip
    note_events(tenant.id, [one.pk for one in made])
    attribute_due()
    return kind.id


def _make_statements(month, account_id: int) -> dict[str, object]:
    """Return a draft of Hansa Group to a customer below it, beside an issued one; and what was issued to itself."""
    from portal.tenants.models import Tenant
    from reports.models import BillingTerms, ClosingRun
    from tests.billing.rows import make_statement

    tenant, customer = (Tenant.objects.get(slug=slug) for slug in ("hansa-group", "hansa-norge"))
    values = {"account_id": account_id, "text": "hansa-no"}
    make_statement(None, tenant, month=str(month.previous().first_day), issued=True, **values)
    make_statement(tenant, customer, month=str(month.previous().first_day), issued=True, **values)
    draft = make_statement(tenant, customer, month=str(month.first_day), **values)
    draft.remarks = [{"kind": "unpriced", "messages": 12, "parts": 15}, {"kind": "jump", "before": 100}]
    draft.save(update_fields=["remarks"])
    BillingTerms.objects.create(issuer=tenant, valid_from=month.first_day, vat_category="S", vat_rate=2550)
    closing = ClosingRun.objects.create(
        issuer=tenant, month=month.first_day, requested_by=OWNER, state="failed", error="OperationalError: timeout"
    )
    return {
        "customer_slug": customer.slug,
        "statement_id": draft.pk,
        "line_id": draft.lines.get().pk,
        "position": draft.lines.get().position,
        "closing_id": closing.pk,
    }


def _recipient(tenant) -> str:
    """Return the address's part of a recipient of the campaign that pages are looked at with."""
    from campaigns.models import Campaign
    from deliveries.models import Message
    from reports.campaigns.recipient_lists import seal_key

    campaign = Campaign.objects.filter(tenant=tenant).order_by("name").first()
    message = Message.objects.filter(tenant=tenant, campaign_id=campaign.id).exclude(recipient_key=None).first()
    return seal_key(bytes(message.recipient_key))


def _make_exports(tenant, maker) -> int:
    """Make a file, and stop two others; return the file's export."""
    from deliveries.exports.asking import ask, cancel
    from deliveries.exports.making import run_exports
    from deliveries.message_pages.columns import COLUMNS
    from deliveries.models import Export
    from deliveries.search.query import MessageQuery
    from portal.accounts.access import access_of

    access = access_of(maker, slug=tenant.slug)
    asked = {"tenant": tenant, "access": access, "user": maker, "query": MessageQuery(access.tenant_ids)}
    done = ask(title="1 Oct 2026 – 31 Oct 2026 · Campaign: autumn", format="xlsx", columns=list(COLUMNS), **asked)
    run_exports(export_id=done.id)
    refused = ask(title="Any time", format="parquet", columns=list(COLUMNS), **asked)
    cancelled = ask(title="Any time · Operator: fi.elisa", format="csv", columns=list(COLUMNS), **asked)
    for export in (refused, cancelled):
        cancel(export, actor=maker.email)
    Export.objects.filter(id=refused.id).update(problem="rows")
    return done.id


def _make_uploads(tenant, maker, now: datetime) -> int:
    """Upload a file of events with refused lines, and begin another upload; return the second one."""
    from campaigns.models import ConversionKind
    from deliveries.attributing.attribute import attribute_due
    from deliveries.conversions import uploads
    from deliveries.models import Message

    for name, minutes in (("purchase", 7 * 24 * 60), ("sign-up", None)):
        ConversionKind.objects.create(tenant=tenant, name=name, window_minutes=minutes)
    delivered = Message.objects.filter(tenant=tenant, status="delivered", destination__startswith="+")
    lines = ["order;kind;time;value;currency;number"]
    for place, message in enumerate(delivered.order_by("-sent_at")[:12]):
        at = message.status_at + timedelta(minutes=9 * place)
        kind = ("purchase", "sign-up", "refund")[place % 3]
        money = f"{19 + place},90;EUR" if kind == "purchase" else ";"
        lines.append(f"order-{place};{kind};{at:%Y-%m-%dT%H:%M:%SZ};{money};{message.destination}")
    mapping = {"event_id": "order", "kind": "kind", "occurred_at": "time", "value": "value", "currency": "currency"}
    mapping["destination"] = "number"
    content = "\n".join(lines).encode()
    begun = [
        uploads.begin(tenant=tenant, user=maker, name=name, content=content, now=now)
        for name in ("orders of the autumn.csv", "more orders.csv")
    ]
    uploads.confirm(begun[0], mapping, actor=maker.email)
    uploads.run_uploads(upload_id=begun[0].id)
    attribute_due()
    return begun[1].id


def _make_check() -> dict[str, int]:
    """Check an invoice of the account that is a customer's own; return a row and a part with messages too."""
    from portal.demo import invoices
    from portal.tenants.models import GatewayAccount
    from reports.billing.checks.listing import has_messages
    from reports.billing.checks.results import read_stored
    from reports.billing.checks.running import run_checks
    from reports.models import InvoiceCheck

    check_id = invoices.upload(GatewayAccount.objects.get(name="hansa-direct"))
    assert check_id is not None
    run_checks(check_id=check_id)
    rows = read_stored(InvoiceCheck.objects.get(pk=check_id).rows)
    row, part = next((n, m) for n, one in enumerate(rows) for m, p in enumerate(one.parts) if has_messages(p))
    return {"check_id": check_id, "row": row, "part": part}


if __name__ == "__main__":
    main()
