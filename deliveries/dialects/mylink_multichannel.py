"""MyLINK Multichannel API by LINK Mobility: its events of SMS, result codes and advice (docs/mylink.md).

Its statuses and errors are words. The portal's result codes are numbers, so each word has one of its own here.
"""

from datetime import datetime
from typing import Any

from campaigns.ref_ids import cut_to_bytes
from deliveries.dialects import mylink_common
from deliveries.dialects.codes import DELIVERED, EXPIRED, FAILED, QUEUED, REJECTED, SENT, Code
from deliveries.dialects.dialect import Dialect
from deliveries.dialects.fields import map_of_texts, object_of, required_text, segments, text, time, window, within
from deliveries.dialects.mobile_countries import operator_name
from deliveries.dialects.mylink_common import LIMITS, MAX_REF_ID, object_at, of_channel
from deliveries.dialects.report import NoMessage, Report, Unreadable
from portal.common.msisdn import normalize_destination
from portal.tenants.dialects import Setup

EVENTS, CHANGED = "events", "messageStatusChanged"
NO_CHANNEL = "(none)"  # a message that no channel was chosen for yet
UNKNOWN_STATUS = 9000  # not in the table: shown as unknown, with the status as the operator's code
FAILED_OTHERWISE = 4999  # the error is missing or new: it is kept as the operator's code

# code by status
_STATUSES = {
    "SCHEDULE_QUEUED": 1,
    "SCHEDULED": 2,
    "SCHEDULE_DELETED": 3,
    "SCHEDULE_DELETION_FAILED": 4,
    "QUEUED": 1000,
    "SENT": 1001,
    "DELIVERED": 2000,
    "READ": 2001,
    "DELIVERY_RETRIED": 5000,
}
_FAILED = "DELIVERY_FAILED"
# code by error of a failed delivery
_ERRORS = {
    "CLIENT_MESSAGE_INVALID": 3001,
    "CLIENT_CONFIGURATION_INVALID": 3002,
    "CLIENT_MESSAGE_EXPIRED": 3003,
    "CLIENT_QUOTA_EXCEEDED": 3004,
    "CLIENT_MESSAGE_FORBIDDEN": 3005,
    "CHANNEL_REJECTED": 4001,
    "CHANNEL_UNAVAILABLE": 4002,
    "CHANNEL_INTERNAL_ISSUE": 4003,
    "CHANNEL_OTHER_ISSUE": 4004,
    "USER_UKNOWN": 4101,
    "USER_UNKNOWN": 4101,  # as it will be spelt one day
    "USER_BLOCKED": 4102,
    "USER_UNAVAILABLE": 4103,
    "INTERNAL_NOT_IMPLEMENTED": 4201,
    "INTERNAL_OTHER_ISSUE": 4202,
}


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
    """Read one raw row, which is one event. Raises Unreadable for what is none."""
    data = mylink_common.load(body, content_encoding=content_encoding)
    if CHANGED not in data:
        return _other_event(data)
    changed = data[CHANGED]
    if type(changed) is not dict:
        raise Unreadable("wrong type", f"{CHANGED}: an object is required")
    channel_data = object_of(changed.get("channelData"), f"{CHANGED}.channelData")
    channel = text(changed.get("channelId"), f"{CHANGED}.channelId") or ""
    if not _is_sms(channel, channel_data):
        return of_channel(channel) if channel else NoMessage(NO_CHANNEL)
    message_id = required_text(changed.get("messageId"), f"{CHANGED}.messageId", limit=LIMITS["id"])
    number, word = _code(changed)
    earliest, latest = window(received_at, accept_days)
    at, is_odd = within(time(data.get("on"), "on"), earliest, latest)
    parameters = map_of_texts(changed.get("context"), f"{CHANGED}.context")
    ref_id, is_cut = _ref_id(changed, channel_data, parameters), False
    if ref_id is not None and len(ref_id.encode()) > MAX_REF_ID:
        ref_id, is_cut = cut_to_bytes(ref_id, MAX_REF_ID), True
    partner_id, partner_rank = mylink_common.partner(query, parameters, default_partner_id)
    operator = text(changed.get("channelOperatorId"), f"{CHANGED}.channelOperatorId", limit=LIMITS["operator"])
    source = text(_of_sms(channel_data, "originatingAddress"), "sms.originatingAddress", limit=LIMITS["source"])
    recipient = text(changed.get("userId"), f"{CHANGED}.userId", limit=LIMITS["recipient"])
    parameters = {name: value for name, value in parameters.items() if name not in ("source", "destination")}
    return Report(
        message_id=message_id,
        part=None,
        code=number,
        at=at,
        sent_at=at if number == _STATUSES["SENT"] else None,
        operator=operator_name(operator),
        operator_code=word,
        ref_id=ref_id,
        segments=segments(_of_sms(channel_data, "segmentCount"), "sms.segmentCount"),
        partner_id=partner_id,
        partner_rank=partner_rank,
        source=source or None,
        destination=normalize_destination(recipient) or None,
        parameters=parameters,
        clock_oddity=is_odd,
        ref_id_cut=is_cut,
    )


