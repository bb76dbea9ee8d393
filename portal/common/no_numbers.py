"""Refusal of phone numbers in texts that people write and the portal keeps for good."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.common.masking import Masking


def refuse_numbers(text: str) -> None:
    """Raise ValidationError for a text with 8 digits or more that may be a phone number, however it is written."""
    if Masking(in_full=False).hides(text):
        raise ValidationError(_("Leave phone numbers (8 or more digits) out of this text. It is kept permanently."))
