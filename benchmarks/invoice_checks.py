"""Part of `billing`: a gateway's invoice of thousands of rows is checked against the counts of a month.

The gateway charged failed messages, which is not agreed: every row differs, and each is recounted under all rules.
"""

import time
from datetime import UTC, datetime

from django.db.models import Sum
from django.utils import timezone

from benchmarks.figure import Figure
from deliveries.models import DailyCount
from portal.accounts.models import Membership, Role, User
from portal.common.periods import Month
from portal.tenants.models import GatewayAccount, Tenant
from reports.billing.checks import running, uploads
from reports.models import InvoiceCheck, Price, PriceList
from reports.pricing.money import to_minor

COLUMNS = {
    "partner_id": "PPID",
    "country": "Country",
    "operator": "Operator",
    "quantity": "Quantity",
    "price": "Price",
    "amount": "Amount",
}
MICRO = 71_500


def owned_account(tenant: Tenant) -> GatewayAccount:
    """Return an account that the tenant owns. Its days and the tenant's are those of UTC, so no border cuts a day."""
    found = GatewayAccount.objects.filter(name="bench-invoice").first()
    if found is None:
        pool = Tenant.objects.create(slug="bench-invoice-pool", name="Pool", kind=Tenant.Kind.POOL, timezone="UTC")
        found = GatewayAccount.objects.create(
            name="bench-invoice",
            platform_id="BENCH",
            timezone="UTC",
            pool=pool,
            owner=tenant,
            owner_since=datetime.now(UTC),
        )
    return found


def check_invoice(tenant: Tenant, account: GatewayAccount, month: Month) -> Figure:
    """Check an invoice of all that is counted for the account in the month."""
    prices = _cost_list(tenant, account)
    person, _is_new = User.objects.get_or_create(email="bench-invoice@example.com")
    Membership.objects.get_or_create(user=person, tenant=tenant, defaults={"role": Role.OWNER})
    InvoiceCheck.objects.filter(account=account).delete()
    content, lines, messages = _invoice(account, month)
    now = timezone.now()
    check = uploads.begin(tenant=tenant, account=account, user=person, name="bench.csv", content=content, now=now)
    close = datetime(month.next().first_day.year, month.next().first_day.month, 1, tzinfo=UTC)
    agreed = uploads.Agreed(month, close, prices, currency=prices.currency, basis=prices.basis, per=prices.per)
    uploads.confirm(check, agreed, COLUMNS, left_out=[], actor=person.email)
    began = time.perf_counter()
    running.run_checks(check_id=check.pk)
    seconds = time.perf_counter() - began
    check.refresh_from_db()
    if check.state != InvoiceCheck.State.DONE or set(check.totals["kinds"]) != {"failed"}:
        raise RuntimeError(f"the check ended as {check.state} with {check.totals}: {check.error}")
    note = f"{lines:,} rows of {messages:,} messages, all of which differ"
    return Figure("billing_invoice_checked", seconds, "s", note=note)


def _cost_list(tenant: Tenant, account: GatewayAccount) -> PriceList:
    made, is_new = PriceList.objects.get_or_create(
        issuer=tenant,
        account=account,
        kind="cost",
        defaults={"name": "Benchmark", "currency": "EUR", "basis": "delivered"},
    )
    if is_new:
        Price.objects.create(price_list=made, micro=MICRO, valid_from=datetime(2020, 1, 1, tzinfo=UTC).date())
    return made


def _invoice(account: GatewayAccount, month: Month) -> tuple[bytes, int, int]:
    """Return the file, its number of lines, and the messages that it charges."""
    counted = DailyCount.objects.filter(account=account, day__range=(month.first_day, month.last_day))
    sums = counted.values_list("partner_id", "country", "operator").annotate(parts=Sum("parts")).order_by()
    lines = [
        f"{partner_id};{country};{operator};{parts};{MICRO / 1_000_000:.4f};{to_minor(parts * MICRO, 'EUR') / 100:.2f}"
        for partner_id, country, operator, parts in sums
    ]
    return "\r\n".join([";".join(COLUMNS.values()), *lines, ""]).encode(), len(lines), sum(row[3] for row in sums)
