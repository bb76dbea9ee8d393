"""Errors of the API of gates in LINK's shape (docs/link.md section 6): code, HTTP status and body.

`description` is English, `translatedDescription` in the language of the key's customer.
"""

from enum import IntEnum

from django.http import JsonResponse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Code(IntEnum):
    """LINK's codes."""

    UNKNOWN = 103000
    AUTHENTICATION = 103100
    ACCESS = 103101
    PLATFORM = 103201
    PARTNER = 103202
    REF_ID = 103211
    DUPLICATE_REF_ID = 103212
    MISSING = 103300
    ID = 103301
    GATE = 103302
    NO_GATES = 103303
    NO_GATE = 103304


STATUS: dict[Code, int] = {
    Code.UNKNOWN: 500,
    Code.AUTHENTICATION: 401,
    Code.ACCESS: 403,
    Code.PLATFORM: 400,
    Code.PARTNER: 400,
    Code.REF_ID: 400,
    Code.DUPLICATE_REF_ID: 409,
    Code.MISSING: 400,
    Code.ID: 400,
    Code.GATE: 400,
    Code.NO_GATES: 404,
    Code.NO_GATE: 404,
}
TEXTS: dict[Code, Promise] = {
    Code.UNKNOWN: _("unknown error"),
    Code.AUTHENTICATION: _("invalid authentication"),
    Code.ACCESS: _("access denied"),
    Code.PLATFORM: _("invalid platform id"),
    Code.PARTNER: _("invalid partner id"),
    Code.REF_ID: _("invalid refId"),
    Code.DUPLICATE_REF_ID: _("duplicate refId"),
    Code.MISSING: _("missing parameters"),
    Code.ID: _("invalid id"),
    Code.GATE: _("invalid gate"),
    Code.NO_GATES: _("no gates found"),
    Code.NO_GATE: _("gate not found"),
}


class LinkError(Exception):
    """An error with a code of LINK's; `status` replaces the code's own HTTP status.

    `detail` is English and says more, `translated_detail` is the same in the customer's language.
    """

    def __init__(self, code: Code, detail: str = "", *, translated_detail: str = "", status: int | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.translated_detail = code, detail, translated_detail or detail
        self.status = status or STATUS[code]


def body_of(error: LinkError, *, language: str = "en") -> dict[str, object]:
    """Return the body of the answer."""
    return {
        "status": int(error.code),
        "description": _in("en", error.code, error.detail),
        "translatedDescription": _in(language, error.code, error.translated_detail),
    }


def link_response(error: LinkError, *, wait: int | None = None) -> JsonResponse:
    """Return an error as an answer without DRF, for what fails around its views; `wait` is in seconds."""
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return JsonResponse(body_of(error), status=error.status, headers=headers)


def _in(language: str, code: Code, detail: str) -> str:
    with translation.override(language):
        return f"{TEXTS[code]}: {detail}" if detail else str(TEXTS[code])
