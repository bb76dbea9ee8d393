"""A statement as its files and the API show it: plain values, amounts in minor units, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports.billing.amounts import Totals, Vat
from reports.pricing.money import digits_of

USAGE, TIER, CORRECTION = "usage", "tier", "correction"  # kinds of lines that count messages
INVOICE, CREDIT_NOTE = "invoice", "credit_note"


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer, as the statement was issued; an empty text is not known."""

    name: str
    business_id: str = ""
    vat_id: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    iban: str = ""
    bic: str = ""
    endpoint: str = ""
    endpoint_scheme: str = ""
    intermediary: str = ""
    buyer_reference: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `micro` is the price of a unit in millionths; None where tiers make an average of it.

    `first` and `last` are the customer's days that it counts. `corrects` is the number of the statement that a
    correction is about. `name` is that of a fee or of a group of tiers.
    """

    id: int
    position: int
    kind: str
    quantity: int
    micro: int | None
    amount: int
    vat: Vat
    first: date
    last: date
    account: str = ""
    partner_id: str = ""
    country: str = ""
    operator: str = ""
    sender_type: str = ""
    name: str = ""
    price_list: str = ""
    version: date | None = None
    per: str = ""
    corrects: str = ""

    @property
    def is_counted(self) -> bool:
        """Return whether the line counts messages or their parts."""
        return self.kind in (USAGE, TIER, CORRECTION)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The rate at which the tax was converted to the issuer's own currency: units of it for one, in 10⁻⁹."""

    currency: str
    rate: int
    day: date
    vat: int  # in minor units of `currency`


@dataclass(frozen=True, slots=True)
class Document:
    """A statement with its lines. A credit note has negative quantities and amounts, as it is stored."""

    id: int
    kind: str
    state: str
    number: str  # "" of a draft
    month_first: date
    month_last: date
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    totals: Totals
    language: str
    issued_on: date | None = None
    due_on: date | None = None
    paid_on: date | None = None
    payment_days: int = 0
    reference: str = ""
    rf_reference: str = ""
    refers_to: str = ""
    referred_on: date | None = None
    exchange: Exchange | None = None

    @property
    def is_credit_note(self) -> bool:
        return self.kind == CREDIT_NOTE

    @property
    def is_draft(self) -> bool:
        return not self.number


def as_decimal(minor: int, currency: str) -> Decimal:
    """Return minor units as a number of the currency's unit, with all its decimals."""
    return Decimal(minor).scaleb(-digits_of(currency))


def price_of(micro: int) -> Decimal:
    """Return millionths as a number with at least two decimals and no further zeros."""
    exact = Decimal(micro).scaleb(-6)
    whole = exact.quantize(Decimal("0.01"))
    return whole if whole == exact else exact.normalize()


def average_price(line: Line, currency: str) -> Decimal | None:
    """Return the price of a unit that a line amounts to, with six decimals; None without a quantity."""
    if not line.quantity:
        return None
    return (as_decimal(line.amount, currency) / line.quantity).quantize(Decimal("0.000001"))


def has_einvoice(document: Document) -> bool:
    """Return whether there are files for electronic invoicing: of issued statements in currencies with two decimals."""
    return not document.is_draft and digits_of(document.currency) == 2
