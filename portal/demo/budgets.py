"""The demo's budgets: Hansa Group means to spend so much in a month, and on one of its partner IDs."""

from datetime import timedelta

CUSTOMER, PARTNER = "hansa-group", "hansa-no"
_TEXT_AT = 42  # column of the texts of the printed guide


def make_budgets() -> None:
    """Create a budget that lasts and one that does not, by the costs of the last 30 days, and look at them."""
    from django.utils import timezone

    from portal.accounts.models import Membership, Role
    from portal.common.periods import local_day
    from portal.tenants.models import Tenant
    from reports.budgets import changing
    from reports.budgets.changing import BudgetInput
    from reports.budgets.looking import look_at
    from reports.figures.query import StatisticsQuery
    from reports.models import Budget
    from reports.pricing.costing import payer_of, total_cost

    tenant = Tenant.objects.filter(slug=CUSTOMER).first()
    if tenant is None or Budget.objects.filter(tenant=tenant).exists():
        return
    now, payer = timezone.now(), payer_of(tenant)
    today = local_day(now, tenant.timezone)
    owner = Membership.objects.select_related("user").get(tenant=tenant, role=Role.OWNER).user.email
    for name, value, percent in (("Group, each month", "", 120), ("Norway", PARTNER, 60)):
        query = StatisticsQuery(
            tenant_ids=sorted(payer.tenant_ids),
            first=today - timedelta(days=30),
            last=today,
            filters={"partner_id": [value]} if value else {},
        )
        for cost in total_cost(query, payer).by_currency.values():
            given = BudgetInput(
                name=name,
                scope="partner_id" if value else "all",
                partner_id=value,
                amount=max(cost.minor * percent // 10_000 * 100, 100),  # whole units
                currency=cost.currency,
            )
            changing.create(tenant, given, actor=owner, now=now)
    look_at(tenant, now=now)


def guide(address: str) -> str:
    """Return the line of the printed guide."""
    text = "budgets: what is spent of them, what is expected, and an alert"
    return f"  {address}/t/{CUSTOMER}/billing/budgets/\n{' ' * _TEXT_AT}{text}\n"
