"""A statement as a Finvoice 3.0 message.

Amounts have a decimal comma, also negative ones on a credit note (INV02). Elements stand in the order of the schema.
A unit price has five decimals at most, so prices are stated for a base quantity where they have more.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

from reports.billing.amounts import Category
from reports.billing.document import Document, Line, Party, as_decimal, has_einvoice
from reports.billing.files.texts import category_text, line_text, say, section_text, unit_text
from reports.billing.files.ubl import NoFile, percent_text

_INVOICE, _CREDIT_NOTE = "INV01", "INV02"
_CHARGE = "SHA"  # each side pays its own bank
_LONGEST_STREET, _STREETS = 35, 3
_BASE = 1000  # units that a price with six decimals is stated for


def write(document: Document) -> bytes:
    """Return the file. Raises NoFile for a draft, and for a currency without two decimals."""
    if not has_einvoice(document):
        raise NoFile("A Finvoice file is made of issued statements in currencies with two decimals.")
    root = ET.Element("Finvoice", {"Version": "3.0"})
    _transmission(root, document)
    _party(root, "Seller", document.seller)
    account = _sub(_sub(root, "SellerInformationDetails"), "SellerAccountDetails")
    _text(account, "SellerAccountID", document.seller.iban, IdentificationSchemeName="IBAN")
    _text(account, "SellerBic", document.seller.bic, IdentificationSchemeName="BIC")
    _party(root, "Buyer", document.buyer)
    _details(_sub(root, "InvoiceDetails"), document)
    for line in document.lines:
        _row(_sub(root, "InvoiceRow"), line, document)
    _payment(_sub(root, "EpiDetails"), document)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def _transmission(root: ET.Element, document: Document) -> None:
    """Add the addresses of the message; without both parties' operators the sender's software adds them."""
    seller, buyer = document.seller, document.buyer
    if not (seller.endpoint and seller.intermediary and buyer.endpoint and buyer.intermediary):
        return
    details = _sub(root, "MessageTransmissionDetails")
    sender = _sub(details, "MessageSenderDetails")
    _text(sender, "FromIdentifier", seller.endpoint, SchemeID=seller.endpoint_scheme)
    _text(sender, "FromIntermediator", seller.intermediary)
    receiver = _sub(details, "MessageReceiverDetails")
    _text(receiver, "ToIdentifier", buyer.endpoint, SchemeID=buyer.endpoint_scheme)
    _text(receiver, "ToIntermediator", buyer.intermediary)
    message = _sub(details, "MessageDetails")
    _text(message, "MessageIdentifier", f"statement-{document.number}")
    _text(message, "MessageTimeStamp", f"{document.issued_on}T00:00:00Z")
    _text(message, "SpecificationIdentifier", "EN16931")


def _party(root: ET.Element, role: str, party: Party) -> None:
    details = _sub(root, f"{role}PartyDetails")
    _text(details, f"{role}PartyIdentifier", party.business_id)
    _text(details, f"{role}OrganisationName", party.name[:70])
    _text(details, f"{role}OrganisationTaxCode", party.vat_id)
    address = _sub(details, f"{role}PostalAddressDetails")
    for start in range(0, min(len(party.street), _LONGEST_STREET * _STREETS), _LONGEST_STREET):
        _text(address, f"{role}StreetName", party.street[start : start + _LONGEST_STREET])
    _text(address, f"{role}TownName", party.city[:35])
    _text(address, f"{role}PostCodeIdentifier", party.postcode)
    _text(address, "CountryCode", party.country)


def _details(details: ET.Element, document: Document) -> None:
    word = "Credit note" if document.is_credit_note else "Invoice"
    _text(
        details, "InvoiceTypeCode", _CREDIT_NOTE if document.is_credit_note else _INVOICE,
        CodeListAgencyIdentifier="SPY",
    )  # fmt: skip
    _text(details, "InvoiceTypeCodeUN", "381" if document.is_credit_note else "380")
    _text(details, "InvoiceTypeText", say(word, document.language).upper())
    _text(details, "OriginCode", "Original")
    _text(details, "InvoiceNumber", document.number)
    _day(details, "InvoiceDate", document.issued_on)
    if document.refers_to:
        earlier = _sub(details, "OriginalInvoiceReference")
        _text(earlier, "InvoiceNumber", document.refers_to)
        _day(earlier, "InvoiceDate", document.referred_on)
    _day(details, "InvoicingPeriodStartDate", document.month_first)
    _day(details, "InvoicingPeriodEndDate", document.month_last)
    _text(details, "BuyerReferenceIdentifier", document.buyer.buyer_reference[:70])
    totals, currency = document.totals, document.currency
    _amount(details, "RowsTotalVatExcludedAmount", totals.net, currency)
    _amount(details, "InvoiceTotalVatExcludedAmount", totals.net, currency)
    _amount(details, "InvoiceTotalVatAmount", totals.vat, currency)
    if document.exchange:
        _amount(details, "InvoiceTotalVatAccountingAmount", document.exchange.vat, document.exchange.currency)
    _amount(details, "InvoiceTotalVatIncludedAmount", totals.total, currency)
    for one in totals.by_vat:
        vat = _sub(details, "VatSpecificationDetails")
        _amount(vat, "VatBaseAmount", one.net, currency)
        _text(vat, "VatRatePercent", percent_text(one.vat.rate).replace(".", ","))
        _text(vat, "VatCode", one.vat.category)
        _amount(vat, "VatRateAmount", one.amount, currency)
        if one.vat.category != Category.STANDARD:
            default = category_text(one.vat.category, document.language)
            _text(vat, "VatFreeText", (one.vat.reason or default)[:70])
    terms = _sub(details, "PaymentTermsDetails")
    _text(terms, "PaymentTermsFreeText", say("{days} days net", document.language).format(days=document.payment_days))
    _day(terms, "InvoiceDueDate", document.due_on)


def _row(row: ET.Element, line: Line, document: Document) -> None:
    language, currency = document.language, document.currency
    unit = unit_text(line, language)
    _text(row, "ArticleName", line_text(line, language)[:100])
    _text(row, "DeliveredQuantity", line.quantity, QuantityUnitCode=unit)
    _text(row, "InvoicedQuantity", line.quantity, QuantityUnitCode=unit)
    _day(row, "StartDate", line.first)
    _day(row, "EndDate", line.last)
    price, base = _price(line, currency)
    _text(row, "UnitPriceAmount", price, AmountCurrencyIdentifier=currency, UnitPriceUnitCode=unit)
    if base != 1:
        _text(row, "UnitPriceBaseQuantity", base, QuantityUnitCode=unit)
    if section := section_text(line):
        _text(row, "RowFreeText", section)
    _text(row, "RowVatRatePercent", percent_text(line.vat.rate).replace(".", ","))
    _text(row, "RowVatCode", line.vat.category)
    _amount(row, "RowVatExcludedAmount", line.amount, currency)


def _price(line: Line, currency: str) -> tuple[str, int]:
    """Return a price with two to five decimals, and the quantity that it is for."""
    if line.micro is None and line.quantity:
        amount, base = as_decimal(line.amount, currency), line.quantity
        return _comma(amount if base > 0 else -amount, 2), abs(base)
    if line.micro is None:
        return _comma(as_decimal(line.amount, currency), 2), 1
    exact = Decimal(line.micro).scaleb(-6)
    if exact == round(exact, 5):
        places = max(2, -int(str(exact.normalize().as_tuple().exponent)))
        return _comma(exact, places), 1
    return _comma(exact * _BASE, 3), _BASE


def _payment(details: ET.Element, document: Document) -> None:
    seller = document.seller
    identification = _sub(details, "EpiIdentificationDetails")
    _day(identification, "EpiDate", document.issued_on)
    ET.SubElement(identification, "EpiReference")  # the schema asks for it, banks use the one below
    parties = _sub(details, "EpiPartyDetails")
    bank = _sub(parties, "EpiBfiPartyDetails")
    _text(bank, "EpiBfiIdentifier", seller.bic, IdentificationSchemeName="BIC")
    beneficiary = _sub(parties, "EpiBeneficiaryPartyDetails")
    _text(beneficiary, "EpiNameAddressDetails", seller.name[:35])
    _text(beneficiary, "EpiAccountID", seller.iban, IdentificationSchemeName="IBAN")
    instruction = _sub(details, "EpiPaymentInstructionDetails")
    _text(instruction, "EpiRemittanceInfoIdentifier", document.reference, IdentificationSchemeName="SPY")
    _amount(instruction, "EpiInstructedAmount", document.totals.total, document.currency)
    _text(instruction, "EpiCharge", _CHARGE, ChargeOption=_CHARGE)
    _day(instruction, "EpiDateOptionDate", document.due_on)


def _amount(parent: ET.Element, name: str, minor: int, currency: str) -> None:
    _text(parent, name, _comma(as_decimal(minor, currency), 2), AmountCurrencyIdentifier=currency)


def _day(parent: ET.Element, name: str, day: date | None) -> None:
    if day is not None:
        _text(parent, name, f"{day:%Y%m%d}", Format="CCYYMMDD")


def _comma(value: Decimal, places: int) -> str:
    return f"{value:.{places}f}".replace(".", ",")


def _sub(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, name)


def _text(parent: ET.Element, name: str, value: object, **attributes: str) -> None:
    if value is not None and value != "":
        ET.SubElement(parent, name, {key: text for key, text in attributes.items() if text}).text = str(value)
