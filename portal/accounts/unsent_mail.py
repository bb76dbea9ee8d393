"""Mails that nothing can send for want of a mail server: kept encrypted for staff, who may read each one once."""

from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from portal.accounts import staff_rights
from portal.accounts.models import UnsentMail, User, record
from portal.common.sealed import fernet

KEPT_FOR = timedelta(days=7)  # as long as the longest link in a mail is good

_PURPOSE = "unsent-mail"


class KeepingBackend(BaseEmailBackend):
    """Django's way out for mails, which stores them."""

    def send_messages(self, email_messages) -> int:
        now = timezone.now()
        for message in email_messages:
            text = fernet(_PURPOSE).encrypt(message.body.encode()).decode()
            for address in message.recipients():
                UnsentMail.objects.create(to=address, subject=message.subject[:200], sealed=text, made_at=now)
        return len(email_messages)


class Unreadable(Exception):
    """The text was read before, or SECRET_KEY has changed since."""


def may_show(user: User, mail: UnsentMail) -> bool:
    """Return whether `user` may read the e-mail: its link may sign them in as its recipient.

    So they must be allowed to change people, and have all rights of that person.
    """
    if not (user.has_perm("accounts.view_unsentmail") and user.has_perm("accounts.change_user")):
        return False
    return all(staff_rights.has_rights_of(user, person) for person in User.objects.filter(email__iexact=mail.to))


def show(mail: UnsentMail, *, actor: str, now: datetime) -> str:
    """Return the mail's text, which is deleted with that; who read it is in the audit log. Raises Unreadable."""
    with transaction.atomic():
        found = UnsentMail.objects.select_for_update().get(id=mail.id)  # of two at once one gets it
        try:
            text = fernet(_PURPOSE).decrypt(found.sealed).decode()
        except InvalidToken:
            raise Unreadable from None
        UnsentMail.objects.filter(id=found.id).update(sealed="", shown_at=now, shown_by=actor)
        record("mail.shown", actor=actor, subject=found.to, details={"mail": found.subject})
    return text


def forget(*, now: datetime) -> int:
    """Delete what is older than KEPT_FOR; return how many."""
    return UnsentMail.objects.filter(made_at__lt=now - KEPT_FOR).delete()[0]
