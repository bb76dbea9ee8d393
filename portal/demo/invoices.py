"""The demo's invoice of a gateway: two errors are hidden in it, which its check finds.

The gateway charged failed messages, which is not agreed, and partner IDs that nobody has declared.
"""

import subprocess
import time
from datetime import date

from portal.demo.state import APPLY_WITHIN, check_in_time

ACCOUNT = "link-hansa"  # one customer's own
PRICES = {"DE": 72_000, "DK": 39_000, "SE": 41_200}
FILE_NAME = "link-hansa.csv"
COLUMNS = {"partner_id": "PPID", "country": "Country", "quantity": "Quantity", "price": "Price", "amount": "Amount"}


def check_invoice(server: subprocess.Popen) -> None:
    """Upload the invoice of the last full month as the account's owner would, once, and wait for its check."""
    from portal.common.jobs import open_jobs
    from portal.tenants.models import GatewayAccount
    from reports.models import InvoiceCheck

    account = GatewayAccount.objects.filter(name=ACCOUNT).select_related("owner").first()
    if account is None or account.owner is None or InvoiceCheck.objects.filter(account=account).exists():
        return
    upload(account)
    give_up = time.monotonic() + APPLY_WITHIN
    while open_jobs(InvoiceCheck).exists():
        check_in_time(server, give_up, "the invoice is not checked yet")
        time.sleep(0.3)


def upload(account) -> int | None:
    """Upload an invoice of the last full month for the account's owner, and start its check; return the check's id."""
    from zoneinfo import ZoneInfo

    from django.utils import timezone

    from portal.accounts.models import Membership, Role
    from portal.common.periods import last_closed_month
    from reports.billing.checks import uploads
    from reports.billing.checks.span import default_close

    now, zone = timezone.now(), ZoneInfo(account.timezone)
    month = last_closed_month(now, zone)
    owner = Membership.objects.select_related("user").filter(tenant=account.owner, role=Role.OWNER).first()
    content = _invoice(account, month.first_day, month.last_day)
    if owner is None or not content:
        return None
    prices = _price_list(account, begin=month.first_day.replace(year=month.year - 1))
    check = uploads.begin(
        tenant=account.owner, account=account, user=owner.user, name=FILE_NAME, content=content, now=now
    )
    agreed = uploads.Agreed(
        month, default_close(month, zone), prices, currency=prices.currency, basis=prices.basis, per=prices.per
    )
    uploads.confirm(check, agreed, COLUMNS, left_out=[], actor=owner.user.email)
    return check.pk


def _price_list(account, *, begin: date):
    """Return the account's cost list, made if there is none."""
    from reports.billing.checks.scope import cost_list_of
    from reports.models import Price, PriceList

    found = cost_list_of(account)
    if found is None:
        found = PriceList.objects.create(
            issuer=account.owner, kind="cost", account=account, name="LINK 2026", currency="EUR", basis="delivered"
        )
        for country, micro in PRICES.items():
            Price.objects.create(price_list=found, country=country, micro=micro, valid_from=begin)
    return found


def _invoice(account, first: date, last: date) -> bytes:
    """Return the month's invoice as the gateway would write it, with its errors."""
    from django.db.models import Sum

    from deliveries.dialects.codes import DELIVERED, EXPIRED, FAILED, REJECTED
    from deliveries.models import DailyCount
    from reports.pricing.money import MICRO, to_minor

    charged = DailyCount.objects.filter(
        account=account, day__range=(first, last), status__in=[DELIVERED, EXPIRED, FAILED, REJECTED]
    )
    sums = charged.values_list("partner_id", "country").annotate(parts=Sum("parts")).order_by("partner_id", "country")
    lines = []
    for partner_id, country, parts in sums:
        if country in PRICES and parts:
            price = PRICES[country]
            amount = to_minor(parts * price, "EUR")
            lines.append(f"{partner_id};{country};{parts};{price / MICRO:.4f};{amount / 100:.2f}".replace(".", ","))
    return "\r\n".join([";".join(COLUMNS.values()), *lines, ""]).encode() if lines else b""
