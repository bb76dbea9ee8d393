"""Template context about the portal's operation: notices for staff, and where people find help."""

from django.conf import settings
from django.http import HttpRequest

from portal.accounts import mail


def operation(request: HttpRequest) -> dict[str, bool | str]:
    """Return whether e-mails are sent, whether staff sign in without a second factor, and the addresses for help."""
    return {
        "mail_is_set": mail.is_set(),
        "staff_mfa_is_off": not settings.PORTAL_STAFF_MFA,
        "help_url": settings.HELP_URL if settings.HELP_URL.startswith(("https://", "http://")) else "",
        "contact_email": settings.CONTACT_EMAIL,
    }
