"""The header of its own that a feed may ask for: which names and values are allowed."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_NAME_LENGTH, MAX_VALUE_LENGTH = 100, 200
# Headers that a proxy, the HTTP library or the door itself reads or changes.
RESERVED = {
    *("accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type"),
    *("cookie", "date", "expect", "forwarded", "host", "keep-alive", "proxy-authenticate", "proxy-authorization"),
    *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via"),
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
}
_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch  # RFC 9110 section 5.6.2
_visible = re.compile(r"[!-~](?:[ -~]*[!-~])?").fullmatch


def validate_name(name: str) -> None:
    """Raise ValidationError unless `name` is a header that a sender can be required to send."""
    if not _token(name):
        raise ValidationError(
            _("A header name may contain letters, digits, hyphens and the other characters that RFC 9110 allows.")
        )
    if name.lower() in RESERVED:
        raise ValidationError(_("%(name)s is reserved in HTTP. Choose another header."), params={"name": name})


def validate_value(value: str) -> None:
    """Raise ValidationError unless `value` can be sent in a header as it is."""
    if not _visible(value):
        raise ValidationError(
            _("A header value may contain printable ASCII characters only, and no space at either end.")
        )
