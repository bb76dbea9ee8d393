"""Advice to senders for each class of failure, one sentence each. Pure."""

# reason class of a result code (docs/link.md section 4): English, Finnish
_ADVICE = {
    "routing": (
        "Usually temporary. Send again later, and tell the gateway if it continues.",
        "Yleensä tilapäistä. Lähetä myöhemmin uudelleen ja ilmoita yhdyskäytävälle, jos vika jatkuu.",
    ),
    "subscriber": (
        "Remove numbers that keep failing from your list, and give messages more time to be delivered.",
        "Poista jatkuvasti epäonnistuvat numerot listaltasi ja anna viesteille pidempi voimassaoloaika.",
    ),
    "deleted": (
        "The message was deleted before delivery. If you did not delete it, ask the gateway.",
        "Viesti poistettiin ennen toimitusta. Jos et poistanut sitä itse, kysy yhdyskäytävältä.",
    ),
    "payment": (
        "The owner of the phone has to solve this with the operator. Do not send again at once.",
        "Liittymän haltijan on selvitettävä asia operaattorinsa kanssa. Älä lähetä heti uudelleen.",
    ),
    "sender": (
        "Use a sender that this country allows. In many countries senders must be registered first.",
        "Käytä lähettäjää, jonka maa hyväksyy. Monissa maissa lähettäjä on rekisteröitävä ennalta.",
    ),
    "destination type": (
        "The gateway does not deliver to addresses of this kind. Correct or remove them.",
        "Yhdyskäytävä ei toimita tällaisiin osoitteisiin. Korjaa tai poista ne.",
    ),
    "encoding": (
        "Send the text in another encoding. Emojis and rare letters need UCS-2.",
        "Lähetä teksti toisella koodauksella. Emojit ja harvinaiset kirjaimet vaativat UCS-2:n.",
    ),
    "content": (
        "Correct the content or the parameters of the message before you send it again.",
        "Korjaa viestin sisältö tai parametrit ennen kuin lähetät sen uudelleen.",
    ),
    "other": (
        "It is unknown whether these messages arrived. Ask the gateway if there are many.",
        "Näiden viestien perillemenoa ei tiedetä. Kysy yhdyskäytävältä, jos niitä on paljon.",
    ),
}


def advice(reason: str, language: str) -> str:
    """Return the sentence for a reason class in `en` or `fi`; that of `other` for a class without one of its own."""
    return _ADVICE.get(reason, _ADVICE["other"])[language == "fi"]
