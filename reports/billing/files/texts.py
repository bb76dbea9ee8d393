"""The words of a statement's files in the customer's language; the English word is the key."""

from reports.billing.amounts import Category
from reports.billing.document import CORRECTION, Document, Line
from reports.monthly.texts import find_locale, name_country, translate

_FINNISH = {
    "Invoice": "Lasku",
    "Credit note": "Hyvityslasku",
    "Draft": "Luonnos",
    "Number": "Numero",
    "Date": "Päiväys",
    "Due date": "Eräpäivä",
    "Payment terms": "Maksuehto",
    "{days} days net": "{days} päivää netto",
    "Reference number": "Viitenumero",
    "RF reference": "RF-viite",
    "Your reference": "Viitteenne",
    "Seller": "Myyjä",
    "Buyer": "Ostaja",
    "Business ID": "Y-tunnus",
    "VAT ID": "ALV-tunnus",
    "Bank account": "Tilinumero",
    "Corrects": "Korjaa laskua",
    "Credits": "Hyvittää laskun",
    "Line": "Rivi",
    "Description": "Kuvaus",
    "Section": "Erittely",
    "From": "Alkaen",
    "To": "Asti",
    "Quantity": "Määrä",
    "Unit": "Yksikkö",
    "Unit price": "Yksikköhinta",
    "average": "keskihinta",
    "Amount": "Summa",
    "VAT": "ALV",
    "VAT category": "ALV-luokka",
    "VAT rate": "ALV-kanta",
    "Reason for no VAT": "Verottomuuden peruste",
    "Net": "Veroton",
    "Without VAT": "Veroton yhteensä",
    "VAT in total": "ALV yhteensä",
    "To pay": "Maksettava",
    "To be credited": "Hyvitettävä",
    "Price list": "Hinnasto",
    "Prices from": "Hinnat alkaen",
    "Sender type": "Lähettäjän tyyppi",
    "SMS to {country}": "Tekstiviestit: {country}",
    "part": "osa",
    "message": "viesti",
    "item": "kpl",
    "Correction of {number}": "Laskun {number} korjaus",
    "Exchange rate": "Vaihtokurssi",
    "VAT in {currency}": "ALV ({currency})",
    "Statement": "Lasku",
    "Lines": "Rivit",
    "Month": "Kuukausi",
    "Customer": "Asiakas",
    "Kind": "Tyyppi",
    "Total": "Yhteensä",
    "Draft, not an invoice": "Luonnos, ei lasku",
    "Standard rate": "Verollinen",
    "Reverse charge": "Käännetty verovelvollisuus",
    "Exempt": "Vapautettu",
    "Not subject to VAT": "Veron soveltamisalan ulkopuolella",
    "Zero rate": "Nollaverokanta",
}

CATEGORIES = {
    Category.STANDARD: "Standard rate",
    Category.REVERSE_CHARGE: "Reverse charge",
    Category.EXEMPT: "Exempt",
    Category.OUT_OF_SCOPE: "Not subject to VAT",
    Category.ZERO: "Zero rate",
}


def category_text(category: str, language: str) -> str:
    """Return a VAT category in words; "" of a draft without terms."""
    return say(CATEGORIES[Category(category)], language) if category else ""


def say(text: str, language: str) -> str:
    """Return one of our own texts in the language; without a translation it stays English."""
    if find_locale(language).language == "fi" and text in _FINNISH:
        return _FINNISH[text]
    return translate(text, language)


def title_of(document: Document) -> str:
    """Return what the document is called, with its number."""
    word = say("Credit note" if document.is_credit_note else "Invoice", document.language)
    return f"{word} {document.number or say('Draft', document.language).lower()}"


def line_text(line: Line, language: str) -> str:
    """Return what a line is for: "SMS to Finland · Elisa", or a fee's name; a correction names its statement."""
    words = [line.name] if line.name else []
    if line.is_counted and line.country:
        words.append(say("SMS to {country}", language).format(country=name_country(line.country, language)))
    words += [word for word in (line.operator, line.sender_type) if word]
    if line.kind == CORRECTION and line.corrects:
        words.append(say("Correction of {number}", language).format(number=line.corrects))
    return " · ".join(words)


def section_text(line: Line) -> str:
    """Return the account and partner ID that a line belongs to; "" for what concerns the whole customer."""
    return " · ".join(word for word in (line.account, line.partner_id) if word)


def unit_text(line: Line, language: str) -> str:
    """Return the unit that a line's price is for."""
    return say(line.per or "item", language)
