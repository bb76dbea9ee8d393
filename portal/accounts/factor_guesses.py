"""Limits on guesses at the codes of a second factor: for a person from one network, from all networks, for a device.

Only somebody who knows the password gets as far as a code. Each wrong code counts for the person and the network it is
from, and for the person whatever the network, so that many networks do not add up. A device on which the person showed
a second factor before has limits of its own: guesses made elsewhere do not close it. Passkeys and security keys are not
limited, since a signature cannot be guessed.

Of a million codes three are right at a time (MFA_TOTP_TOLERANCE). Fifty guesses a day find one with a chance of 0.015 %
a day and about 5 % a year.
"""

from allauth.core.internal.ratelimit import RateLimitUsage
from django.http import HttpRequest

from portal.accounts import known_devices, lockout
from portal.accounts.models import User

PER_NETWORK = {"second_factor": "5/15m/key,10/d/key"}
PER_PERSON = {"second_factor": "50/d/key"}
PER_DEVICE = {"second_factor": "5/15m/key,20/d/key"}


def count(request: HttpRequest, user: User) -> RateLimitUsage | None:
    """Count a guess before the code is checked. Return None if it is over the limit; such a guess is not counted.

    Roll the result back if the code is right. A device that used up its own guesses is treated as an unknown one.
    """
    device = known_devices.factor_device_of(request, user)
    if device:
        counted = lockout.count(request, PER_DEVICE, f"device {device}")
        if counted:
            return counted
    by_network = lockout.count(request, PER_NETWORK, f"{user.pk} {lockout.network(request)}")
    if by_network is None:
        return None
    by_person = lockout.count(request, PER_PERSON, f"{user.pk}")
    if by_person is None:
        by_network.rollback()
        return None
    return RateLimitUsage([*by_network.usage, *by_person.usage])
