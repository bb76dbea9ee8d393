"""Every page of the admin under the staff role: lists, searches, filters, rows, adding and changing."""

import pytest
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

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
from portal.accounts.models import AuditEntry, Invitation, Membership, UnsentMail, User
from portal.tenants.models import ApiKey, Feed, GatewayAccount, PartnerId, Tenant
from reports.models import (
    ClosingRun,
    DefinitionRun,
    InvoiceCheck,
    NumberSeries,
    OutsideAddress,
    PriceList,
    ReportMail,
    ReportRun,
    Statement,
)
from tests.admin.rows import make_rows

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = ("tenants", "accounts", "campaigns", "deliveries", "reports")
READ_ONLY = {
    ApiKey,
    PartnerId,
    Campaign,
    ConversionUpload,
    InvoiceCheck,
    AuditEntry,
    ErasedMonth,
    Export,
    Gate,
    GateReplay,
    PartnerMove,
    PartnerRequest,
    RuleRefold,
    TenantRecount,
    SegmentKey,
    ImportRun,
    QuarantinedRow,
    DefinitionRun,
    OutsideAddress,
    ReportMail,
    ReportRun,
    UnsentMail,
    ClosingRun,
    NumberSeries,
    Statement,
}
NEVER_DELETED = {Tenant, GatewayAccount, Feed, ResultCode, Invitation, PriceList}
# Deleting an attempt lets its person try again; deleting a person takes the address along.
NEVER_ADDED = {AccessAttempt, EmailAddress}
ADDED_ELSEWHERE = {PartnerId: 302}  # leads to the page that declares them
# Facts have composite keys, and inbox rows are millions: no admin page shows them.
NOT_SHOWN = {
    "reports.WorkbookTemplate",
    "tenants.EarlierOwner", "tenants.FeedToken", "tenants.GateApi", "deliveries.InboxRow", "deliveries.WaitingRow",
    "deliveries.IngestCount", "deliveries.Message", "deliveries.MessageParameter", "deliveries.DeliveryReport",
    "deliveries.DailyCount", "deliveries.CampaignCount", "deliveries.HourCount", "deliveries.LatencyCount",
    "deliveries.SubmissionCount", "deliveries.RetentionMark", "deliveries.StandingCheck",
    "deliveries.CondensedSpan", "deliveries.CondensedCampaignCount", "deliveries.CondensedLatency",
    "deliveries.CondensedDailyCount", "deliveries.CondensedDay", "deliveries.CondensedPlace",
    "deliveries.CondensedCampaignLatency", "deliveries.CondensedCampaignPlace",
    "deliveries.CondensedCampaign", "deliveries.IdentityFilter", "deliveries.CountCause", "deliveries.ClosedMonth",
    "deliveries.SegmentCount", "deliveries.SegmentLatencyCount", "deliveries.SegmentChange",
    "deliveries.StoredSegmentCount", "deliveries.StoredSegmentLatencyCount", "campaigns.SegmentValue",
    "deliveries.CondensedSegment", "deliveries.CondensedSegmentCount",
    "deliveries.EventLogState", "deliveries.ApplierStop", "deliveries.ImportCount", "deliveries.RefusalCount",
    "deliveries.ErasedId", "deliveries.ErasedName", "deliveries.RecipientSecret",
    "campaigns.ConversionKind", "campaigns.ConversionEvent", "deliveries.ConversionDue", "deliveries.ConversionTenant",
    "deliveries.ConversionWindow", "deliveries.GateDestination", "deliveries.GateDelivery",
    "reports.ReportDefinition", "reports.DefinitionFile", "reports.ReportRecipient",
    "reports.Alert", "reports.AlertClock", "reports.AlertMailChoice", "reports.AlertMinute", "reports.AlertQuarter",
    "reports.AlertRule", "reports.Budget", "deliveries.GateAttempt", "deliveries.GateEvent", "deliveries.GateHour",
    "deliveries.ChannelCount", "reports.Price", "reports.TierGroup", "reports.Fee",
    "reports.PriceChange", "reports.StatementLine",
    "tenants.ApiRequest", "tenants.IdempotentAnswer",
}  # fmt: skip


