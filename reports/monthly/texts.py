"""The words of a report's file in the tenant's language; the English word is the key that machines read."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_decimal

_FINNISH = {
    # sheets
    "Summary": "Yhteenveto",
    "Countries": "Maat",
    "Partner IDs": "Kumppanitunnukset",
    "Campaigns": "Kampanjat",
    "Operators": "Operaattorit",
    "Days": "Päivät",
    "Errors": "Virheet",
    "Latency": "Viiveet",
    "Notes": "Huomautukset",
    "Cover": "Kansi",
    "Sheets": "Välilehdet",
    "Definitions": "Selitykset",
    "Column": "Sarake",
    "Definition": "Selitys",
    "Groups": "Ryhmät",
    "Reasons": "Syyt",
    "Variants": "Versiot",
    "Comparisons": "Vertailut",
    "Places": "Maat ja operaattorit",
    "Segments": "Segmentit",
    "Segments of two keys": "Kahden avaimen segmentit",
    # columns
    "Item": "Tieto",
    "Value": "Arvo",
    "95% from": "95 % alkaen",
    "95% to": "95 % asti",
    "Country code": "Maakoodi",
    "Country": "Maa",
    "Messages": "Viestit",
    "SMS parts": "SMS-osat",
    "Delivered parts": "Toimitetut osat",
    "Billed parts": "Laskutetut osat",
    "Delivered": "Toimitettu",
    "Failed": "Epäonnistunut",
    "Pending": "Kesken",
    "Unknown": "Tuntematon",
    "Delivery rate": "Toimitusaste",
    "Partner ID": "Kumppanitunnus",
    "Tenant": "Asiakas",
    "Time zone": "Aikavyöhyke",
    "Campaign": "Kampanja",
    "Variant": "Versio",
    "Operator": "Operaattori",
    "Day": "Päivä",
    "Code": "Koodi",
    "Meaning": "Merkitys",
    "Reason": "Syy",
    "Share": "Osuus",
    "Delivered (messages with a known time)": "Toimitettu (viestit, joiden aika tunnetaan)",
    "Hour": "Tunti",
    "Week": "Viikko",
    "Month": "Kuukausi",
    "Sender type": "Lähettäjän tyyppi",
    "Status": "Tila",
    "Result code": "Tuloskoodi",
    "Value of the second key": "Toisen avaimen arvo",
    "Better": "Parempi",
    "Other": "Toinen",
    "Difference": "Ero",
    "P-value": "P-arvo",
    "Sure": "Varma",
    "yes": "kyllä",
    "no": "ei",
    "Counted": "Laskettu",
    "Reached": "Tavoitettu",
    "Revenue per recipient": "Tuotto vastaanottajaa kohti",
    "Rate": "Osuus",
    "Total": "Yhteensä",
    "Subtotal": "Välisumma",
    "Sheet": "Välilehti",
    "Cell": "Solu",
    "Note": "Huomautus",
    # summary
    "Service": "Palvelu",
    "Account": "Tili",
    "Report": "Raportti",
    "Period": "Ajanjakso",
    "Data as of": "Tietojen ajankohta",
    "Oldest waiting": "Vanhin odottava",
    "nothing waiting": "mikään ei odota",
    "State": "Tila",
    "provisional": "alustava",
    "final": "lopullinen",
    "Revision": "Julkaisu",
    "Currency": "Valuutta",
    "Parts per message": "Osia viestiä kohden",
    "Delivered of the final": "Toimitettu lopullisista",
    "Failed share": "Epäonnistuneiden osuus",
    "Pending share": "Keskeneräisten osuus",
    "Unknown share": "Tuntemattomien osuus",
    "Maturity": "Valmiusaste",
    "Latency p50": "Viive p50",
    "Latency p90": "Viive p90",
    "Latency p95": "Viive p95",
    "Latency p99": "Viive p99",
    "Warning": "Varoitus",
    "Key": "Avain",
    "Second key": "Toinen avain",
    "Result": "Tulos",
    "Messages without a variant": "Viestit ilman versiota",
    # labels for what has no name
    "(no campaign)": "(ei kampanjaa)",
    "(other)": "(muut)",
    "(unknown)": "(tuntematon)",
    "(none)": "(ei tunnusta)",
    "(no reason)": "(ei syytä)",
    "(no value)": "(ei arvoa)",
    "(unassigned)": "(kohdistamaton)",
    "(no variant)": "(ei versiota)",
    "(small)": "(pienet)",
    "All others": "Kaikki muut",
    "({count} other rows)": "({count} muuta riviä)",
    # states of messages
    "queued": "jonossa",
    "sent": "lähetetty",
    "delivered": "toimitettu",
    "failed": "epäonnistunut",
    "expired": "vanhentunut",
    "rejected": "hylätty",
    "unknown": "tuntematon",
    # reason classes of docs/link.md section 4
    "routing": "reititys",
    "subscriber": "vastaanottaja",
    "deleted": "poistettu",
    "sender": "lähettäjä",
    "destination type": "kohteen tyyppi",
    "payment": "maksu",
    "encoding": "merkistö",
    "content": "sisältö",
    "other": "muu",
    # charts, print and notes
    "Messages by day": "Viestit päivittäin",
    "Messages by country, largest 12": "Viestit maittain, 12 suurinta",
    "Page": "Sivu",
    "Late delivery reports are still expected, so the figures can still change.": (
        "Myöhäisiä kuittauksia odotetaan vielä, joten luvut voivat muuttua."
    ),
    "Underlined numbers open the list of their messages in the portal. Opening it needs an account.": (
        "Alleviivatut luvut avaavat portaalissa luettelon viesteistään. Avaamiseen tarvitset tunnuksen."
    ),
    "Figures from here on have no links: a sheet holds {most} of them at most.": (
        "Tästä eteenpäin luvuilla ei ole linkkejä: välilehdelle mahtuu niitä enintään {most}."
    ),
    "No rows.": "Ei rivejä.",
    "SMS reporting portal": "SMS-raportointiportaali",
    "The text has {length} characters, more than a cell holds; it is cut after {kept}.": (
        "Tekstissä on {length} merkkiä, enemmän kuin soluun mahtuu; se on katkaistu {kept} merkin jälkeen."
    ),
    "Control characters are shown as visible signs.": "Ohjausmerkit näytetään näkyvinä merkkeinä.",
    "The table is longer than one sheet and goes on in “{sheet}”.": (
        "Taulukko on yhtä välilehteä pidempi ja jatkuu välilehdellä ”{sheet}”."
    ),
    "Some messages have no final state although the waiting time is over: their operators sent no report.": (
        "Osalla viesteistä ei ole lopullista tilaa, vaikka odotusaika on ohi: operaattori ei ole lähettänyt kuittausta."
    ),
    "Unknown result code": "Tuntematon tuloskoodi",
    "{count} more notes of this kind are not listed.": "{count} muuta tällaista huomautusta ei ole lueteltu.",
}

_FINNISH |= {
    # what a revision changed
    "Changes": "Muutokset",
    "Row": "Rivi",
    "Column": "Sarake",
    "Old": "Vanha",
    "New": "Uusi",
    "Difference": "Ero",
    "Causes": "Syyt",
    "pt": "%-yks.",
    "percentage points": "prosenttiyksikköä",
}

# words of the PDF's charts, which no workbook has: they are in no workbook's fingerprint
_FINNISH_CHARTS = {
    "Delivery rate by day": "Toimitusaste päivittäin",
    "Stacked by delivered, pending, failed and unknown. Most: {label}, {count}. The table “{table}” has all figures.": (
        "Pinottuna: toimitettu, kesken, epäonnistunut ja tuntematon. Eniten: {label}, {count}. "
        "Kaikki luvut ovat taulukossa ”{table}”."
    ),
    "From {low} on {low_day} to {high} on {high_day}. The table “{table}” has all figures.": (
        "Alin {low} ({low_day}), ylin {high} ({high_day}). Kaikki luvut ovat taulukossa ”{table}”."
    ),
}

# words of costs and statements in saved reports, which no workbook of a month has
_FINNISH_COSTS = {
    "Costs": "Kustannukset",
    "Costs by country": "Kustannukset maittain",
    "Costs by partner ID": "Kustannukset tunnuksittain",
    "Costs by campaign": "Kustannukset kampanjoittain",
    "Costs by operator": "Kustannukset operaattoreittain",
    "Costs by variant": "Kustannukset versioittain",
    "Costs by day": "Kustannukset päivittäin",
    "Costs by value": "Kustannukset arvoittain",
    "Cost": "Kustannus",
    "Cost of a delivered message": "Toimitetun viestin kustannus",
    "Cost of failed messages": "Epäonnistuneiden kustannus",
    "Cost of billed, not delivered": "Laskutettu, ei toimitettu",
    "Cost of an unknown outcome": "Tuntemattomien kustannus",
    "At average prices": "Keskihinnoin",
    "Messages without a price": "Viestit ilman hintaa",
    "Statements": "Laskut",
    "Number": "Numero",
    "Without VAT": "Ilman arvonlisäveroa",
    "To pay": "Maksettavaa",
}

_CATALOGUES: dict[str, dict[str, str]] = {"fi": _FINNISH}
_WORDS: dict[str, dict[str, str]] = {"fi": _FINNISH | _FINNISH_CHARTS | _FINNISH_COSTS}

_MONTH = re.compile(r"\d{4}-\d{2}")
_DATE_FORMATS = {"fi": "d.m.yyyy"}


@lru_cache
def find_locale(language: str) -> Locale:
    """Return Babel's locale for a tag such as `fi` or `pt-br`, English where Babel knows none."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def translate(text: str, language: str) -> str:
    """Return our own text in the language; a language or text that is not in the catalogue stays English."""
    return _WORDS.get(find_locale(language).language, {}).get(text, text)


