"""Signal receivers that write sign-in changes to the audit log and apply their consequences.

django-allauth and django-axes report these changes by signals only.
"""

import time

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as factor_signals
from allauth.mfa.models import Authenticator
from axes.signals import user_locked_out
from axes.utils import reset
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.dispatch import receiver

from portal.accounts import factor_mails, known_devices, second_factor, sessions, view_as
from portal.accounts.models import User, record
from portal.tenants.scope import signin_scope


def record_own(action: str, *, actor: str, subject: str = "", **details: object) -> None:
    """Put on record, after the commit, what concerns a person and no tenant.

    The web role writes for its tenants alone; these rows belong to none, so the role for signing in writes them.
    """

    def write() -> None:
        with signin_scope():
            record(action, actor=actor, subject=subject, details=details)

    transaction.on_commit(write, robust=True)


@receiver(account_signals.user_logged_in)
def follow_session(sender, request, user: User, **kwargs) -> None:
    request.session[sessions.SEEN_AT] = time.time()
    known_devices.remember(request, user)
    record_own("sign_in", actor=user.email, second_factor=second_factor.is_used(request))


@receiver(user_logged_out)
def stop_looking(sender, request, user: User | None, **kwargs) -> None:
    if user is not None and hasattr(request, "session"):
        view_as.stop(request, why="signed out")


@receiver(account_signals.password_changed)
def end_other_sessions(sender, request, user: User, **kwargs) -> None:
    sessions.end_others(user, current_key=request.session.session_key)
    record_own("password.changed", actor=user.email)


@receiver(account_signals.password_reset)
def end_all_sessions(sender, request, user: User, **kwargs) -> None:
    """Sign out all sessions: after a reset of the password, earlier sessions may belong to somebody else."""
    sessions.end_others(user, current_key=None)
    reset(username=user.email.lower())
    known_devices.remember(request, user)  # the mailbox's owner can sign in despite other people's guesses
    record_own("password.reset", actor=user.email)


@receiver(account_signals.email_changed)
def record_address(sender, request, user: User, from_email_address, to_email_address, **kwargs) -> None:
    before = from_email_address.email if from_email_address else ""
    record_own("email.changed", actor=to_email_address.email, subject=before)


@receiver(factor_signals.authenticator_added)
def use_new_factor(sender, request, user: User, authenticator: Authenticator, **kwargs) -> None:
    """Count setting a factor up as showing it, and end the sessions that have not shown it."""
    if authenticator.type in second_factor.FACTORS:
        shown = {"id": authenticator.pk, "type": authenticator.type, "reauthenticated": True}
        record_authentication(request, user, "mfa", **shown)
        known_devices.remember(request, user)
        sessions.end_others(user, current_key=request.session.session_key)
    record_own("second_factor.added", actor=user.email, kind=authenticator.type)


@receiver(factor_signals.authenticator_removed)
def record_removed_factor(sender, request, user: User, authenticator: Authenticator, **kwargs) -> None:
    record_own("second_factor.removed", actor=user.email, kind=authenticator.type)
    if authenticator.type in second_factor.FACTORS:
        factor_mails.tell_others(user, factor_mails.REMOVED)


@receiver(factor_signals.authenticator_reset)
def record_new_codes(sender, request, user: User, authenticator: Authenticator, **kwargs) -> None:
    record_own("second_factor.new_codes", actor=user.email)
    factor_mails.tell_others(user, factor_mails.NEW_CODES)


@receiver(user_locked_out)
def record_lock_out(sender, request, username: str, ip_address: str, **kwargs) -> None:
    """On record for people who exist alone: into the field for an address others type anything, secrets too."""
    if request.axes_failures_since_start and User.objects.filter(email__iexact=username).exists():
        record_own("sign_in.locked", actor=username, failures=request.axes_failures_since_start)