def _other_event(data: dict[str, Any]) -> NoMessage:
    """Return an event that is no change of a message's status, by its own key."""
    if EVENTS in data:
        raise Unreadable("empty array" if data[EVENTS] == [] else "wrong type", f"{EVENTS}: an array of events")
    kind = next((name for name, value in data.items() if type(value) is dict), None)
    if kind is None or type(data.get("eventId")) is not str:
        raise Unreadable("missing field", f"{CHANGED}: an object is required")
    return of_channel(kind)


def _is_sms(channel: str, channel_data: dict[str, Any]) -> bool:
    return channel.strip().lower().startswith("sms") or any(
        name == "sms" or name.startswith("sms.") for name in channel_data
    )


def _of_sms(channel_data: dict[str, Any], name: str) -> Any:
    """Return a value of the channel's data, whose keys may be nested or joined by a dot."""
    value = channel_data.get(f"sms.{name}")
    return object_at(channel_data, "sms", name) if value is None else value


def _code(changed: dict[str, Any]) -> tuple[int, str | None]:
    """Return the result code, and the channel's or the gateway's own word for the details."""
    status = required_text(changed.get("status"), f"{CHANGED}.status", limit=LIMITS["code"])
    error = object_of(changed.get("error"), f"{CHANGED}.error")
    word = text(error.get("channelError"), f"{CHANGED}.error.channelError", limit=LIMITS["code"]) or text(
        changed.get("channelStatus"), f"{CHANGED}.channelStatus", limit=LIMITS["code"]
    )
    if status != _FAILED:
        known = _STATUSES.get(status)
        return (known, word or None) if known else (UNKNOWN_STATUS, status)
    name = text(error.get("code"), f"{CHANGED}.error.code", limit=LIMITS["code"]) or ""
    known = _ERRORS.get(name)
    return (known, word or None) if known else (FAILED_OTHERWISE, name or word or None)


def _ref_id(changed: dict[str, Any], channel_data: dict[str, Any], parameters: dict[str, str]) -> str | None:
    """Return the first reference that is given: the context's, then the campaign's name, then its id."""
    return (
        parameters.get("referenceId")
        or parameters.get("refId")
        or text(_of_sms(channel_data, "campaignName"), "sms.campaignName")
        or text(changed.get("campaignId"), f"{CHANGED}.campaignId")
        or None
    )


def _key(data: Any, default: str = "") -> str:
    message_id = object_at(data, CHANGED, "messageId")
    return message_id if type(message_id) is str else ""


def _key_of_row(body: bytes, *, query: str = "", content_type: str = "") -> str:
    try:
        return _key(mylink_common.load(body, content_encoding=""))
    except Unreadable:
        return ""


TEMP, FINAL = False, True

