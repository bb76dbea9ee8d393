"""Meanings of the columns of reports, in both languages: the sheet of definitions.

Words that the portal's glossary explains have the glossary's sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.monthly.tables import Column, Table
from reports.monthly.texts import find_locale, translate

MEANINGS: dict[str, tuple[str, str]] = {
    "Country code": (
        "The country of the recipient's number, by ISO 3166-1; ZZ is an unknown one.",
        "Vastaanottajan numeron maa ISO 3166-1:n mukaan; ZZ on tuntematon.",
    ),
    "Country": ("The country of the recipient's number.", "Vastaanottajan numeron maa."),
    "Messages": (
        "One text to one number, whatever the number of its SMS parts.",
        "Yksi teksti yhteen numeroon riippumatta SMS-osien määrästä.",
    ),
    "SMS parts": (
        "A long text is sent in several parts. Billed parts are those that the gateway's codes call billed.",
        "Pitkä teksti lähetetään useana osana. Laskutettuja ovat osat, jotka yhdyskäytävän koodit merkitsevät "
        "laskutetuiksi.",
    ),
    "Delivered parts": ("The SMS parts of delivered messages.", "Toimitettujen viestien SMS-osat."),
    "Billed parts": (
        "The SMS parts of messages whose result code the gateway calls billed.",
        "SMS-osat viesteistä, joiden tuloskoodin yhdyskäytävä merkitsee laskutetuksi.",
    ),
    "Delivered": (
        "The operator reported that the message reached the phone. The share of all messages is the delivery rate.",
        "Operaattori kuittasi viestin saapuneen puhelimeen. Osuus kaikista viesteistä on toimitusaste.",
    ),
    "Failed": (
        "The message failed, expired or was rejected, and will not arrive.",
        "Viesti epäonnistui, vanheni tai hylättiin, eikä se tule perille.",
    ),
    "Pending": (
        "The message is queued or sent, and no final delivery report has come. It can still be delivered.",
        "Viesti on jonossa tai lähetetty, eikä lopullista kuittausta ole tullut. Se voi vielä mennä perille.",
    ),
    "Unknown": (
        "The gateway ended the message without knowing whether it arrived. It is counted neither way.",
        "Yhdyskäytävä päätti viestin tietämättä, menikö se perille. Sitä ei lasketa toimitetuksi eikä "
        "epäonnistuneeksi.",
    ),
    "Delivery rate": (
        "Delivered messages divided by all messages, pending and unknown ones included.",
        "Toimitetut viestit jaettuna kaikilla viesteillä; keskeneräiset ja tuntemattomat ovat mukana.",
    ),
    "95% from": (
        "The true delivery rate lies in this range with a confidence of 95 percent. Few messages make the range wide.",
        "Todellinen toimitusaste on tällä välillä 95 prosentin varmuudella. Mitä vähemmän viestejä, sitä leveämpi "
        "väli.",
    ),
    "Partner ID": (
        "LINK's platformPartnerId (PPID) of a message. It says which customer a message belongs to.",
        "Viestin platformPartnerId LINKissä (PPID). Se kertoo, kenelle asiakkaalle viesti kuuluu.",
    ),
    "Tenant": (
        "The customer that the messages belong to, with its short name in the portal.",
        "Asiakas, jolle viestit kuuluvat, ja sen lyhytnimi portaalissa.",
    ),
    "Time zone": (
        "The customer's time zone, in which its days begin and end.",
        "Asiakkaan aikavyöhyke, jossa sen päivät alkavat ja päättyvät.",
    ),
    "Campaign": (
        "Messages whose refIds name the same campaign, by the rule in Settings.",
        "Viestit, joiden refId nimeää saman kampanjan asetuksissa olevan säännön mukaan.",
    ),
    "Variant": (
        "One of several texts of a campaign that are compared, such as A and B.",
        "Yksi kampanjan vertailtavista teksteistä, kuten A ja B.",
    ),
    "Operator": (
        "The mobile operator that the delivery reports of a message name.",
        "Operaattori, jonka viestin kuittaukset nimeävät.",
    ),
    "Day": (
        "The day of sending in the customer's time zone. Figures of that day contain the message.",
        "Lähetyspäivä asiakkaan aikavyöhykkeellä. Viesti sisältyy sen päivän lukuihin.",
    ),
    "Code": (
        "The gateway's number for what happened to a message. It decides the status.",
        "Yhdyskäytävän numero sille, mitä viestille tapahtui. Se määrää tilan.",
    ),
    "Meaning": ("The gateway's text for the result code.", "Yhdyskäytävän teksti tuloskoodille."),
    "Reason": ("The kind of cause that the result code stands for.", "Syyn laji, jota tuloskoodi tarkoittaa."),
    "Share": (
        "The messages of the row divided by all messages of the table.",
        "Rivin viestit jaettuna taulukon kaikilla viesteillä.",
    ),
    "Delivered (messages with a known time)": (
        "Delivered messages for which both the time of sending and that of the delivery are known.",
        "Toimitetut viestit, joista tunnetaan sekä lähetyksen että toimituksen aika.",
    ),
    "p50": (
        "Half of the delivered messages arrived within this time after they were sent.",
        "Puolet toimitetuista viesteistä tuli perille tässä ajassa lähetyksestä.",
    ),
    "p90": (
        "90 of 100 delivered messages arrived within this time.",
        "90 sadasta toimitetusta viestistä tuli perille tässä ajassa.",
    ),
    "p95": (
        "95 of 100 delivered messages arrived within this time; the slowest 5 took longer.",
        "95 sadasta toimitetusta viestistä tuli perille tässä ajassa; hitaimmat 5 veivät kauemmin.",
    ),
    "p99": (
        "99 of 100 delivered messages arrived within this time.",
        "99 sadasta toimitetusta viestistä tuli perille tässä ajassa.",
    ),
    "Maturity": (
        "The share of messages that have their final status.",
        "Niiden viestien osuus, joilla on lopullinen tila.",
    ),
    "Revision": (
        "The number of a month's report among those that differ. The newest has the highest number.",
        "Kuukauden raportin numero niiden joukossa, jotka eroavat toisistaan. Uusimmalla on suurin numero.",
    ),
    "Data as of": (
        "All delivery reports received before this time are counted. “Waiting” are those received since then.",
        "Kaikki ennen tätä hetkeä saadut kuittaukset on laskettu. ”Odottaa” tarkoittaa sen jälkeen saatuja.",
    ),
}
MEANINGS |= {
    # the percentiles of all messages of a row
    "Latency p50": MEANINGS["p50"],
    "Latency p90": MEANINGS["p90"],
    "Latency p95": MEANINGS["p95"],
    "Latency p99": MEANINGS["p99"],
    # of saved reports
    "Hour": (
        "The hour of sending, in the report's time zone; messages from 14:00 to 14:59 are in 14:00.",
        "Lähetyksen tunti raportin aikavyöhykkeellä; viestit klo 14.00–14.59 ovat tunnissa 14.00.",
    ),
    "Week": (
        "The week of sending by ISO 8601, from Monday to Sunday.",
        "Lähetyksen viikko ISO 8601:n mukaan, maanantaista sunnuntaihin.",
    ),
    "Month": (
        "The calendar month of sending in the customer's time zone.",
        "Lähetyksen kalenterikuukausi asiakkaan aikavyöhykkeellä.",
    ),
    "Sender type": (
        "The kind of sender that the recipient sees: a name, a phone number or a short number.",
        "Vastaanottajan näkemän lähettäjän laji: nimi, puhelinnumero tai lyhytnumero.",
    ),
    "Status": (
        "What happened to a message so far: queued, sent, delivered, failed, expired, rejected or unknown.",
        "Mitä viestille on tähän mennessä tapahtunut: jonossa, lähetetty, toimitettu, epäonnistunut, vanhentunut, "
        "hylätty tai tuntematon.",
    ),
    "Result code": (
        "The gateway's number for what happened to a message. It decides the status.",
        "Yhdyskäytävän numero sille, mitä viestille tapahtui. Se määrää tilan.",
    ),
    "Delivered of the final": (
        "Delivered messages divided by those that are delivered or failed; pending and unknown ones are left out.",
        "Toimitetut viestit jaettuna toimitetuilla ja epäonnistuneilla; keskeneräiset ja tuntemattomat eivät ole "
        "mukana.",
    ),
    "Failed share": (
        "Failed messages divided by all messages.",
        "Epäonnistuneet viestit jaettuna kaikilla viesteillä.",
    ),
    "Pending share": (
        "Pending messages divided by all messages.",
        "Keskeneräiset viestit jaettuna kaikilla viesteillä.",
    ),
    "Unknown share": (
        "Unknown messages divided by all messages.",
        "Tuntemattomat viestit jaettuna kaikilla viesteillä.",
    ),
    "Parts per message": ("SMS parts divided by messages.", "SMS-osat jaettuna viesteillä."),
    "Value": (
        "The value of the segment key: messages with the same value are one row.",
        "Segmenttiavaimen arvo: viestit, joilla on sama arvo, ovat yksi rivi.",
    ),
    "Value of the second key": (
        "The value of the second segment key, within the value of the first.",
        "Toisen segmenttiavaimen arvo, ensimmäisen avaimen arvon sisällä.",
    ),
    "Counted": (
        "Messages that the test compares: all of the variant's. While the campaign runs, those that are old enough.",
        "Viestit, joita testi vertaa: kaikki version viestit. Kampanjan aikana ne, jotka ovat riittävän vanhoja.",
    ),
    "Reached": (
        "Messages of those counted that were delivered, or delivered within the time limit of the test.",
        "Lasketuista viesteistä ne, jotka toimitettiin, tai toimitettiin määräajassa.",
    ),
    "Rate": (
        "Reached messages divided by those counted. The range of 95 percent beside it is that of this rate.",
        "Tavoitetut viestit jaettuna lasketuilla. Vieressä oleva 95 prosentin väli koskee tätä osuutta.",
    ),
    "Better": (
        "Of two variants the one with the higher rate, by chance or not.",
        "Kahdesta versiosta se, jonka osuus on suurempi, sattumalta tai ei.",
    ),
    "Other": ("The variant that it is compared with.", "Versio, johon sitä verrataan."),
    "Difference": (
        "The new figure minus the old one; of variants, the better one's rate minus the other's. Differences of rates"
        " are in percentage points.",
        "Uusi luku miinus vanha; versioissa paremman osuus miinus toisen osuus. Osuuksien erot ovat"
        " prosenttiyksikköinä.",
    ),
    "P-value": (
        "How often chance alone would make a difference as large as this, if both variants were equally good.",
        "Kuinka usein pelkkä sattuma tuottaisi näin suuren eron, jos versiot olisivat yhtä hyviä.",
    ),
    "Sure": (
        "“yes” if chance explains the difference in fewer than 5 of 100 tests, all comparisons taken together.",
        "”kyllä”, jos sattuma selittää eron harvemmin kuin 5 kertaa sadasta, kun kaikki vertailut otetaan huomioon.",
    ),
}
MEANINGS |= {
    "Cost": (
        "What the messages cost by the price lists, rounded once, half away from zero.",
        "Mitä viestit maksavat hinnastojen mukaan, pyöristetty kerran, puolikkaat poispäin nollasta.",
    ),
    "Cost of a delivered message": (
        "The cost of all messages divided by the delivered ones that have a price.",
        "Kaikkien viestien kustannus jaettuna toimitetuilla, joilla on hinta.",
    ),
    "Cost of failed messages": (
        "The part of the cost that is for failed, expired and rejected messages.",
        "Se osa kustannuksesta, joka tulee epäonnistuneista, vanhentuneista ja hylätyistä viesteistä.",
    ),
    "Cost of billed, not delivered": (
        "The part of it for messages with the result code 1009: billed, not delivered.",
        "Se osa siitä, joka tulee viesteistä, joiden tuloskoodi on 1009: laskutettu, ei toimitettu.",
    ),
    "Cost of an unknown outcome": (
        "The part of the cost that is for messages of which no outcome is known.",
        "Se osa kustannuksesta, joka tulee viesteistä, joiden lopputulosta ei tiedetä.",
    ),
    "At average prices": (
        "“yes” if prices by quantity are in the cost, at the average price of their month.",
        "”kyllä”, jos kustannuksessa on määrästä riippuvia hintoja kuukautensa keskihinnoin.",
    ),
    "Messages without a price": (
        "Messages that no price list has a price for. They are in no cost.",
        "Viestit, joille missään hinnastossa ei ole hintaa. Ne eivät ole missään kustannuksessa.",
    ),
}
DEFINITIONS = "Definitions"
_SAME_AS = {"95% to": "95% from"}


def definitions_table(tables: Sequence[Table], language: str) -> Table:
    """Return each column that has a meaning here, in the tables' order, with the sheets that have it.

    The items of the summary are defined like columns.
    """
    sheets: dict[str, list[str]] = {}
    for table in tables:
        names = [column.key for column in table.columns]
        if table.row_kinds:
            names = [*names[2:], *(row[0] for row in table.rows)]
        for name in dict.fromkeys(_SAME_AS.get(name, name) for name in names):
            sheets.setdefault(name, []).append(translate(table.key, language))
    finnish = find_locale(language).language == "fi"
    return Table(
        key=DEFINITIONS,
        columns=(Column("Column", "text"), Column("Definition", "text"), Column("Sheets", "text")),
        rows=[
            (translate(name, language), MEANINGS[name][finnish], ", ".join(found))
            for name, found in sheets.items()
            if name in MEANINGS
        ],
    )
