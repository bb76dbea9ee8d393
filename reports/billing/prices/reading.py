"""Reads what is stored about price lists: their rows, the lists themselves, and the messages that they are about."""

from datetime import date, timedelta

from django.db.models import Q, QuerySet

from deliveries.models import DailyCount
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.scope import with_descendants
from reports.billing.prices.checks import Traffic
from reports.billing.prices.rows import Content, FeeRow, GroupRow, PriceRow, Row, read_tiers
from reports.models import Fee, Price, PriceList, TierGroup
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import Mode

RECENT = timedelta(days=90)


def content_of(price_list: PriceList) -> Content:
    """Return the rows of a list."""
    return Content(
        tuple(price_row(row) for row in Price.objects.filter(price_list=price_list)),
        tuple(group_row(row) for row in TierGroup.objects.filter(price_list=price_list)),
        tuple(fee_row(row) for row in Fee.objects.filter(price_list=price_list)),
    ).ordered()


def ids_of(price_list: PriceList) -> dict[Row, int]:
    """Return the stored row of each row of a list."""
    found: dict[Row, int] = {price_row(row): row.pk for row in Price.objects.filter(price_list=price_list)}
    found |= {group_row(row): row.pk for row in TierGroup.objects.filter(price_list=price_list)}
    return found | {fee_row(row): row.pk for row in Fee.objects.filter(price_list=price_list)}


def price_row(row: Price) -> PriceRow:
    return PriceRow(row.micro, row.valid_from, row.valid_to, row.country, row.operator, row.sender_type)


def group_row(row: TierGroup) -> GroupRow:
    countries, mode = tuple(row.countries), Mode(row.mode)
    return GroupRow(row.name, countries, mode, row.valid_from, row.valid_to, **read_tiers(row.tiers))


def fee_row(row: Fee) -> FeeRow:
    return FeeRow(row.name, FeeKind(row.kind), row.minor, row.valid_from, row.valid_to)


def issued_by(issuer: Tenant | None) -> QuerySet[PriceList]:
    """Return the lists of an issuer, archived ones too; None is the operator."""
    lists = PriceList.objects.filter(issuer=issuer).select_related("issuer", "account", "customer")
    return lists.defer("account__created_at")  # which pages may not read


def given_to(tenant: Tenant) -> QuerySet[PriceList]:
    """Return the sale lists by which the tenant is charged: that for itself, and its issuer's default."""
    for_it = Q(customer=tenant) | Q(customer=None)
    lists = PriceList.objects.filter(for_it, issuer_id=tenant.parent_id, kind=PriceList.Kind.SALE, archived_at=None)
    return lists.select_related("issuer", "customer").order_by("customer_id")


def accounts_of(issuer: Tenant) -> QuerySet[GatewayAccount]:
    """Return the gateway accounts that belong to an issuer, with the columns that pages may read."""
    return GatewayAccount.objects.filter(owner=issuer).order_by("name").defer("created_at")


def customers_of(issuer: Tenant | None) -> QuerySet[Tenant]:
    """Return whom an issuer charges: its children; the operator those without a parent."""
    return Tenant.objects.filter(parent=issuer, kind=Tenant.Kind.CUSTOMER).order_by("name", "id")


def traffic_of(price_list: PriceList, today: date) -> Traffic:
    """Return countries and operators of recent messages that a list is about, as far as the scope sees them."""
    counts = DailyCount.objects.filter(day__gt=today - RECENT, messages__gt=0)
    if price_list.account_id:
        counts = counts.filter(account_id=price_list.account_id)
    elif price_list.customer_id:
        counts = counts.filter(tenant_id__in=with_descendants([price_list.customer_id]))
    elif price_list.issuer_id:
        counts = counts.filter(tenant_id__in=with_descendants([price_list.issuer_id]) - {price_list.issuer_id})
    places = list(counts.values_list("country", "operator").distinct())
    return Traffic(
        frozenset(country for country, _operator in places),
        frozenset(operator.strip().upper() for _country, operator in places),
    )