_WAIT = "Wait for the next report before you send anything again."
_WAIT_FI = "Odota seuraavaa raporttia ennen kuin lähetät mitään uudelleen."
# code, status, final, reason, English, Finnish, advice in English and Finnish
_TABLE = [
    (1, QUEUED, TEMP, "", "Schedule accepted", "Ajastus vastaanotettu",
     f"The gateway has taken in the schedule of the message. {_WAIT}",
     f"Yhdyskäytävä on vastaanottanut viestin ajastuksen. {_WAIT_FI}"),
    (2, QUEUED, TEMP, "", "Scheduled", "Ajastettu",
     "The gateway sends the message at its scheduled time. Until then it can be cancelled there.",
     "Yhdyskäytävä lähettää viestin ajastettuna aikana. Siihen asti sen voi perua siellä."),
    (3, FAILED, FINAL, "deleted", "Schedule deleted", "Ajastus poistettu",
     "The message was cancelled before it was sent. If you did not have it cancelled, ask the gateway.",
     "Viesti peruttiin ennen lähetystä. Jos et itse perunut sitä, kysy yhdyskäytävältä."),
    (4, QUEUED, TEMP, "", "Schedule could not be deleted", "Ajastusta ei voitu poistaa",
     "The message was to be cancelled, but the gateway could not do it: it will be sent.",
     "Viesti haluttiin perua, mutta yhdyskäytävä ei voinut tehdä sitä: viesti lähetetään."),
    (1000, QUEUED, TEMP, "", "Queued", "Jonossa",
     f"The gateway has the message in its queue. {_WAIT}", f"Viesti on yhdyskäytävän jonossa. {_WAIT_FI}"),
    (1001, SENT, TEMP, "", "Sent to the operator", "Lähetetty operaattorille",
     f"The operator has the message and is delivering it. {_WAIT}",
     f"Viesti on operaattorilla toimitettavana. {_WAIT_FI}"),
    (2000, DELIVERED, FINAL, "", "Delivered", "Toimitettu",
     "The message arrived. There is nothing to do.", "Viesti meni perille. Mitään ei tarvitse tehdä."),
    (2001, DELIVERED, FINAL, "", "Read", "Luettu",
     "The message arrived and was read. There is nothing to do.",
     "Viesti meni perille ja luettiin. Mitään ei tarvitse tehdä."),
    (3001, REJECTED, FINAL, "content", "Message not valid", "Viesti ei kelpaa",
     "A field of the message was not valid. Have the sending system correct it, and send again.",
     "Jokin viestin kenttä ei kelvannut. Korjauta se lähettävässä järjestelmässä ja lähetä uudelleen."),
    (3002, REJECTED, FINAL, "routing", "Configuration not valid", "Asetukset eivät kelpaa",
     "A setting at the gateway does not allow this message. Ask the gateway to correct it before you send again.",
     "Yhdyskäytävän asetukset eivät salli tätä viestiä. Pyydä yhdyskäytävää korjaamaan asetus ennen kuin lähetät"
     " uudelleen."),
    (3003, EXPIRED, FINAL, "subscriber", "Expired before it could be delivered", "Vanheni ennen toimitusta",
     "The message expired before it could be delivered. If it is still of use, send it again with a longer validity.",
     "Viesti vanheni ennen kuin se saatiin toimitettua. Jos siitä on vielä hyötyä, lähetä se uudelleen pidemmällä"
     " voimassaoloajalla."),
    (3004, REJECTED, FINAL, "routing", "Quota used up", "Kiintiö on täynnä",
     "The account's quota at the gateway is used up. Have it raised, or send again in the next period.",
     "Tilin kiintiö yhdyskäytävällä on täynnä. Pyydä nostamaan sitä tai lähetä uudelleen seuraavalla jaksolla."),
    (3005, REJECTED, FINAL, "content", "Message forbidden", "Viesti on kielletty",
     "The gateway does not allow this message. Do not send it again before the gateway has told you why.",
     "Yhdyskäytävä ei salli tätä viestiä. Älä lähetä sitä uudelleen ennen kuin yhdyskäytävä on kertonut syyn."),
    (4001, REJECTED, FINAL, "routing", "Rejected by the operator", "Operaattori hylkäsi viestin",
     "The operator did not take the message. Ask the gateway for the reason before you send again.",
     "Operaattori ei ottanut viestiä vastaan. Kysy syytä yhdyskäytävältä ennen kuin lähetät uudelleen."),
    (4002, FAILED, FINAL, "routing", "Operator not available", "Operaattori ei ole tavoitettavissa",
     "The operator could not be reached at that moment. Send the message again later.",
     "Operaattoria ei tavoitettu sillä hetkellä. Lähetä viesti myöhemmin uudelleen."),
    (4003, FAILED, FINAL, "routing", "Error at the operator", "Virhe operaattorilla",
     "The operator could not handle the message. Send it again later, and tell the gateway if this continues.",
     "Operaattori ei voinut käsitellä viestiä. Lähetä se myöhemmin uudelleen ja ilmoita yhdyskäytävälle, jos tämä"
     " jatkuu."),
    (4004, FAILED, FINAL, "other", "Other error at the operator", "Muu virhe operaattorilla",
     "The operator reported an error of another kind. Send the message again once; if that fails too, ask the gateway.",
     "Operaattori ilmoitti muusta virheestä. Lähetä viesti kerran uudelleen; jos sekin epäonnistuu, kysy"
     " yhdyskäytävältä."),
    (4101, FAILED, FINAL, "subscriber", "Unknown recipient", "Tuntematon vastaanottaja",
     "The operator has no subscriber with this number. Remove the number from your list.",
     "Operaattorilla ei ole liittymää tällä numerolla. Poista numero listaltasi."),
    (4102, FAILED, FINAL, "subscriber", "Recipient blocked", "Vastaanottaja on estetty",
     "Messages to this recipient are blocked. Remove the number from your list, unless the recipient lifts the block.",
     "Viestit tälle vastaanottajalle on estetty. Poista numero listaltasi, ellei vastaanottaja poista estoa."),
    (4103, FAILED, FINAL, "subscriber", "Recipient not available", "Vastaanottaja ei ole tavoitettavissa",
     "The phone could not be reached. Send the message again later; remove the number if this keeps happening.",
     "Puhelinta ei tavoitettu. Lähetä viesti myöhemmin uudelleen; poista numero, jos tämä toistuu."),
    (4201, FAILED, FINAL, "routing", "Not supported by the gateway", "Yhdyskäytävä ei tue toimintoa",
     "The gateway cannot send a message like this one. Ask it what is possible before you send again.",
     "Yhdyskäytävä ei voi lähettää tällaista viestiä. Kysy siltä, mikä on mahdollista, ennen kuin lähetät uudelleen."),
    (4202, FAILED, FINAL, "routing", "Internal error at the gateway", "Yhdyskäytävän sisäinen virhe",
     "The gateway had a fault of its own. Send the message again later, and tell the gateway if this continues.",
     "Yhdyskäytävässä oli sen oma vika. Lähetä viesti myöhemmin uudelleen ja ilmoita yhdyskäytävälle, jos tämä"
     " jatkuu."),
    (4999, FAILED, FINAL, "other", "Failed, no known reason", "Epäonnistui, syytä ei tunneta",
     "The message failed, and the gateway gives no reason that the portal knows. The operator's code may say more; ask"
     " the gateway what it means.",
     "Viesti epäonnistui, eikä yhdyskäytävä anna syytä, jonka portaali tuntee. Operaattorin koodi voi kertoa enemmän;"
     " kysy yhdyskäytävältä, mitä se tarkoittaa."),
    (5000, SENT, TEMP, "", "Being retried", "Yritetään uudelleen",
     "The message was not delivered at the first try, and the gateway tries again by itself. Do not send it again; wait"
     " for the next report.",
     "Viestiä ei saatu toimitettua ensimmäisellä yrityksellä, ja yhdyskäytävä yrittää itse uudelleen. Älä lähetä sitä"
     " uudelleen; odota seuraavaa raporttia."),
]  # fmt: skip


def _sample(message_id: str, at: str) -> dict[str, Any]:
    changed = {"messageId": message_id, "channelId": "sms", "channelOperatorId": "", "status": "DELIVERED"}
    return {EVENTS: [{"eventId": "00000000-0000-4000-8000-000000000000", "on": at, CHANGED: changed}]}


DIALECT = Dialect(
    title="LINK Mobility, MyLINK Multichannel API",
    codes={row[0]: Code(*row[:6]) for row in _TABLE},
    billed=frozenset({2000, 2001}),
    advice={row[0]: row[6:] for row in _TABLE},
    parse=parse,
    key=_key,
    key_of_row=_key_of_row,
    patience=mylink_common.PATIENCE,
    envelope=EVENTS,
    signature=mylink_common.SIGNATURE,
    setup=Setup(
        rows=(
            ("callback.url", "{url}?partner_id={partner_id}"),
            ("callback.enableCompression", "true"),
            ("callback.signatureEnabled", "true"),
        ),
        sample=_sample,
    ),
)
