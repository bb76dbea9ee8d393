"""Validation of platformPartnerIds: values that feeds accept (docs/link.md section 5), without invisible characters."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_BYTES = 256  # of UTF-8, as for delivery reports and submissions


def validate_partner_id(value: str) -> None:
    """Raise ValidationError for what no delivery report can carry as its platformPartnerId; spaces count."""
    if not value.strip():
        raise ValidationError(_("Enter a partner ID."))
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in value):
        raise ValidationError(_("A partner ID must not contain line breaks, tabs or other control characters."))
    if len(value.encode()) > MAX_BYTES:
        raise ValidationError(
            _("A partner ID may have at most %(limit)s bytes in UTF-8. This one has %(bytes)s."),
            params={"limit": MAX_BYTES, "bytes": len(value.encode())},
        )