def url(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def rows(tenant, feed):
    return make_rows(tenant, feed)


def test_every_model_of_ours_is_shown_or_left_out_on_purpose():
    models = {model._meta.label for label in OURS for model in apps.get_app_config(label).get_models()}

    assert models - {model._meta.label for model in MODELS} - NOT_SHOWN == set()


def test_first_page_opens(staff):
    assert staff.get("/admin/").status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_list_search_and_filters_open(staff, rows, model):
    page = url(model, "changelist")
    relations = {field.name for field in model._meta.get_fields() if field.is_relation}
    filters = [
        f"{name}__id__exact" if name in relations else f"{name}__exact"
        for name in admin.site._registry[model].list_filter
        if isinstance(name, str)
    ]

    listed = staff.get(page)
    searched = [staff.get(page, {"q": text}) for text in ("canary", "4711", "%_'\\", "ü")]
    filtered = [staff.get(page, {name: "1"}) for name in filters]

    assert listed.status_code == 200
    assert rows[model] in listed.context["cl"].result_list
    assert [answer.status_code for answer in searched] == [200] * 4
    assert [answer.status_code for answer in filtered] == [200] * len(filters)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_list_is_sorted_by_each_of_its_columns(staff, rows, model):
    columns = range(1, len(admin.site._registry[model].get_list_display(None)) + 1)

    answers = [staff.get(url(model, "changelist"), {"o": f"-{number}"}).status_code for number in columns]

    assert answers == [200] * len(columns)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_row_add_history_and_delete_pages_open_where_they_should(staff, rows, model):
    row = rows[model]

    pages = {
        "change": staff.get(url(model, "change", row.pk)).status_code,
        "history": staff.get(url(model, "history", row.pk)).status_code,
        "add": staff.get(url(model, "add")).status_code,
        "delete": staff.get(url(model, "delete", row.pk)).status_code,
    }

    assert pages == {
        "change": 200,
        "history": 200,
        "add": ADDED_ELSEWHERE.get(model, 403 if model in READ_ONLY | NEVER_ADDED else 200),
        "delete": 403 if model in READ_ONLY | NEVER_DELETED else 200,
    }


@pytest.mark.parametrize("model", sorted(READ_ONLY, key=str), ids=lambda model: model._meta.label)
def test_read_only_rows_cannot_be_posted_to(staff, rows, model):
    row = rows[model]

    answers = [staff.post(url(model, "change", row.pk), {}), staff.post(url(model, "delete", row.pk), {"post": "yes"})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", [User, Membership, RefIdScheme], ids=lambda model: model._meta.label)
def test_rows_can_be_deleted_where_the_admin_offers_it(staff, rows, model):
    response = staff.post(url(model, "delete", rows[model].pk), {"post": "yes"})

    assert (response.status_code, model.objects.filter(pk=rows[model].pk).exists()) == (302, False)


@pytest.mark.parametrize("number", (1, 3))
@pytest.mark.parametrize(
    ("model", "queries"),
    [
        (Campaign, 10), (Feed, 12), (Membership, 10), (PartnerId, 12), (PartnerMove, 10), (QuarantinedRow, 13),
        (ReportRun, 11), (Tenant, 10), (User, 10),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)  # fmt: skip
def test_lists_need_as_many_queries_for_one_row_as_for_three(
    staff, tenant, feed, account, model, queries, number, django_assert_num_queries
):
    for count in range(number):
        make_one(model, count, tenant, feed, account)

    with django_assert_num_queries(queries):
        response = staff.get(url(model, "changelist"))

    assert len(response.context["cl"].result_list) >= number


def make_one(model, number: int, tenant, feed, account) -> None:
    """Create the row `number` of a list, each with relations of its own."""
    from datetime import date

    from tests.conftest import NOW, make_user

    other = Tenant.objects.create(slug=f"tenant-{number}", name=f"Tenant {number}", parent=tenant)
    partner = PartnerId.objects.create(account=account, value=f"ppid-{number}", tenant=other)
    if model is Campaign:
        Campaign.objects.create(tenant=other, name=f"campaign {number}")
    elif model is Feed:
        Feed.objects.create(account=account, name=f"feed-{number}", active=False)
    elif model is Membership:
        make_user(f"user{number}@example.com", other, "viewer")
    elif model is PartnerMove:
        PartnerMove.objects.create(tenant=other, partner=partner)
    elif model is QuarantinedRow:
        QuarantinedRow.objects.create(
            inbox_id=number, feed=feed, received_at=NOW, body=b"x", reason="not JSON", detail="x"
        )
    elif model is ReportRun:
        ReportRun.objects.create(tenant=other, account=account, month=date(2026, 10, 1), kind="final", revision=1)
    elif model is User:
        make_user(f"user{number}@example.com")
