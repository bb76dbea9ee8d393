"""Raw requests with their phone numbers masked, for staff who have not revealed them."""

from django.utils.translation import gettext as _

from deliveries.dialects.raw_text import readable
from portal.common.masking import Masking


def masked_body(body: bytes) -> str:
    """Return a body for people with its numbers masked; one that is no text is not shown at all.

    All of it is masked before it is cut, so that no number is cut in two.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _("%(bytes)d bytes that are not text. They are shown when you reveal the request.") % {
            "bytes": len(body)
        }
    return readable(masked_text(text).encode("utf-8", "surrogatepass"))


def masked_text(text: str) -> str:
    """Return a text of a raw request with its numbers masked."""
    return Masking(in_full=False).text(text)
