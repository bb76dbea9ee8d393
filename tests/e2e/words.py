"""The workbook's words in the tests' languages, written out."""

from deliveries.dialects.link_codes import CODES

SHEETS = ("Summary", "Countries", "Partner IDs", "Campaigns", "Operators", "Days", "Errors", "Latency")

FINNISH = {
    "Summary": "Yhteenveto", "Countries": "Maat", "Partner IDs": "Kumppanitunnukset", "Campaigns": "Kampanjat",
    "Operators": "Operaattorit", "Days": "Päivät", "Errors": "Virheet", "Latency": "Viiveet",
    "Country code": "Maakoodi", "Country": "Maa", "Messages": "Viestit", "SMS parts": "SMS-osat",
    "Delivered parts": "Toimitetut osat", "Billed parts": "Laskutetut osat", "Subtotal": "Välisumma",
    "Delivered": "Toimitettu", "Failed": "Epäonnistunut", "Pending": "Kesken", "Unknown": "Tuntematon",
    "Delivery rate": "Toimitusaste", "Partner ID": "Kumppanitunnus", "Campaign": "Kampanja", "Variant": "Versio",
    "Operator": "Operaattori", "Day": "Päivä", "Code": "Koodi", "Meaning": "Merkitys", "Reason": "Syy",
    "Share": "Osuus", "Total": "Yhteensä", "p50": "p50", "p90": "p90", "p95": "p95", "p99": "p99",
    "Delivered (messages with a known time)": "Toimitettu (viestit, joiden aika tunnetaan)",
    "(no campaign)": "(ei kampanjaa)", "(unknown)": "(tuntematon)", "(none)": "(ei tunnusta)",
    "(unassigned)": "(kohdistamaton)",
    "Item": "Tieto", "Value": "Arvo", "95% from": "95 % alkaen", "95% to": "95 % asti", "Tenant": "Asiakas",
    "Account": "Tili", "Period": "Ajanjakso", "Time zone": "Aikavyöhyke", "Data as of": "Tietojen ajankohta",
    "Oldest waiting": "Vanhin odottava", "nothing waiting": "mikään ei odota", "State": "Tila", "final": "lopullinen",
    "Revision": "Julkaisu", "Currency": "Valuutta", "Parts per message": "Osia viestiä kohden",
    "Delivered of the final": "Toimitettu lopullisista", "Failed share": "Epäonnistuneiden osuus",
    "Pending share": "Keskeneräisten osuus", "Unknown share": "Tuntemattomien osuus", "Maturity": "Valmiusaste",
    "Latency p50": "Viive p50", "Latency p90": "Viive p90", "Latency p95": "Viive p95", "Latency p99": "Viive p99",
    "Warning": "Varoitus",
    "routing": "reititys", "subscriber": "vastaanottaja", "deleted": "poistettu", "sender": "lähettäjä",
    "destination type": "kohteen tyyppi", "payment": "maksu", "encoding": "merkistö", "content": "sisältö",
    "other": "muu", "Definitions": "Selitykset", "Changes": "Muutokset",
}  # fmt: skip

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fi": "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
}


def month_name(number: int, language: str) -> str:
    return MONTHS[language].split()[number - 1]


def in_language(text: str, language: str) -> str:
    """Return the word in the language. Raises KeyError for a word that is not listed."""
    return text if language == "en" else FINNISH[text]


def meaning_of(code: int, language: str) -> str:
    """Return a code's text as the portal's table has it: prose, which no recount can make."""
    if code not in CODES:
        return "Unknown result code" if language == "en" else "Tuntematon tuloskoodi"
    return CODES[code].text_en if language == "en" else CODES[code].text_fi
