"""Statements without a database."""

from dataclasses import replace
from datetime import date

from reports.billing.amounts import Vat, amount_of, totals_of
from reports.billing.document import Document, Line, Party

SELLER = Party(
    name="Esimerkki Viestit Oy",
    business_id="1234567-1",
    vat_id="FI12345671",
    street="Mannerheimintie 1 A 2",
    postcode="00100",
    city="Helsinki",
    country="FI",
    iban="FI2112345600000785",
    bic="NDEAFIHH",
    endpoint="003712345671",
    endpoint_scheme="0216",
    intermediary="003721291126",
)
BUYER = Party(
    name="Nordic Retail Oy",
    business_id="7654321-2",
    vat_id="FI76543212",
    street="Aleksanterinkatu 52",
    postcode="00100",
    city="Helsinki",
    country="FI",
    endpoint="003776543212",
    endpoint_scheme="0216",
    intermediary="003721291126",
    buyer_reference="PO-4711",
)
VAT = Vat("S", 2550)


def line(position: int, quantity: int, micro: int | None, **values) -> Line:
    """Return a line of October 2026; its amount is quantity × price unless it is given."""
    amount = values.pop("amount", None)
    if amount is None:
        amount = amount_of(quantity, micro or 0, "EUR")
    known = {
        "id": position,
        "kind": "usage",
        "vat": VAT,
        "first": date(2026, 10, 1),
        "last": date(2026, 10, 31),
        "account": "nordic-main",
        "partner_id": "ppid-1",
        "country": "FI",
        "operator": "Elisa",
        "sender_type": "alphanumeric",
        "price_list": "Retail 2026",
        "version": date(2026, 1, 1),
        "per": "part",
    }
    return Line(position=position, quantity=quantity, micro=micro, amount=amount, **(known | values))


def document(*lines: Line, **values) -> Document:
    """Return an issued invoice of October 2026 with these lines."""
    known = {
        "id": 1,
        "kind": "invoice",
        "state": "issued",
        "number": "SMS1001",
        "month_first": date(2026, 10, 1),
        "month_last": date(2026, 10, 31),
        "currency": "EUR",
        "seller": SELLER,
        "buyer": BUYER,
        "totals": totals_of((one.amount, one.vat) for one in lines),
        "language": "en",
        "issued_on": date(2026, 11, 5),
        "due_on": date(2026, 11, 19),
        "payment_days": 14,
        "reference": "10016",
        "rf_reference": "RF5610016",
    }
    return Document(lines=lines, **(known | values))


def of_facts() -> Document:
    """Return the invoice of FACTS: net 447.82, VAT 114.19, in all 562.01."""
    return document(line(1, 4801, 65_000), line(2, 3295, 41_200, country="SE", operator="Telia"))


def credited(invoice: Document, number: str = "SMS1002") -> Document:
    """Return the credit note that mirrors an invoice."""
    lines = tuple(replace(one, quantity=-one.quantity, amount=-one.amount) for one in invoice.lines)
    return document(
        *lines,
        kind="credit_note",
        number=number,
        refers_to=invoice.number,
        referred_on=invoice.issued_on,
        currency=invoice.currency,
    )
