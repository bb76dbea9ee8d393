"""Statements and lines as the API shows them."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from portal.common.periods import local_day
from reports.billing.document import Document, Line, as_decimal
from reports.billing.files.making import formats_of
from reports.billing.files.sheets import unit_price
from reports.billing.files.texts import line_text
from reports.billing.files.ubl import percent_text
from reports.billing.reading import document_of, documents_of, is_overdue
from reports.models import Statement, StatementLine


def shown(statement: Statement, now: datetime) -> dict[str, Any]:
    """Return a statement with its totals."""
    return _shown(statement, document_of(statement), now)


def all_shown(statements: list[Statement], now: datetime) -> list[dict[str, Any]]:
    """Return statements with their totals."""
    documents = documents_of(statements)
    return [_shown(one, document, now) for one, document in zip(statements, documents, strict=True)]


def _shown(statement: Statement, document: Document, now: datetime) -> dict[str, Any]:
    currency, totals = document.currency, document.totals

    def money(minor: int) -> str:
        return str(as_decimal(minor, currency))

    return {
        "id": statement.pk,
        "kind": statement.kind,
        "state": statement.state,
        "is_overdue": is_overdue(statement, local_day(now, (statement.issuer or statement.customer).timezone)),
        "number": statement.number or None,
        "month": f"{statement.month:%Y-%m}",
        "issuer": statement.issuer.slug if statement.issuer else None,
        "customer": statement.customer.slug,
        "currency": currency,
        "net": money(totals.net),
        "vat": money(totals.vat),
        "total": money(totals.total),
        "vat_breakdown": [
            {
                "category": one.vat.category,
                "rate": percent_text(one.vat.rate),
                "reason": one.vat.reason,
                "net": money(one.net),
                "vat": money(one.amount),
            }
            for one in totals.by_vat
        ],
        "issued_on": statement.issued_on,
        "due_on": statement.due_on,
        "paid_on": statement.paid_on,
        "reference": document.reference or None,
        "rf_reference": document.rf_reference or None,
        "refers_to": document.refers_to or None,
        "counted_at": statement.made_at,
        "formats": formats_of(document),
        "url": reverse("api:statement", args=[statement.pk]),
        "lines_url": reverse("api:statement_lines", args=[statement.pk]),
    }


def shown_line(line: Line, row: StatementLine, document: Document) -> dict[str, Any]:
    """Return a line; texts are those of the files."""
    price = unit_price(line, document.currency)
    return {
        "position": line.position,
        "kind": line.kind,
        "description": line_text(line, document.language),
        "account": line.account or None,
        "partner_id": line.partner_id or None,
        "country": line.country or None,
        "operator": line.operator or None,
        "sender_type": line.sender_type or None,
        "first_day": line.first,
        "last_day": line.last,
        "quantity": line.quantity,
        "unit": line.per or "item",
        "unit_price": None if price is None else f"{price.value:f}",
        "is_average": price is not None and price.is_average,
        "amount": str(as_decimal(line.amount, document.currency)),
        "vat_category": line.vat.category,
        "vat_rate": percent_text(line.vat.rate),
        "price_list": line.price_list or None,
        "prices_from": line.version,
        "corrects": line.corrects or None,
        "causes": [
            {"cause": cause, "messages": messages, "parts": parts}
            for cause, messages, parts in row.counted.get("why", ())
        ],
    }
