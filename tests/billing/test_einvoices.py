"""Peppol and Finvoice files: valid by the schemas and rules of others, with the statement's figures."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from peppol import check_rules, validate_xsd

from reports.billing.amounts import Vat
from reports.billing.document import Exchange
from reports.billing.files import finvoice, ubl
from tests.billing.samples import BUYER, SELLER, credited, document, line, of_facts

NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}


def parsed(file: bytes) -> ET.Element:
    return ET.fromstring(file)  # noqa: S314  our own file


def base_example():
    """The amounts of Peppol's own base example: 7 at 400, 3 returned at 500, a charge of 25, tax of 25%."""
    vat = Vat("S", 2500)
    return document(
        line(1, 7, 400_000_000, vat=vat),
        line(2, -3, 500_000_000, vat=vat, kind="correction", corrects="SMS0990"),
        line(3, 1, 25_000_000, vat=vat, kind="fee", name="Monthly fee", country="", operator="", sender_type=""),
    )


def of_categories():
    reasons = {"AE": "Reverse charge", "E": "Exempt, section 41", "Z": ""}
    lines = [line(n, 1000, 65_000, vat=Vat(name, 0, reason)) for n, (name, reason) in enumerate(reasons.items(), 1)]
    return document(*lines, line(4, 1000, 65_000), line(5, 1000, 65_000, vat=Vat("S", 1400)))


def out_of_scope():
    return document(line(1, 1000, 65_000, vat=Vat("O", 0, "Outside the scope of VAT")))


def of_tiers():
    """Averages, a minimum, a discount and a price with six decimals."""
    return document(
        line(1, 15_000, None, amount=60_000, kind="tier", name="Nordics"),
        line(2, 7, None, amount=2, kind="tier", name="Nordics"),
        line(3, -4, None, amount=-1, kind="correction", corrects="SMS0990"),
        line(4, 1, None, amount=12_345, kind="minimum", name="Minimum", country=""),
        line(5, 1, None, amount=-500, kind="one_off", name="Discount", country=""),
        line(6, 123, 41_237),
        line(7, 0, None, amount=0, kind="tier", name="Nordics"),
    )


def in_kronor():
    return document(
        line(1, 4801, 650_000, vat=Vat("S", 2550)),
        currency="SEK",
        exchange=Exchange("EUR", 87_654_321, date(2026, 10, 30), 6_975),
    )


