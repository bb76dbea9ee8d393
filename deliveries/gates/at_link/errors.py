"""Errors of LINK's Gate API, each with a sentence that says what to do (docs/link.md section 6)."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.common.masking import Masking
from portal.common.redaction import redact

MAX_DETAIL = 200


class Problem(StrEnum):
    """Kind of an error; it is stored with the result of a run."""

    ADDRESS = "address"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    CERTIFICATE = "certificate"
    CREDENTIALS = "credentials"
    DENIED = "denied"
    PLATFORM = "platform"
    PARTNER = "partner"
    REF_ID = "ref_id"
    CONFLICT = "conflict"
    INCOMPLETE = "incomplete"
    INVALID = "invalid"
    NO_SUCH_GATE = "no_such_gate"
    NOT_FOUND = "not_found"
    GONE = "gone"
    THROTTLED = "throttled"
    REDIRECTED = "redirected"
    SERVER = "server"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    UNEXPECTED = "unexpected"
    HIDDEN = "hidden"
    FEED = "feed"
    FEED_PASSWORD = "feed_password"  # noqa: S105  the name of a problem
    FEED_HEADER = "feed_header"
    SECRET_KEY = "secret_key"  # noqa: S105


SENTENCES: dict[str, Promise] = {
    Problem.ADDRESS: _("The portal may not call this address. Use https and a public host."),
    Problem.UNREACHABLE: _("LINK cannot be reached at this address. Check host and port."),
    Problem.TIMED_OUT: _("LINK did not answer in time. Try again later."),
    Problem.CERTIFICATE: _("The certificate at this address cannot be verified. Check the host."),
    Problem.CREDENTIALS: _("LINK rejected user name or password. Enter the credentials again."),
    Problem.DENIED: _("LINK denied access. Ask LINK for rights to the Gate API on this platform and partner."),
    Problem.PLATFORM: _("LINK does not accept the platform ID. Correct it on the account's page."),
    Problem.PARTNER: _("LINK does not accept the partner ID that owns the gate."),
    Problem.REF_ID: _("LINK does not accept the gate's refId."),
    Problem.CONFLICT: _("LINK has another gate with this refId. Delete or rename that gate at LINK."),
    Problem.INCOMPLETE: _("LINK misses values in the request."),
    Problem.INVALID: _("LINK rejected the gate as invalid."),
    Problem.NO_SUCH_GATE: _("LINK has no such gate."),
    Problem.NOT_FOUND: _("There is no Gate API at this address (404). Check the host."),
    Problem.GONE: _("The gate was deleted at LINK meanwhile (405)."),
    Problem.THROTTLED: _("LINK allows no more requests at present (429). Try again later."),
    Problem.REDIRECTED: _("The address redirects, and the portal does not follow. Enter the final address."),
    Problem.SERVER: _("LINK has an error of its own. Try again later."),
    Problem.UNREADABLE: _("The answer is not one of LINK's Gate API. Check the host."),
    Problem.TOO_LARGE: _("The answer is larger than 64 MiB."),
    Problem.UNEXPECTED: _("LINK's answer was not expected."),
    Problem.HIDDEN: _(
        "LINK hides the password of another destination of this gate, so the portal would delete it."
        " Correct the gate at LINK."
    ),
    Problem.FEED: _("The feed is inactive. Activate it or choose another one."),
    Problem.FEED_PASSWORD: _("The feed's password has changed. Enter it again under “Gates at LINK”."),
    Problem.FEED_HEADER: _("The feed's header value has changed. Enter it again under “Gates at LINK”."),
    Problem.SECRET_KEY: _("The stored password cannot be decrypted: SECRET_KEY has changed. Enter it again."),
}

# LINK's own codes say more than the HTTP status.
OF_LINK = {
    103100: Problem.CREDENTIALS,
    103101: Problem.DENIED,
    103201: Problem.PLATFORM,
    103202: Problem.PARTNER,
    103211: Problem.REF_ID,
    103212: Problem.CONFLICT,
    103300: Problem.INCOMPLETE,
    103301: Problem.INVALID,
    103302: Problem.INVALID,
    103303: Problem.NO_SUCH_GATE,
    103304: Problem.NO_SUCH_GATE,
}
OF_HTTP = {
    400: Problem.INVALID,
    401: Problem.CREDENTIALS,
    403: Problem.DENIED,
    404: Problem.NOT_FOUND,
    405: Problem.GONE,
    408: Problem.TIMED_OUT,
    409: Problem.CONFLICT,
    413: Problem.INVALID,
    422: Problem.INVALID,
    429: Problem.THROTTLED,
}
# The next request would fail in the same way.
OF_ALL_REQUESTS = {
    *(Problem.ADDRESS, Problem.UNREACHABLE, Problem.CERTIFICATE, Problem.CREDENTIALS, Problem.PLATFORM),
    *(Problem.THROTTLED, Problem.REDIRECTED, Problem.SECRET_KEY, Problem.FEED, Problem.FEED_PASSWORD),
    Problem.FEED_HEADER,
}


class GateApiError(Exception):
    """A request failed, or cannot be sent. `detail` is LINK's description with secrets and numbers hidden."""

    def __init__(self, problem: Problem, *, detail: str = "", status: int = 0, code: int = 0) -> None:
        self.problem, self.status, self.code = problem, status, code
        hidden = Masking(in_full=False).text(redact(" ".join(detail.split())))
        self.detail = hidden[:MAX_DETAIL]
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """Return the sentence with LINK's own code and description."""
        return sentence(self.problem, code=self.code, detail=self.detail)


def sentence(problem: str, *, code: int = 0, detail: str = "") -> str:
    """Return the sentence of a problem, with LINK's code and description where it sent them."""
    said = " ".join(part for part in (str(code) if code else "", detail) if part)
    text = str(SENTENCES.get(problem, SENTENCES[Problem.UNEXPECTED]))
    return f"{text} " + gettext("LINK says: %(said)s") % {"said": said} if said else text


def problem_of(status: int, code: int) -> Problem:
    """Return the kind of an error by LINK's code, else by the HTTP status."""
    if code in OF_LINK:
        return OF_LINK[code]
    if 300 <= status < 400:
        return Problem.REDIRECTED
    if status >= 500:
        return Problem.SERVER
    return OF_HTTP.get(status, Problem.UNEXPECTED)
