"""A statement as a Peppol BIS Billing 3.0 invoice or credit note (UBL 2.1, EN 16931).

A credit note states positive amounts, so the signs of the stored ones are turned round. Elements stand in the order of
the UBL schemas. Nothing is written for what is not known: Peppol allows no empty elements.
"""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree as ET

from reports.billing.amounts import Category, Vat, VatSum
from reports.billing.document import Document, Line, Party, as_decimal, has_einvoice, price_of
from reports.billing.files.texts import category_text, line_text, say, section_text

_ROOT = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC, _CBC = f"{_ROOT}CommonAggregateComponents-2", f"{_ROOT}CommonBasicComponents-2"
_CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_INVOICE, _CREDIT_NOTE = "380", "381"
_CREDIT_TRANSFER = "30"
_UNIT = "C62"  # one
_FINNISH_IDS = "0212"  # the scheme of Finnish business ids

for _prefix, _uri in (("cac", _CAC), ("cbc", _CBC)):
    ET.register_namespace(_prefix, _uri)


class NoFile(ValueError):
    """The statement has no file of this format."""


def write(document: Document) -> bytes:
    """Return the file. Raises NoFile for a draft, and for a currency without two decimals."""
    if not has_einvoice(document):
        raise NoFile("A Peppol file is made of issued statements in currencies with two decimals.")
    return _Writer(document).write()


class _Writer:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.kind = "CreditNote" if document.is_credit_note else "Invoice"
        self.sign = -1 if document.is_credit_note else 1

    def write(self) -> bytes:
        document, namespace = self.document, f"{_ROOT}{self.kind}-2"
        ET.register_namespace("", namespace)
        root = ET.Element(f"{{{namespace}}}{self.kind}")
        self._head(root)
        _party(_sub(root, "AccountingSupplierParty"), document.seller, with_vat=self._names_vat())
        _party(_sub(root, "AccountingCustomerParty"), document.buyer, with_vat=self._names_vat())
        self._payment(root)
        self._tax(root)
        totals = document.totals
        sums = _sub(root, "LegalMonetaryTotal")
        self._amount(sums, "LineExtensionAmount", totals.net)
        self._amount(sums, "TaxExclusiveAmount", totals.net)
        self._amount(sums, "TaxInclusiveAmount", totals.total)
        self._amount(sums, "PayableAmount", totals.total)
        for line in document.lines:
            self._line(root, line)
        ET.indent(root)
        return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))

    def _head(self, root: ET.Element) -> None:
        document = self.document
        _text(root, "CustomizationID", _CUSTOMIZATION)
        _text(root, "ProfileID", _PROFILE)
        _text(root, "ID", document.number)
        _text(root, "IssueDate", document.issued_on)
        if document.is_credit_note:
            _text(root, "CreditNoteTypeCode", _CREDIT_NOTE)
        else:
            _text(root, "DueDate", document.due_on)
            _text(root, "InvoiceTypeCode", _INVOICE)
        _text(root, "DocumentCurrencyCode", document.currency)
        if document.exchange:
            _text(root, "TaxCurrencyCode", document.exchange.currency)
        _text(root, "BuyerReference", document.buyer.buyer_reference or document.buyer.business_id or document.number)
        period = _sub(root, "InvoicePeriod")
        _text(period, "StartDate", document.month_first)
        _text(period, "EndDate", document.month_last)
        if document.refers_to:
            earlier = _sub(_sub(root, "BillingReference"), "InvoiceDocumentReference")
            _text(earlier, "ID", document.refers_to)
            _text(earlier, "IssueDate", document.referred_on)

    def _payment(self, root: ET.Element) -> None:
        document = self.document
        if document.seller.iban:
            means = _sub(root, "PaymentMeans")
            _text(means, "PaymentMeansCode", _CREDIT_TRANSFER)
            _text(means, "PaymentID", document.reference)
            account = _sub(means, "PayeeFinancialAccount")
            _text(account, "ID", document.seller.iban)
            _text(account, "Name", document.seller.name)
            if document.seller.bic:
                _text(_sub(account, "FinancialInstitutionBranch"), "ID", document.seller.bic)
        if not document.is_credit_note:
            terms = say("{days} days net", document.language).format(days=document.payment_days)
            _text(_sub(root, "PaymentTerms"), "Note", terms)

    def _tax(self, root: ET.Element) -> None:
        document = self.document
        tax = _sub(root, "TaxTotal")
        self._amount(tax, "TaxAmount", document.totals.vat)
        for one in document.totals.by_vat:
            self._subtotal(tax, one)
        if document.exchange:
            vat = as_decimal(self.sign * document.exchange.vat, document.exchange.currency)
            _text(_sub(root, "TaxTotal"), "TaxAmount", vat, currencyID=document.exchange.currency)

    def _subtotal(self, tax: ET.Element, one: VatSum) -> None:
        subtotal = _sub(tax, "TaxSubtotal")
        self._amount(subtotal, "TaxableAmount", one.net)
        self._amount(subtotal, "TaxAmount", one.amount)
        category = self._category(subtotal, "TaxCategory", one.vat)
        if one.vat.category not in (Category.STANDARD, Category.ZERO):
            default = category_text(one.vat.category, self.document.language)
            _text(category, "TaxExemptionReason", one.vat.reason or default)
        _text(_sub(category, "TaxScheme"), "ID", "VAT")

    def _line(self, root: ET.Element, line: Line) -> None:
        language = self.document.language
        credited = self.document.is_credit_note
        quantity, price, base = self._price(line)
        element = _sub(root, "CreditNoteLine" if credited else "InvoiceLine")
        _text(element, "ID", line.position)
        if section := section_text(line):
            _text(element, "Note", section)
        _text(element, "CreditedQuantity" if credited else "InvoicedQuantity", quantity, unitCode=_UNIT)
        self._amount(element, "LineExtensionAmount", line.amount)
        period = _sub(element, "InvoicePeriod")
        _text(period, "StartDate", line.first)
        _text(period, "EndDate", line.last)
        item = _sub(element, "Item")
        _text(item, "Name", line_text(line, language)[:100])
        category = self._category(item, "ClassifiedTaxCategory", line.vat)
        _text(_sub(category, "TaxScheme"), "ID", "VAT")
        of_unit = _sub(element, "Price")
        _text(of_unit, "PriceAmount", price, currencyID=self.document.currency)
        if base is not None:
            _text(of_unit, "BaseQuantity", base, unitCode=_UNIT)

    def _price(self, line: Line) -> tuple[int, Decimal, int | None]:
        """Return quantity, price and the quantity that the price is for; a price is never negative (BR-27)."""
        quantity, amount = self.sign * line.quantity, self.sign * line.amount
        if line.micro is not None and line.micro >= 0:
            return quantity, price_of(line.micro), None
        whole = as_decimal(abs(amount), self.document.currency)
        if quantity and (quantity > 0) == (amount >= 0):
            return quantity, whole, abs(quantity)
        return (1 if amount >= 0 else -1), whole, None  # a price for nothing that is counted, or a discount

    def _category(self, parent: ET.Element, name: str, vat: Vat) -> ET.Element:
        category = _sub(parent, name)
        _text(category, "ID", vat.category)
        if vat.category != Category.OUT_OF_SCOPE:  # BR-O-05
            _text(category, "Percent", percent_text(vat.rate))
        return category

    def _amount(self, parent: ET.Element, name: str, minor: int) -> None:
        currency = self.document.currency
        _text(parent, name, as_decimal(self.sign * minor, currency), currencyID=currency)

    def _names_vat(self) -> bool:
        """Return whether VAT numbers are stated, which is not allowed where nothing is subject to VAT (BR-O-02)."""
        return all(one.vat.category != Category.OUT_OF_SCOPE for one in self.document.totals.by_vat)


