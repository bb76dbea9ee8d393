"""Statements of tests about other things."""

from datetime import UTC, date, datetime

from portal.tenants.models import Tenant
from reports.models import Statement, StatementLine

MADE_AT = datetime(2026, 9, 5, 9, 0, tzinfo=UTC)


def make_statement(
    issuer: Tenant | None, customer: Tenant, *, month: str, account_id: int, text: str = "ppid", issued: bool = False
) -> Statement:
    """Return a draft or an issued statement of 100 parts at 0.065 in euros, with one line."""
    first = date.fromisoformat(month)
    statement = Statement.objects.create(
        issuer=issuer, customer=customer, month=first, currency="EUR", net=650, vat=166, made_at=MADE_AT
    )
    StatementLine.objects.create(
        statement=statement,
        position=1,
        kind="usage",
        month=first,
        first=first,
        last=first.replace(day=28),
        account_id=account_id,
        account="link-main",
        partner_id=text,
        country="FI",
        operator=text,
        quantity=100,
        micro=65_000,
        amount=650,
        per="part",
        list_name="Default",
        version=first,
        vat_category="S",
        vat_rate=2550,
        counted={"basis": "sent", "days": [[month, f"{month[:8]}28"]], "messages": 100, "causes": {}},
    )
    if issued:
        count = Statement.objects.filter(issuer=issuer).exclude(sequence=None).count()
        values = {"state": "issued", "sequence": 1001 + count, "number": str(1001 + count), "reference": "10016"}
        values |= {"issued_at": MADE_AT, "issued_on": MADE_AT.date(), "due_on": date(2026, 9, 19), "payment_days": 14}
        Statement.objects.filter(pk=statement.pk).update(**values)
        statement.refresh_from_db()
    return statement
