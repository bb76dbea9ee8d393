"""Mail that the web hands over; nothing is decided here."""

import smtplib

from celery import shared_task
from django.utils import timezone

from portal.accounts import brand_hosts, invitations, lost_rights, mail, unsent_mail
from portal.shares import links
from portal.tenants import idempotent_answers, key_log

_RETRIED = {
    "autoretry_for": (OSError, smtplib.SMTPException),
    "retry_backoff": 5,
    "retry_backoff_max": 60,
    "max_retries": 10,
    "time_limit": 120,
}


@shared_task(name="accounts.send_mail", **_RETRIED)
def send_mail(
    to: str, subject: str, text: str, html: str = "", sender: str = "", logo: str = "", unsubscribe: str = ""
) -> None:
    mail.send(to=to, letter=mail.Letter(subject, text, html, sender, logo, unsubscribe))


@shared_task(name="accounts.send_invitation", **_RETRIED)
def send_invitation(invitation_id: int) -> bool:
    return invitations.send(invitation_id=invitation_id)  # only while it is open, and once


@shared_task(name="accounts.settle_lost_rights", time_limit=120)
def settle_lost_rights() -> None:
    now = timezone.now()
    lost_rights.settle(actor="portal", now=now)
    lost_rights.end_notices(actor="portal", now=now)


@shared_task(name="accounts.forget_unsent_mail", time_limit=120)
def forget_unsent_mail() -> int:
    return unsent_mail.forget(now=timezone.now())


@shared_task(name="accounts.forget_api_requests", time_limit=600)
def forget_api_requests() -> int:
    """Delete old answers to retries and old requests of the keys' logs; return the number."""
    now = timezone.now()
    return idempotent_answers.forget(now=now) + key_log.forget(now=now)


@shared_task(name="accounts.delete_ended_links", time_limit=120)
def delete_ended_links() -> int:
    return links.delete_ended(now=timezone.now())


@shared_task(name="accounts.check_brand_hosts", time_limit=600)
def check_brand_hosts() -> int:
    return len(brand_hosts.check_all(now=timezone.now()))
