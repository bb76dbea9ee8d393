"""Scope of a check: the account, whose messages it carries, and what is agreed with the gateway."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from portal.common.periods import Month
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.ownership import COLUMNS, owned_with_customers
from portal.tenants.partner_owners import owners_at
from reports.billing.checks.span import MonthSpan
from reports.billing.proof.recounts import Contract
from reports.models import InvoiceCheck, PriceList
from reports.pricing.lists import read_tariffs
from reports.pricing.tariff import Basis, Per, Tariff


class NotChecked(Exception):
    """The account cannot be checked for this tenant: it belongs to another one, or others have partner IDs of it."""


@dataclass(frozen=True, slots=True)
class CheckScope:
    """Tells what a check compares with: the account's month, by the zones of the tenants that have messages on it."""

    account_id: int
    pool_id: int
    zones: dict[int, ZoneInfo]  # of the tenants, the pool with them
    span: MonthSpan
    contract: Contract

    @property
    def tenant_ids(self) -> list[int]:
        """Return the tenants whose messages are compared, the pool with them."""
        return sorted(self.zones)


def read_scope(check: InvoiceCheck) -> CheckScope:
    """Return the scope of a confirmed check. Raises NotChecked."""
    assert check.month is not None and check.closed_at is not None  # the database makes sure
    account = GatewayAccount.objects.only(*COLUMNS).get(pk=check.account_id)
    month = Month.of(check.month)
    return CheckScope(
        account_id=account.pk,
        pool_id=account.pool_id,
        zones={
            pk: ZoneInfo(zone)
            for pk, zone in _tenants(account, check.tenant_id).values_list("pk", "timezone").order_by("pk")
        },
        span=MonthSpan(month, ZoneInfo(account.timezone), check.closed_at),
        contract=Contract(
            basis=Basis(check.basis),
            per=Per(check.per),
            first_day=month.first_day,
            last_day=month.last_day,
            tariff=tariff_of(check),
        ),
    )


def tariff_of(check: InvoiceCheck) -> Tariff | None:
    """Return the price list of a check as the engine reads it."""
    if check.price_list_id is None:
        return None
    return next(iter(read_tariffs(PriceList.objects.filter(pk=check.price_list_id)).values()))


def cost_list_of(account: GatewayAccount) -> PriceList | None:
    """Return the list of what the gateway charges for an account: its owner's, or the operator's."""
    return PriceList.objects.filter(
        kind=PriceList.Kind.COST, account=account, issuer_id=account.owner_id, archived_at=None
    ).first()


def checked_accounts(tenant: Tenant) -> list[GatewayAccount]:
    """Return the accounts whose invoices a tenant checks: its own ones, without partner IDs of others."""
    return [account for account, _customers in owned_with_customers([tenant.pk])]


def _tenants(account: GatewayAccount, tenant_id: int) -> QuerySet[Tenant]:
    """Return the tenants with messages on the account that a check by this tenant may compare."""
    if account.owner_id is None:
        if tenant_id != account.pool_id:
            raise NotChecked("the account belongs to nobody any more")
        return Tenant.objects.filter(pk__in=[account.pool_id, *owners_at(account.pk)])
    if account.owner_id != tenant_id:
        raise NotChecked("the account belongs to another customer")
    trees: dict[int, Collection[int]] = {one.pk: tree for one, tree in owned_with_customers([tenant_id])}
    if account.pk not in trees:
        raise NotChecked("other customers have partner IDs of the account")
    return Tenant.objects.filter(pk__in=[account.pool_id, *trees[account.pk]])
