"""Statements as CSV for bookkeeping: a row for each statement, tax category and rate."""

from __future__ import annotations

import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from portal.common.csv_file import ENCODING, CsvForm, Number, write_rows
from reports.billing.document import Document, as_decimal
from reports.billing.files.texts import say
from reports.billing.files.ubl import percent_text
from reports.pricing.money import digits_of

_HEADS = (
    "Number",
    "Kind",
    "Date",
    "Due date",
    "Month",
    "Customer",
    "Business ID",
    "VAT ID",
    "Reference number",
    "Corrects",
    "Currency",
    "VAT category",
    "VAT rate",
    "Net",
    "VAT",
    "Total",
    "Exchange rate",
)


def write(documents: Iterable[Document], form: CsvForm, language: str) -> bytes:
    """Return the file; drafts are left out."""
    text = io.TextIOWrapper(io.BytesIO(), encoding=ENCODING, newline="")
    write_rows(text, form, [[say(head, language) for head in _HEADS]])
    for document in documents:
        if not document.is_draft:
            write_rows(text, form, _rows(document, form, language))
    text.flush()
    file = text.detach()
    assert isinstance(file, io.BytesIO)
    return file.getvalue()


def _rows(document: Document, form: CsvForm, language: str) -> Iterable[list[Any]]:
    currency, buyer, exchange = document.currency, document.buyer, document.exchange

    def money(minor: int) -> Number:
        return Number(f"{as_decimal(minor, currency):.{digits_of(currency)}f}".replace(".", form.decimal))

    for one in document.totals.by_vat:
        rate = "" if exchange is None else f"{Decimal(exchange.rate).scaleb(-9).normalize():f}"
        yield [
            document.number,
            say("Credit note" if document.is_credit_note else "Invoice", language),
            document.issued_on,
            document.due_on,
            f"{document.month_first:%Y-%m}",
            buyer.name,
            buyer.business_id,
            buyer.vat_id,
            document.reference,
            document.refers_to,
            currency,
            one.vat.category,
            Number(percent_text(one.vat.rate).replace(".", form.decimal)),
            money(one.net),
            money(one.amount),
            money(one.net + one.amount),
            Number(rate.replace(".", form.decimal)),
        ]
