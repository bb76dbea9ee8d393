"""Template context: warn when e-mail is not configured or staff may skip the second factor."""

from django.conf import settings
from django.http import HttpRequest

from portal.accounts import mail


def operation(request: HttpRequest) -> dict[str, bool]:
    """Return for templates whether e-mails are sent, and whether staff sign in without a second factor."""
    return {"mail_is_set": mail.is_set(), "staff_mfa_is_off": not settings.PORTAL_STAFF_MFA}
