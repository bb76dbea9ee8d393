"""What pages say about how the portal is run, so that nobody waits for a mail that cannot come."""

from django.conf import settings
from django.http import HttpRequest

from portal.accounts import mail


def operation(request: HttpRequest) -> dict[str, bool]:
    """Tell templates whether mail reaches people, and whether staff come in without a second factor."""
    return {"mail_is_set": mail.is_set(), "staff_mfa_is_off": not settings.PORTAL_STAFF_MFA}
