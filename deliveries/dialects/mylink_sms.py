"""MyLINK SMS API v1 by LINK Mobility: its delivery reports, result codes and advice (docs/mylink.md)."""

from datetime import datetime
from typing import Any

from campaigns.ref_ids import cut_to_bytes
from deliveries.dialects import mylink_common
from deliveries.dialects.codes import DELIVERED, EXPIRED, FAILED, QUEUED, REJECTED, SENT, Code
from deliveries.dialects.dialect import Dialect
from deliveries.dialects.fields import code, object_of, required_text, segments, text, time, window, within
from deliveries.dialects.mobile_countries import operator_name
from deliveries.dialects.mylink_common import LIMITS, MAX_REF_ID, object_at, of_channel
from deliveries.dialects.report import NoMessage, Report, Unreadable
from portal.common.msisdn import normalize_destination
from portal.tenants.dialects import Setup

SMS = "sms"
SENT_TO_GATEWAY = 1001


def parse(
    body: bytes,
    *,
    received_at: datetime,
    default_partner_id: str = "",
    accept_days: int | None = None,
    query: str = "",
    content_type: str = "",
    content_encoding: str = "",
) -> Report | NoMessage:
    """Read one raw row. Raises Unreadable for what is no event of this API."""
    data = mylink_common.load(body, content_encoding=content_encoding)
    channel = text(data.get("channel"), "channel") or SMS
    if channel.strip().lower() != SMS:
        return of_channel(channel)
    if "status" not in data and type(data.get("reply")) is dict:
        return of_channel("sms-reply")
    status = data.get("status")
    if type(status) is not dict:
        raise Unreadable("missing field" if status is None else "wrong type", "status: an object is required")
    message_id = required_text(status.get("messageId"), "status.messageId", limit=LIMITS["id"])
    number = code(status.get("code"), "status.code")
    provider = object_of(data.get("provider"), "provider")
    earliest, latest = window(received_at, accept_days)
    at, is_odd = within(
        time(provider.get("timestamp"), "provider.timestamp") or time(data.get("timeStamp"), "timeStamp"),
        earliest,
        latest,
    )
    ref_id, is_cut = text(status.get("referenceId"), "status.referenceId") or None, False
    if ref_id is not None and len(ref_id.encode()) > MAX_REF_ID:
        ref_id, is_cut = cut_to_bytes(ref_id, MAX_REF_ID), True
    partner_id, partner_rank = mylink_common.partner(query, {}, default_partner_id)
    return Report(
        message_id=message_id,
        part=None,
        code=number,
        at=at,
        sent_at=at if number == SENT_TO_GATEWAY else None,
        operator=operator_name(text(provider.get("operator"), "provider.operator", limit=LIMITS["operator"])),
        operator_code=text(provider.get("code"), "provider.code", limit=LIMITS["code"]) or None,
        ref_id=ref_id,
        segments=segments(status.get("segments"), "status.segments"),
        partner_id=partner_id,
        partner_rank=partner_rank,
        source=None,
        destination=normalize_destination(text(data.get("recipient"), "recipient", limit=LIMITS["recipient"])) or None,
        parameters={},
        clock_oddity=is_odd,
        ref_id_cut=is_cut,
    )


def _key(data: Any, default: str = "") -> str:
    message_id = object_at(data, "status", "messageId")
    return message_id if type(message_id) is str else ""


def _key_of_row(body: bytes, *, query: str = "", content_type: str = "") -> str:
    try:
        return _key(mylink_common.load(body, content_encoding=""))
    except Unreadable:
        return ""


TEMP, FINAL = False, True

