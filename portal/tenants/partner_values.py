"""What a platformPartnerId may be: what the doors take (docs/link.md section 5), and nothing that cannot be seen."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_BYTES = 256  # of UTF-8, as for delivery reports and submissions


def validate_partner_id(value: str) -> None:
    """Raise ValidationError for what no delivery report can carry as its platformPartnerId; spaces count."""
    if not value.strip():
        raise ValidationError(_("Say which partner ID."))
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in value):
        raise ValidationError(_("A partner ID has no line breaks, tabs or other control characters."))
    if len(value.encode()) > MAX_BYTES:
        raise ValidationError(
            _("A partner ID has at most %(limit)s bytes of UTF-8, this one has %(bytes)s."),
            params={"limit": MAX_BYTES, "bytes": len(value.encode())},
        )
