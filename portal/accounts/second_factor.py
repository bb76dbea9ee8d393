"""The second factor: who must use one, and whether this session did."""

import time

from allauth.account import app_settings as account_settings
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from portal.accounts.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes stand in for one of these


def is_required(request: HttpRequest) -> bool:
    """Return whether the request requires a second factor.

    Staff need one everywhere (PORTAL_STAFF_MFA), members for the pages of a tenant that requires it.
    """
    access = request.access
    for_staff = access.is_staff and settings.PORTAL_STAFF_MFA
    return for_staff or (access.tenant is not None and access.tenant.require_mfa)


def is_enabled(user) -> bool:
    """Return whether the person has set one up."""
    return is_mfa_enabled(user, types=FACTORS)


def is_used(request: HttpRequest) -> bool:
    """Return whether this session was signed in with the person's second factor, or has set it up itself.

    An older session has not used a factor that was set up elsewhere.
    """
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records) and is_enabled(request.user)


def was_shown_lately(request: HttpRequest) -> bool:
    """Return whether this session confirmed with a second factor recently enough to change how the person signs in."""
    shown = [
        record["at"]
        for record in get_authentication_records(request, request.user)
        if record.get("method") == "mfa" and record.get("reauthenticated")
    ]
    return bool(shown) and time.time() - shown[-1] < account_settings.REAUTHENTICATION_TIMEOUT


def shown_id(request: HttpRequest, user: User) -> int | None:
    """Return the id of the second factor or set of recovery codes that this session showed last, None for none."""
    shown = [record.get("id") for record in get_authentication_records(request, user) if record.get("method") == "mfa"]
    return shown[-1] if shown else None
