"""A statement as tables of typed cells, from which the PDF and the workbook are made, so that both say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal, format_percent

from reports.billing.document import Document, Line, Party, as_decimal, average_price, price_of
from reports.billing.files.texts import category_text, line_text, say, section_text, title_of, unit_text
from reports.billing.references import grouped
from reports.monthly.texts import find_locale, name_month
from reports.monthly.writers.words import cell_text
from reports.pricing.money import digits_of

LINES = (
    ("Line", "int"),
    ("Description", "text"),
    ("Section", "text"),
    ("From", "date"),
    ("To", "date"),
    ("Quantity", "int"),
    ("Unit", "text"),
    ("Unit price", "price"),
    ("VAT rate", "percent"),
    ("Amount", "money"),
)
VAT = (
    ("VAT category", "text"),
    ("VAT rate", "percent"),
    ("Reason for no VAT", "text"),
    ("Net", "money"),
    ("VAT", "money"),
)


@dataclass(frozen=True, slots=True)
class Price:
    """A price of a unit; an average where tiers make it."""

    value: Decimal
    is_average: bool = False


def facts(document: Document) -> list[tuple[str, Any, str]]:
    """Return what stands above the lines: label, value and kind of the value."""
    language = document.language

    def of(label: str) -> str:
        return say(label, language)

    rows: list[tuple[str, Any, str]] = [
        (of("Number"), document.number or of("Draft, not an invoice"), "text"),
        (of("Month"), name_month(f"{document.month_first:%Y-%m}", language), "text"),
        (of("Date"), document.issued_on, "date"),
    ]
    if not document.is_credit_note:
        rows.append((of("Due date"), document.due_on, "date"))
        rows.append((of("Payment terms"), of("{days} days net").format(days=document.payment_days), "text"))
    rows += [
        (of("Reference number"), grouped(document.reference), "text"),
        (of("RF reference"), grouped(document.rf_reference), "text"),
        (of("Your reference"), document.buyer.buyer_reference, "text"),
        (of("Bank account"), " ".join(word for word in (document.seller.iban, document.seller.bic) if word), "text"),
    ]
    if document.refers_to:
        word = "Credits" if document.is_credit_note else "Corrects"
        rows.append((of(word), document.refers_to, "text"))
    if document.exchange:
        exchange = document.exchange
        rate = Decimal(exchange.rate).scaleb(-9).normalize()
        rows.append(
            (of("Exchange rate"), f"1 {document.currency} = {rate:f} {exchange.currency} ({exchange.day})", "text")
        )
        in_own = as_decimal(exchange.vat, exchange.currency)
        rows.append((of("VAT in {currency}").format(currency=exchange.currency), in_own, "money"))
    return [row for row in rows if row[1] not in (None, "")]


def party_lines(party: Party, language: str) -> list[str]:
    """Return a party's name, address and ids, a line each."""
    ids = [("Business ID", party.business_id), ("VAT ID", party.vat_id)]
    place = " ".join(word for word in (party.postcode, party.city, party.country) if word)
    found = [party.name, party.street, place, *(f"{say(name, language)} {text}" for name, text in ids if text)]
    return [line for line in found if line]


def line_cells(line: Line, document: Document) -> tuple[Any, ...]:
    """Return the cells of a line, in the order of LINES."""
    language, currency = document.language, document.currency
    return (
        line.position,
        line_text(line, language),
        section_text(line),
        line.first,
        line.last,
        line.quantity,
        unit_text(line, language),
        unit_price(line, currency),
        Decimal(line.vat.rate) / 10_000,
        as_decimal(line.amount, currency),
    )


def unit_price(line: Line, currency: str) -> Price | None:
    """Return the price of a line's unit, the average one of tiers; None where nothing is counted."""
    if line.micro is not None:
        return Price(price_of(line.micro))
    average = average_price(line, currency)
    return None if average is None else Price(average, is_average=True)


def vat_cells(document: Document) -> list[tuple[Any, ...]]:
    """Return a row for each category and rate, in the order of VAT."""
    currency, language = document.currency, document.language
    return [
        (
            category_text(one.vat.category, language),
            Decimal(one.vat.rate) / 10_000,
            one.vat.reason,
            as_decimal(one.net, currency),
            as_decimal(one.amount, currency),
        )
        for one in document.totals.by_vat
    ]


def sums(document: Document) -> list[tuple[str, Decimal]]:
    """Return the totals with their labels."""
    totals, language = document.totals, document.language
    last = "To be credited" if document.is_credit_note else "To pay"
    return [
        (say("Without VAT", language), as_decimal(totals.net, document.currency)),
        (say("VAT in total", language), as_decimal(totals.vat, document.currency)),
        (f"{say(last, language)} ({document.currency})", as_decimal(totals.total, document.currency)),
    ]


def shown(value: Any, kind: str, document: Document) -> str:
    """Return a cell as people of the customer's language read it."""
    if value is None:
        return ""
    locale = find_locale(document.language)
    if kind == "money":
        places = "0" * digits_of(document.currency)
        return str(format_decimal(value, f"#,##0.{places}" if places else "#,##0", locale=locale))
    if kind == "price":
        text = str(format_decimal(value.value, "#,##0.00####", locale=locale))
        return f"{text} ({say('average', document.language)})" if value.is_average else text
    if kind == "percent":
        return str(format_percent(value, "0.##\u00a0%" if locale.language == "fi" else "0.##%", locale=locale))
    if kind == "int":
        return cell_text(value, "int", document.language)
    return cell_text(value, "date", document.language) if isinstance(value, date) else str(value)


def file_stem(document: Document) -> str:
    """Return the name of a statement's files without their ending."""
    return f"{document.month_first:%Y-%m} {title_of(document)}"