def catalogue(language: str) -> dict[str, str]:
    """Return the workbook's own texts in the language, by the English ones; none for English."""
    return _CATALOGUES.get(find_locale(language).language, {})


def name_country(code: str, language: str) -> str:
    """Return a country's name by CLDR; `ZZ` is "Unknown", a code that CLDR does not know stays as it is."""
    if code == "ZZ":
        return translate("Unknown", language)
    return str(find_locale(language).territories.get(code, code))


def name_month(month: str, language: str) -> str:
    """Return `2026-10` as "October 2026" in the language; the name of another period stays as it is."""
    if not _MONTH.fullmatch(month):
        return month
    return format_skeleton("yMMMM", date.fromisoformat(f"{month}-01"), locale=find_locale(language))


def points_unit(language: str) -> str:
    """Return the unit of percentage points, as pages have it."""
    return translate("pt", language)


def name_days(first: date, last: date, language: str) -> str:
    """Return days as "1–7 Oct 2026" in the language, what both ends share said once."""
    locale = find_locale(language)
    if locale.language == "en":
        locale = Locale("en", "GB")  # as on pages: the day before the month
    if first == last:
        return format_date(first, "medium", locale=locale)
    return format_interval(first, last, "yMMMd", locale=locale)


def number_text(number: int, language: str) -> str:
    """Return a number with the language's thousands separators, for use within a sentence."""
    return format_decimal(number, locale=find_locale(language))


def excel_date_format(language: str) -> str:
    """Return the number format of a day: the language's own where it is known, else ISO 8601."""
    return _DATE_FORMATS.get(find_locale(language).language, "yyyy-mm-dd")
