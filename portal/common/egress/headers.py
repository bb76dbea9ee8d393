"""Headers that a customer adds to what is sent to its receiver."""

import re

from django.utils.translation import gettext as _

MAX_NAME = 100
MAX_VALUE = 2000

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
_VALUE = re.compile(r"[\x20-\x7e\t]*")
# The sender's own: they frame the request, belong to the connection, or carry the signature.
_RESERVED = {
    "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
    "http2-settings", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_RESERVED_BEGINNINGS = ("proxy-", "webhook-")


def check_header(name: str, value: str, *, has_username: bool = False) -> None:
    """Raise ValueError with a sentence for people if this header may not be sent.

    `has_username`: the request has credentials of its own, which are the header Authorization.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(_("The name of a header has letters, digits and hyphens, such as X-Api-Key."))
    if len(name) > MAX_NAME:
        raise ValueError(_("The name of a header has at most %(limit)d characters.") % {"limit": MAX_NAME})
    if name.lower() in _RESERVED or name.lower().startswith(_RESERVED_BEGINNINGS):
        raise ValueError(_("The header %(name)s is set by the portal.") % {"name": name})
    if has_username and name.lower() == "authorization":
        raise ValueError(_("The user name and password are sent as Authorization: leave one of them out."))
    if len(value) > MAX_VALUE:
        raise ValueError(_("The value of a header has at most %(limit)d characters.") % {"limit": MAX_VALUE})
    if not _VALUE.fullmatch(value):
        raise ValueError(
            _("The value of the header %(name)s has characters other than ASCII, or a line break.") % {"name": name}
        )
