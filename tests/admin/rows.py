"""One row of everything that the admin shows, for walking its pages."""

from datetime import date, timedelta

from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.db.models import Model

from campaigns.models import Campaign, ConversionUpload, RefIdScheme, SegmentKey
from deliveries.models import (
    ErasedMonth,
    Export,
    Gate,
    GateReplay,
    ImportRun,
    PartnerMove,
    PartnerRequest,
    QuarantinedRow,
    ResultCode,
    RuleRefold,
    TenantRecount,
)
from portal.accounts.invitations import invite
from portal.accounts.models import AuditEntry, Invitation, Membership, Role, UnsentMail, record
from portal.shares.links import create_link
from portal.shares.models import ShareLink
from portal.tenants.api_keys import create_key
from portal.tenants.models import ApiKey, Feed, GatewayAccount, PartnerId, Tenant
from reports.models import (
    BillingProfile,
    BillingTerms,
    ClosingRun,
    DefinitionRun,
    ExchangeRate,
    InvoiceCheck,
    NumberSeries,
    OutsideAddress,
    PriceList,
    ReportDefinition,
    ReportMail,
    ReportRecipient,
    ReportRun,
    Statement,
)
from tests.billing.rows import make_statement
from tests.conftest import NOW, make_user
from tests.gates.factors import make_gate

CANARY = "canary-7f3e"


def make_rows(tenant: Tenant, feed: Feed) -> dict[type[Model], Model]:
    """Create a row of every model in the admin about `tenant`, with CANARY wherever a text goes in."""
    account = feed.account
    partner = PartnerId.objects.create(account=account, value=f"{CANARY}-ppid", tenant=tenant, declared_at=NOW)
    user = make_user(f"{CANARY}@example.com")
    membership = Membership.objects.create(user=user, tenant=tenant, role=Role.VIEWER)
    record("test", actor=user.email, tenant=tenant, subject=CANARY)
    run = DefinitionRun.objects.create(
        tenant=tenant,
        definition=ReportDefinition.objects.create(
            tenant=tenant, name=CANARY, kind="errors", period="yesterday", formats=["csv"], owned_by=user.email,
            owner=user,
        ),
        cause="person",
        requested_by=user.email,
        first=date(2026, 10, 1),
        last=date(2026, 10, 1),
        state="failed",
    )  # fmt: skip
    mail = _report_mail(run, user.email)
    return {
        Tenant: tenant,
        GatewayAccount: account,
        Feed: feed,
        PartnerId: partner,
        type(user): user,
        Membership: membership,
        AuditEntry: AuditEntry.objects.get(subject=CANARY),
        ApiKey: create_key(tenant=tenant, name=CANARY, scopes=["read"], created_by=user.email, now=NOW)[0],
        ShareLink: create_link(
            tenant=tenant,
            kind="overview",
            name=CANARY,
            maker_id=user.pk,
            made_by=user.email,
            now=NOW,
            expires_at=NOW + timedelta(days=30),
            query=f"campaign={CANARY}",
        )[0],
        Gate: make_gate(tenant, name=CANARY),
        RefIdScheme: RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", CANARY]),
        ConversionUpload: ConversionUpload.objects.create(
            tenant=tenant, made_by=user.email, file_name=f"{CANARY}.csv", mapping={"kind": CANARY}, state="failed"
        ),
        InvoiceCheck: InvoiceCheck.objects.create(
            tenant=tenant,
            account=account,
            made_by=user.email,
            file_name=f"{CANARY}.csv",
            mapping={"country": CANARY},
            month=date(2026, 10, 1),
            closed_at=NOW,
            left_out=[[2, "country", "country", ""]],
            state="failed",
        ),
        SegmentKey: SegmentKey.objects.create(tenant=tenant, key=CANARY),
        Campaign: Campaign.objects.create(tenant=tenant, name=CANARY),
        PartnerMove: PartnerMove.objects.create(tenant=tenant, partner=partner, total=8, done=2),
        PartnerRequest: PartnerRequest.objects.create(
            tenant=tenant, account=account, value=f"{CANARY}-wish", requested_by=user.email
        ),
        TenantRecount: TenantRecount.objects.create(tenant=tenant, reason=CANARY),
        RuleRefold: RuleRefold.objects.create(),
        ErasedMonth: ErasedMonth.objects.create(tenant=tenant, month=date(2026, 10, 1)),
        DefinitionRun: run,
        Export: Export.objects.create(
            tenant=tenant,
            made_by=user.email,
            title=CANARY,
            format="csv",
            columns=["message_id"],
            tenant_ids=[tenant.id],
            state="failed",
        ),
        GateReplay: GateReplay.objects.create(
            tenant=tenant,
            gate=make_gate(tenant),
            made_by=user.email,
            kind="search",
            title=CANARY,
            until=NOW,
            state="failed",
        ),
        ImportRun: ImportRun.objects.create(feed=feed, sha256="0" * 64, file_name=f"{CANARY}.ndjson"),
        ResultCode: ResultCode.objects.get(dialect="link", code=1001),
        QuarantinedRow: QuarantinedRow.objects.create(
            inbox_id=4711, feed=feed, received_at=NOW, body=CANARY.encode(), reason="not JSON", detail=CANARY
        ),
        ReportRun: ReportRun.objects.create(
            tenant=tenant, month=date(2026, 10, 1), kind="final", revision=1, requested_by=user.email, state="failed"
        ),
        **_billing(tenant, account.pk),
        OutsideAddress: mail.recipient.address,
        ExchangeRate: ExchangeRate.objects.create(day=NOW.date(), base="EUR", quote="SEK", rate=1, entered_by=CANARY),
        PriceList: PriceList.objects.create(kind="sale", customer=tenant, name=CANARY, currency="EUR"),
        ReportMail: mail,
        Group: Group.objects.create(name=CANARY),
        EmailAddress: EmailAddress.objects.get(user=user),
        Invitation: invite(tenant=tenant, email=f"invited-{CANARY}@example.com", role="viewer", inviter=user, now=NOW),
        UnsentMail: UnsentMail.objects.create(to=f"{CANARY}@example.com", subject=CANARY, sealed="x", made_at=NOW),
        AccessAttempt: AccessAttempt.objects.create(
            username=f"{CANARY}@example.com", ip_address="192.0.2.1", user_agent=CANARY, failures_since_start=1
        ),
    }


def _billing(tenant: Tenant, account_id: int) -> dict[type[Model], Model]:
    """Create an operator's statement to the tenant, with what belongs to it."""
    return {
        Statement: make_statement(None, tenant, month="2026-07-01", account_id=account_id, text=CANARY),
        ClosingRun: ClosingRun.objects.create(month=date(2026, 7, 1), requested_by=CANARY, state="failed"),
        BillingProfile: BillingProfile.objects.create(tenant=tenant, legal_name=CANARY),
        BillingTerms: BillingTerms.objects.create(
            customer=tenant, valid_from=date(2026, 1, 1), vat_category="E", vat_reason=CANARY
        ),
        NumberSeries: NumberSeries.objects.create(prefix="C"),
    }


def _report_mail(run: DefinitionRun, actor: str) -> ReportMail:
    """Create a mail of a saved report's run to an outside address, which was refused."""
    tenant = run.tenant
    address = OutsideAddress.objects.create(
        tenant=tenant, address=f"auditor-{CANARY}@example.net", language="en", added_by=actor
    )
    recipient = ReportRecipient.objects.create(
        tenant=tenant, definition=run.definition, address=address, added_by=actor
    )
    return ReportMail.objects.create(tenant=tenant, run=run, recipient=recipient, state="refused", error=CANARY)
