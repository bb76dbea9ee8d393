"""What a sender can do about each class of failure, in a sentence. Pure."""

# reason class of a result code (docs/link.md section 4): English, Finnish
_ADVICE = {
    "routing": (
        "Usually passes by itself: send again later, and tell the gateway if it goes on.",
        "Menee yleensä ohi itsestään: lähetä myöhemmin uudelleen ja ilmoita yhdyskäytävälle, jos se jatkuu.",
    ),
    "subscriber": (
        "Take numbers that keep failing off your list, and give messages longer to arrive.",
        "Poista jatkuvasti epäonnistuvat numerot listaltasi ja anna viesteille pidempi voimassaoloaika.",
    ),
    "deleted": (
        "The message was deleted before it was delivered: ask the gateway who did, if you did not.",
        "Viesti poistettiin ennen toimitusta: kysy yhdyskäytävältä kuka, jos et itse.",
    ),
    "payment": (
        "The phone's owner has to sort this out with the operator; do not send again at once.",
        "Liittymän haltijan on selvitettävä asia operaattorinsa kanssa; älä lähetä heti uudelleen.",
    ),
    "sender": (
        "Use a sender that this country admits; many want senders to be registered beforehand.",
        "Käytä lähettäjää, jonka maa hyväksyy; monissa maissa lähettäjä on rekisteröitävä ennalta.",
    ),
    "destination type": (
        "The gateway does not deliver to addresses of this kind: correct or remove them.",
        "Yhdyskäytävä ei toimita tällaisiin osoitteisiin: korjaa tai poista ne.",
    ),
    "encoding": (
        "Send the text in another encoding; emojis and rare letters need UCS-2.",
        "Lähetä teksti toisella koodauksella; emojit ja harvinaiset kirjaimet vaativat UCS-2:n.",
    ),
    "content": (
        "Correct the message's content or parameters before you send it again.",
        "Korjaa viestin sisältö tai parametrit ennen kuin lähetät sen uudelleen.",
    ),
    "other": (
        "Nobody knows whether these arrived: ask the gateway if there are many.",
        "Näiden perillemenoa ei tiedetä: kysy yhdyskäytävältä, jos niitä on paljon.",
    ),
}


def advice(reason: str, language: str) -> str:
    """Return the sentence for a reason class in `en` or `fi`; that of `other` for a class without one of its own."""
    return _ADVICE.get(reason, _ADVICE["other"])[language == "fi"]
