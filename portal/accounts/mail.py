"""Mail: written in the request, sent after its commit by the worker."""

import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from portal.accounts.mail_html import html_of
from portal.common.jobs import wake

logger = logging.getLogger(__name__)

KEPT = "portal.accounts.unsent_mail.KeepingBackend"


def is_set() -> bool:
    """Return whether e-mails are sent; without EMAIL_URL staff read them in the admin."""
    return settings.EMAIL_BACKEND != KEPT


def send_after_commit(*, to: str, subject: str, text: str, action: str = "") -> None:
    """Hand an e-mail to the worker when the open transaction is committed.

    Its HTML is made here, in the language of the text; `action` is what the button for its link says. An unreachable
    broker or mail server must not undo the change: the error is logged.
    """
    html = html_of(subject=subject, text=text, action=action)
    transaction.on_commit(lambda: _hand_over(to=to, subject=subject, text=text, html=html), robust=True)


def send(*, to: str, subject: str, text: str, html: str = "") -> None:
    """Send a mail now. Raises OSError and smtplib.SMTPException, which the worker takes as "try again"."""
    message = EmailMultiAlternatives(subject=subject, body=text, to=[to])
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


def _hand_over(*, to: str, subject: str, text: str, html: str) -> None:
    if not wake("accounts.send_mail", to, subject, text, html):
        logger.warning("A mail is sent without the worker.")
        send(to=to, subject=subject, text=text, html=html)
