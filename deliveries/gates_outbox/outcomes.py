"""Outcomes of gates' attempts in words, with advice for the people who run the receiver."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DELIVERED = "delivered"
_HTTP = "http_"

_TEXTS: dict[str, tuple[str | Promise, str | Promise]] = {
    DELIVERED: (gettext_lazy("Delivered"), ""),
    "not_acknowledged": (
        gettext_lazy("Answer without a body"),
        gettext_lazy("The gate wants a body in each answer. Answer with a short text, or change the gate."),
    ),
    "timeout": (
        gettext_lazy("No answer in time"),
        gettext_lazy(
            "No connection within 3 seconds, or no whole answer within 10. Answer before you process the report."
        ),
    ),
    "dns_error": (gettext_lazy("Host not found"), gettext_lazy("The host of the URL has no address. Check the URL.")),
    "connect_error": (
        gettext_lazy("No connection"),
        gettext_lazy("There was no connection, or it broke. Check the firewall and the server."),
    ),
    "tls_error": (
        gettext_lazy("Certificate not valid"),
        gettext_lazy(
            "It has expired, is for another host, or its chain is incomplete. Send the intermediate certificates."
        ),
    ),
    "blocked_destination": (
        gettext_lazy("Address not permitted"),
        gettext_lazy("The URL leads to an address that gates may not reach. Use a public address."),
    ),
    "expired": (
        gettext_lazy("Time to live ended"),
        gettext_lazy("It is not sent any more. Replay it when the receiver works again."),
    ),
    "moved": (
        gettext_lazy("Belongs to another customer"),
        gettext_lazy("The message moved to another customer, so it was not sent."),
    ),
    "gone": (gettext_lazy("No longer stored"), gettext_lazy("The report had been deleted, so it was not sent.")),
}
_ADVICE_BY_CODE: dict[int, Promise] = {
    401: gettext_lazy("The receiver refused the user name, the password or the signature."),
    403: gettext_lazy("The receiver refused the request. Check its access rules."),
    404: gettext_lazy("The receiver has no such address. Check the path of the URL."),
    405: gettext_lazy("The receiver does not take this method. Change the method of the destination."),
    410: gettext_lazy("The receiver said that the address will not return, so the gate was switched off."),
    413: gettext_lazy("The request was too large for the receiver. Send fewer reports per request."),
    415: gettext_lazy("The receiver does not take this content type. Change it at the destination."),
    429: gettext_lazy("The receiver wants fewer requests. Set a limit of requests per second."),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome in words. `mark` is the class of its mark: delivered, failed or none (nothing was sent)."""

    text: str
    advice: str
    mark: str


def in_words(outcome: str) -> Outcome:
    """Return the outcome in the current language."""
    if outcome.startswith(_HTTP):
        return Outcome(_("HTTP status %(code)s") % {"code": outcome.removeprefix(_HTTP)}, _advice(outcome), "failed")
    text, advice = _TEXTS.get(outcome, (outcome, ""))
    mark = "delivered" if outcome == DELIVERED else "none" if outcome in ("moved", "gone") else "failed"
    return Outcome(str(text), str(advice), mark)


def _advice(outcome: str) -> str:
    code = outcome.removeprefix(_HTTP)
    number = int(code) if code.isascii() and code.isdigit() else 0
    if 300 <= number < 400:
        return _("Redirects are not followed. Enter the final URL.")
    if 500 <= number < 600:
        return _("The receiver failed. Look at its log and at the answer.")
    return str(_ADVICE_BY_CODE.get(number, _("Look at the answer.")))
