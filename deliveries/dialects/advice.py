"""Advice to senders for each result code, one or two sentences in English and Finnish. Pure."""

from deliveries.dialects.registry import DIALECTS

# English, Finnish
_UNKNOWN_CODE = (
    "The portal does not know this result code, so it is not known whether the message arrived. Ask the gateway what"
    " the code means before you send again.",
    "Portaali ei tunne tätä tuloskoodia, joten ei tiedetä, menikö viesti perille. Kysy yhdyskäytävältä, mitä koodi"
    " tarkoittaa, ennen kuin lähetät uudelleen.",
)
_NO_ADVICE = (
    "There is no advice for this result code yet. Ask the gateway what to do before you send again.",
    "Tälle tuloskoodille ei ole vielä ohjetta. Kysy yhdyskäytävältä, mitä pitää tehdä, ennen kuin lähetät uudelleen.",
)


def advice(dialect: str | None, code: int, language: str, *, is_known: bool) -> str:
    """Return what happened and what a sender can do, in `en` or `fi`.

    `is_known` says whether the code has a meaning in the table of result codes, to which staff may add codes.
    """
    known = DIALECTS.get(dialect or "")
    texts = (known.advice.get(code) if known else None) if is_known else _UNKNOWN_CODE
    return (texts or _NO_ADVICE)[language == "fi"]