def _party(parent: ET.Element, party: Party, *, with_vat: bool) -> None:
    element = _sub(parent, "Party")
    _text(element, "EndpointID", party.endpoint, schemeID=party.endpoint_scheme)
    _text(_sub(element, "PartyName"), "Name", party.name)
    address = _sub(element, "PostalAddress")
    _text(address, "StreetName", party.street)
    _text(address, "CityName", party.city)
    _text(address, "PostalZone", party.postcode)
    _text(_sub(address, "Country"), "IdentificationCode", party.country)
    if party.vat_id and with_vat:
        tax = _sub(element, "PartyTaxScheme")
        _text(tax, "CompanyID", party.vat_id)
        _text(_sub(tax, "TaxScheme"), "ID", "VAT")
    legal = _sub(element, "PartyLegalEntity")
    _text(legal, "RegistrationName", party.name)
    scheme = {"schemeID": _FINNISH_IDS} if party.country == "FI" else {}
    _text(legal, "CompanyID", party.business_id, **scheme)


def _sub(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{_CAC}}}{name}")


def _text(parent: ET.Element, name: str, value: object, **attributes: str) -> None:
    """Add an element with this text, and nothing where there is none."""
    if value is not None and value != "":
        ET.SubElement(parent, f"{{{_CBC}}}{name}", attributes).text = str(value)


def percent_text(rate: int) -> str:
    """Return a rate in hundredths of a percent as percent: 2550 is "25.5"."""
    return f"{Decimal(rate) / 100:f}" if rate % 100 else str(rate // 100)