INVOICES = {
    "facts": of_facts,
    "base example": base_example,
    "categories": of_categories,
    "out of scope": out_of_scope,
    "tiers": of_tiers,
    "kronor": in_kronor,
}
DOCUMENTS = {name: make() for name, make in INVOICES.items()}
DOCUMENTS |= {f"credit of {name}": credited(make()) for name, make in INVOICES.items()}
DOCUMENTS["in Finnish"] = replace(of_facts(), language="fi")
DOCUMENTS["from abroad"] = replace(
    of_facts(), buyer=replace(BUYER, country="SE", business_id="5567890123", vat_id="SE556789012301")
)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_peppol_file_is_valid(name):
    file = ubl.write(DOCUMENTS[name])

    is_valid, errors = validate_xsd(file)

    assert (is_valid, errors) == (True, [])
    assert [str(finding) for finding in check_rules(file)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_peppol_file_keeps_rules_that_the_validator_leaves_out(name):
    root = parsed(ubl.write(DOCUMENTS[name]))

    assert [element.tag for element in root.iter() if not len(element) and not (element.text or "").strip()] == []
    assert root.findtext("cbc:BuyerReference", "", NAMES) != ""  # R003
    endpoints = root.findall(".//cac:Party/cbc:EndpointID", NAMES)  # R010, R020
    assert [(one.text, one.get("schemeID")) for one in endpoints] == [
        (SELLER.endpoint, "0216"),
        (BUYER.endpoint, "0216"),
    ]
    prices = [Decimal(one.text or "") for one in root.findall(".//cac:Price/cbc:PriceAmount", NAMES)]
    assert min(prices) >= 0  # BR-27
    categories = {one.text for one in root.findall(".//cac:TaxSubtotal/cac:TaxCategory/cbc:ID", NAMES)}
    if "O" in categories:  # BR-O-02, BR-O-05
        assert root.findall(".//cac:PartyTaxScheme", NAMES) == []
        assert root.findall(".//cac:ClassifiedTaxCategory/cbc:Percent", NAMES) == []
    for subtotal in root.findall(".//cac:TaxSubtotal/cac:TaxCategory", NAMES):
        has_reason = subtotal.find("cbc:TaxExemptionReason", NAMES) is not None
        assert has_reason == (subtotal.findtext("cbc:ID", "", NAMES) in ("AE", "E", "O"))


def test_peppol_file_has_the_figures_of_the_base_example():
    root = parsed(ubl.write(base_example()))
    sums = root.find("cac:LegalMonetaryTotal", NAMES)

    assert {one.tag.split("}")[1]: one.text for one in sums} == {
        "LineExtensionAmount": "1325.00",
        "TaxExclusiveAmount": "1325.00",
        "TaxInclusiveAmount": "1656.25",
        "PayableAmount": "1656.25",
    }
    assert root.findtext("cac:TaxTotal/cbc:TaxAmount", "", NAMES) == "331.25"
    lines = root.findall("cac:InvoiceLine", NAMES)
    assert [
        (
            one.findtext("cbc:InvoicedQuantity", "", NAMES),
            one.findtext("cac:Price/cbc:PriceAmount", "", NAMES),
            one.findtext("cbc:LineExtensionAmount", "", NAMES),
        )
        for one in lines
    ] == [("7", "400.00", "2800.00"), ("-3", "500.00", "-1500.00"), ("1", "25.00", "25.00")]


def test_peppol_credit_note_states_positive_amounts_and_names_the_invoice():
    root = parsed(ubl.write(credited(of_facts())))

    assert root.tag.endswith("CreditNote")
    assert root.findtext("cbc:CreditNoteTypeCode", "", NAMES) == "381"
    assert root.findtext("cac:LegalMonetaryTotal/cbc:PayableAmount", "", NAMES) == "562.01"
    assert root.findtext("cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID", "", NAMES) == "SMS1001"


def test_peppol_file_states_the_tax_in_the_own_currency():
    root = parsed(ubl.write(in_kronor()))

    assert root.findtext("cbc:TaxCurrencyCode", "", NAMES) == "EUR"
    taxes = [(one.text, one.get("currencyID")) for one in root.findall("cac:TaxTotal/cbc:TaxAmount", NAMES)]
    assert taxes == [("795.77", "SEK"), ("69.75", "EUR")]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_finvoice_file_has_what_the_standard_asks_for(name):
    root = parsed(finvoice.write(DOCUMENTS[name]))
    known = DOCUMENTS[name]

    assert root.get("Version") == "3.0"
    mandatory = (
        "SellerPartyDetails/SellerOrganisationName",
        "BuyerPartyDetails/BuyerOrganisationName",
        "InvoiceDetails/InvoiceTypeCode",
        "InvoiceDetails/InvoiceTypeText",
        "InvoiceDetails/OriginCode",
        "InvoiceDetails/InvoiceNumber",
        "InvoiceDetails/InvoiceDate",
        "InvoiceDetails/InvoiceTotalVatIncludedAmount",
        "InvoiceRow/ArticleName",
        "EpiDetails/EpiIdentificationDetails/EpiDate",
        "EpiDetails/EpiPartyDetails/EpiBfiPartyDetails/EpiBfiIdentifier",
        "EpiDetails/EpiPartyDetails/EpiBeneficiaryPartyDetails/EpiAccountID",
        "EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount",
        "EpiDetails/EpiPaymentInstructionDetails/EpiCharge",
        "EpiDetails/EpiPaymentInstructionDetails/EpiDateOptionDate",
    )
    assert [path for path in mandatory if not root.findtext(path)] == []
    assert root.find("EpiDetails/EpiIdentificationDetails/EpiReference") is not None
    amounts = [one for one in root.iter() if "AmountCurrencyIdentifier" in one.attrib]
    assert [one.text for one in amounts if not re.fullmatch(r"-?[0-9]{1,15},[0-9]{2,5}", one.text or "")] == []
    assert {one.get("AmountCurrencyIdentifier") for one in amounts} <= {known.currency, "EUR"}
    days = [one.text for one in root.iter() if one.get("Format") == "CCYYMMDD"]
    assert [day for day in days if not re.fullmatch(r"20\d{6}", day or "")] == []
    assert root.findtext("InvoiceDetails/InvoiceTypeCode") == ("INV02" if known.is_credit_note else "INV01")
    for row, one in zip(root.findall("InvoiceRow"), known.lines, strict=True):
        price = Decimal((row.findtext("UnitPriceAmount") or "").replace(",", "."))
        base = int(row.findtext("UnitPriceBaseQuantity") or 1)
        amount = Decimal((row.findtext("RowVatExcludedAmount") or "").replace(",", "."))
        assert abs(one.quantity * price / base - amount) <= Decimal("0.005")


def test_finvoice_file_has_the_figures_of_the_worked_example():
    root = parsed(finvoice.write(of_facts()))

    def found(path: str) -> str | None:
        return root.findtext(path)

    assert found("InvoiceDetails/InvoiceTotalVatIncludedAmount") == "562,01"
    assert found("InvoiceDetails/VatSpecificationDetails/VatRatePercent") == "25,5"
    assert found("EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount") == "562,01"
    assert found("EpiDetails/EpiPaymentInstructionDetails/EpiRemittanceInfoIdentifier") == "10016"
    assert [(row.findtext("ArticleName"), row.findtext("UnitPriceAmount")) for row in root.findall("InvoiceRow")] == [
        ("SMS to Finland · Elisa · alphanumeric", "0,065"),
        ("SMS to Sweden · Telia · alphanumeric", "0,0412"),
    ]


def test_drafts_and_currencies_without_two_decimals_have_no_file():
    for made in (document(line(1, 1, 10), number=""), document(line(1, 1, 10), currency="JPY")):
        for write in (ubl.write, finvoice.write):
            with pytest.raises(ubl.NoFile, match="issued statements in currencies with two decimals"):
                write(made)