# code, status, final, reason, English, Finnish, advice in English and Finnish
_ASK = "Ask the gateway what it needs before you send again."
_ASK_FI = "Kysy yhdyskäytävältä, mitä se tarvitsee, ennen kuin lähetät uudelleen."
_WAIT = "Wait for the next report before you send anything again."
_WAIT_FI = "Odota seuraavaa raporttia ennen kuin lähetät mitään uudelleen."
_TABLE = [
    (1, QUEUED, TEMP, "", "Accepted", "Hyväksytty",
     f"The gateway has accepted the message. {_WAIT}", f"Yhdyskäytävä on hyväksynyt viestin. {_WAIT_FI}"),
    (2, QUEUED, TEMP, "", "Scheduled", "Ajastettu",
     "The gateway sends the message at its scheduled time. Until then it can be cancelled there.",
     "Yhdyskäytävä lähettää viestin ajastettuna aikana. Siihen asti sen voi perua siellä."),
    (1000, QUEUED, TEMP, "", "Queued", "Jonossa",
     f"The gateway has the message in its queue. {_WAIT}", f"Viesti on yhdyskäytävän jonossa. {_WAIT_FI}"),
    (1001, SENT, TEMP, "", "Sent to the operator's gateway", "Lähetetty operaattorin yhdyskäytävälle",
     f"The operator has the message and is delivering it. {_WAIT}",
     f"Viesti on operaattorilla toimitettavana. {_WAIT_FI}"),
    (2000, DELIVERED, FINAL, "", "Delivered", "Toimitettu",
     "The message arrived. There is nothing to do.", "Viesti meni perille. Mitään ei tarvitse tehdä."),
    (3000, REJECTED, FINAL, "routing", "Account not valid", "Tili ei kelpaa",
     f"The account at the gateway may not send this message. {_ASK}",
     f"Yhdyskäytävän tili ei voi lähettää tätä viestiä. {_ASK_FI}"),
    (3001, REJECTED, FINAL, "routing", "Configuration error", "Asetusvirhe",
     "A setting at the gateway does not allow this message. Ask the gateway to correct it before you send again.",
     "Yhdyskäytävän asetukset eivät salli tätä viestiä. Pyydä yhdyskäytävää korjaamaan asetus ennen kuin lähetät"
     " uudelleen."),
    (3002, REJECTED, FINAL, "sender", "Invalid sender", "Virheellinen lähettäjä",
     "The sender is not valid. Use up to 11 letters and digits, or a number of at most 15 digits.",
     "Lähettäjä ei kelpaa. Käytä enintään 11 kirjainta ja numeroa tai enintään 15 numeron lähettäjää."),
    (3003, REJECTED, FINAL, "sender", "Kind of sender not supported", "Lähettäjän tyyppiä ei tueta",
     "The recipient's country or operator does not accept a sender of this kind. Use another kind of sender, or ask"
     " the gateway whether yours must be registered.",
     "Vastaanottajan maa tai operaattori ei hyväksy tällaista lähettäjää. Käytä toisenlaista lähettäjää tai kysy"
     " yhdyskäytävältä, onko lähettäjäsi rekisteröitävä."),
    (3004, REJECTED, FINAL, "subscriber", "Invalid recipient", "Virheellinen vastaanottaja",
     "The number is wrong. Check its + and country code and its digits, and remove it if you cannot correct it.",
     "Numero on virheellinen. Tarkista sen plusmerkki, maakoodi ja numerot, ja poista se, jos et voi korjata sitä."),
    (3005, REJECTED, FINAL, "destination type", "Kind of recipient not supported", "Vastaanottajan tyyppiä ei tueta",
     "Messages cannot be sent to a recipient of this kind. Use the recipient's mobile number with + and its country"
     " code.",
     "Tällaiselle vastaanottajalle ei voi lähettää viestejä. Käytä vastaanottajan matkapuhelinnumeroa plusmerkin ja"
     " maakoodin kanssa."),
    (3006, REJECTED, FINAL, "encoding", "Encoding not supported", "Merkistökoodausta ei tueta",
     "The chosen encoding is not supported for this recipient. Send again with automatic encoding.",
     "Valittua merkistökoodausta ei tueta tälle vastaanottajalle. Lähetä uudelleen automaattisella koodauksella."),
    (3007, REJECTED, FINAL, "content", "Invalid content", "Virheellinen sisältö",
     "The gateway did not accept the content of the message. Check that the text is there, readable and not too long,"
     " and send it again.",
     "Yhdyskäytävä ei hyväksynyt viestin sisältöä. Tarkista, että teksti on mukana, luettavissa eikä liian pitkä, ja"
     " lähetä se uudelleen."),
    (3008, REJECTED, FINAL, "content", "Invalid user data header", "Virheellinen viestin otsake",
     "The user data header of the message is not valid. Have the sending system correct it.",
     "Viestin otsake (UDH) ei kelpaa. Korjauta se lähettävässä järjestelmässä."),
    (3009, REJECTED, FINAL, "routing", "Throttled", "Lähetysnopeuden yläraja ylittyi",
     "Messages were sent faster than the gateway allows. Send this one again, and spread large sendings over a longer"
     " time.",
     "Viestejä lähetettiin nopeammin kuin yhdyskäytävä sallii. Lähetä tämä uudelleen ja jaa suuret lähetykset"
     " pidemmälle ajalle."),
    (3010, REJECTED, FINAL, "content", "Validation failed", "Tarkistus epäonnistui",
     "A field of the message was not valid. The gateway's answer to the sending system names it; have it corrected"
     " there.",
     "Jokin viestin kenttä ei kelvannut. Yhdyskäytävän vastaus lähettävälle järjestelmälle nimeää sen; korjauta se"
     " siellä."),
    (3011, REJECTED, FINAL, "routing", "Quota used up", "Kiintiö on täynnä",
     "The account's quota at the gateway is used up. Have it raised, or send again in the next period.",
     "Tilin kiintiö yhdyskäytävällä on täynnä. Pyydä nostamaan sitä tai lähetä uudelleen seuraavalla jaksolla."),
    (3013, REJECTED, FINAL, "routing", "Country blocked", "Maa on estetty",
     "The account may not send to this country. Ask the gateway to open it if the message was meant for there.",
     "Tililtä ei voi lähettää tähän maahan. Pyydä yhdyskäytävää avaamaan se, jos viesti oli tarkoitettu sinne."),
    (4000, FAILED, FINAL, "routing", "Not sent, no closer reason", "Ei lähetetty, ei tarkempaa syytä",
     "The gateway could not send the message and does not say why. Send it again once; if that fails too, ask the"
     " gateway.",
     "Yhdyskäytävä ei voinut lähettää viestiä eikä kerro syytä. Lähetä se kerran uudelleen; jos sekin epäonnistuu,"
     " kysy yhdyskäytävältä."),
    (4001, FAILED, FINAL, "routing", "Temporary routing error", "Tilapäinen reititysvirhe",
     "The gateway had no route to the operator at that moment. Send the message again later.",
     "Yhdyskäytävällä ei ollut sillä hetkellä reittiä operaattorille. Lähetä viesti myöhemmin uudelleen."),
    (4002, FAILED, FINAL, "routing", "Permanent routing error", "Pysyvä reititysvirhe",
     "The gateway has no route to this number, so sending again does not help. Ask the gateway whether it reaches this"
     " operator.",
     "Yhdyskäytävällä ei ole reittiä tähän numeroon, joten uudelleen lähettäminen ei auta. Kysy yhdyskäytävältä,"
     " tavoittaako se tämän operaattorin."),
    (4003, FAILED, FINAL, "subscriber", "Number blocked", "Numero on estetty",
     "The number is barred from messages. Remove it from your list.",
     "Viestit tähän numeroon on estetty. Poista se listaltasi."),
    (4004, FAILED, FINAL, "subscriber", "Number temporarily barred", "Numero on tilapäisesti estetty",
     "The number is barred from messages for a time. Keep it, and send the message again another day.",
     "Viestit tähän numeroon on estetty tilapäisesti. Säilytä numero ja lähetä viesti uudelleen toisena päivänä."),
    (4005, FAILED, FINAL, "routing", "Error at the operator", "Virhe operaattorilla",
     "The operator could not handle the message. Send it again later, and tell the gateway if this continues.",
     "Operaattori ei voinut käsitellä viestiä. Lähetä se myöhemmin uudelleen ja ilmoita yhdyskäytävälle, jos tämä"
     " jatkuu."),
    (4006, FAILED, FINAL, "destination type", "Blocked for this recipient", "Estetty tälle vastaanottajalle",
     "Messages of this kind to this recipient are blocked. Do not send again; ask the gateway who can lift the block.",
     "Tällaiset viestit tälle vastaanottajalle on estetty. Älä lähetä uudelleen; kysy yhdyskäytävältä, kuka voi"
     " poistaa eston."),
    (4007, FAILED, FINAL, "subscriber", "Not delivered", "Ei toimitettu",
     "The operator could not deliver the message and gives no closer reason. Send it again once; remove the number if"
     " it keeps failing.",
     "Operaattori ei voinut toimittaa viestiä eikä kerro tarkempaa syytä. Lähetä se kerran uudelleen; poista numero,"
     " jos lähetys epäonnistuu toistuvasti."),
    (4008, EXPIRED, FINAL, "subscriber", "Expired before it could be delivered", "Vanheni ennen toimitusta",
     "The phone could not be reached before the message expired. If the message is still of use, send it again with a"
     " longer expiration; remove the number if this keeps happening.",
     "Puhelinta ei tavoitettu ennen kuin viesti vanheni. Jos viestistä on vielä hyötyä, lähetä se uudelleen pidemmällä"
     " voimassaoloajalla; poista numero, jos tämä toistuu."),
    (4009, FAILED, FINAL, "other", "Timeout", "Aikakatkaisu",
     "The gateway counts the message as failed because no answer came in time. It may still have arrived: if you send"
     " it again, it may arrive twice.",
     "Yhdyskäytävä katsoo viestin epäonnistuneeksi, koska vastausta ei saatu ajoissa. Se on silti voinut mennä perille:"
     " jos lähetät sen uudelleen, se voi tulla perille kahdesti."),
    (4010, FAILED, FINAL, "content", "Delivery reports not supported", "Toimituskuittauksia ei tueta",
     "Delivery reports are not supported for this recipient, so it is not known whether the message arrived.",
     "Tälle vastaanottajalle ei tueta toimituskuittauksia, joten ei tiedetä, menikö viesti perille."),
    (4011, FAILED, FINAL, "deleted", "Deleted by the operator", "Operaattori poisti viestin",
     "The operator deleted the message before it was delivered. Ask the gateway for the reason.",
     "Operaattori poisti viestin ennen toimitusta. Kysy syytä yhdyskäytävältä."),
    (5000, SENT, TEMP, "", "Being retried", "Yritetään uudelleen",
     "The message was not delivered at the first try, and the gateway tries again by itself. Do not send it again; wait"
     " for the next report.",
     "Viestiä ei saatu toimitettua ensimmäisellä yrityksellä, ja yhdyskäytävä yrittää itse uudelleen. Älä lähetä sitä"
     " uudelleen; odota seuraavaa raporttia."),
]  # fmt: skip


def _sample(message_id: str, at: str) -> dict[str, Any]:
    return {
        "eventId": "00000000-0000-4000-8000-000000000000",
        "channel": SMS,
        "timeStamp": at,
        "status": {"messageId": message_id, "type": "delivered", "code": 2000, "segments": 1},
        "provider": {"timestamp": at, "operator": "test"},
    }


DIALECT = Dialect(
    title="LINK Mobility, MyLINK SMS API",
    codes={row[0]: Code(*row[:6]) for row in _TABLE},
    billed=frozenset({2000}),
    advice={row[0]: row[6:] for row in _TABLE},
    parse=parse,
    key=_key,
    key_of_row=_key_of_row,
    patience=mylink_common.PATIENCE,
    signature=mylink_common.SIGNATURE,
    setup=Setup(
        rows=(
            ("callback.mode", "URL"),
            ("callback.urls", "{url}?partner_id={partner_id}"),
            ("callback.ttl", "28800000"),
        ),
        sample=_sample,
    ),
)
