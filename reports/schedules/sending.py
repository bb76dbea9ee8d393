"""Sending the queued mails, each at most once: claimed, written, handed to the mail server, and its outcome noted."""

import logging
import time
from datetime import datetime, timedelta
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from reports.models import ReportMail
from reports.schedules import smtp
from reports.schedules.letters import NotSent, Written, write

logger = logging.getLogger(__name__)

State = ReportMail.State

# A worker is killed long before its lease is over (time_limit of the task), so a mail without a worker is never sent
# by one that was only slow.
LEASE = timedelta(minutes=10)
RUN_TIME = 60  # seconds, after which a task begins no other mail
TIME_LIMIT = 300  # seconds of a task
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)  # doubled after each attempt in between
GIVE_UP_AFTER = timedelta(hours=24)


def send_waiting() -> int:
    """Send the mails that are due, the oldest first, until RUN_TIME is over. Return how many were handed over."""
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < RUN_TIME and (mail := claim(now=timezone.now())) is not None:
        sent += send(mail) == State.SENT
    return sent


def claim(*, now: datetime) -> ReportMail | None:
    """Take the oldest mail that is due: `sending`, which is committed before the mail server hears of it."""
    due = Q(state=State.WAITING) & (Q(not_before=None) | Q(not_before__lte=now))
    with transaction.atomic():
        mail = ReportMail.objects.select_for_update(skip_locked=True).filter(due).order_by("id").first()
        if mail is None:
            return None
        mail.state, mail.attempts, mail.lease_until = State.SENDING, mail.attempts + 1, now + LEASE
        mail.message_id = make_msgid(domain=parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2])
        mail.save(update_fields=["state", "attempts", "lease_until", "message_id"])
    return mail


def send(mail: ReportMail) -> str:
    """Write a claimed mail, hand it over and note the outcome; return the state."""
    try:
        written = write(mail, now=timezone.now())
    except Exception as error:  # it was not sent, so it may be tried again
        logger.exception("report mail %s cannot be written", mail.pk)
        return _note(mail, _after_failure(mail, smtp.Outcome(State.WAITING, type(error).__name__)))
    if isinstance(written, NotSent):
        return _note(mail, {"state": State.SKIPPED, "skipped": written.reason})
    _prepare(mail, written)
    outcome = smtp.deliver(written.message)
    if outcome.state == State.SENT:
        return _note(mail, {"state": State.SENT, "sent_at": timezone.now(), "error": ""})
    logger.warning("report mail %s: %s: %s", mail.pk, outcome.state, outcome.error)
    return _note(mail, _after_failure(mail, outcome))


def mark_unknown(*, now: datetime) -> int:
    """Note that the outcome of mails is unknown whose worker died in mid-send; return their number."""
    left = ReportMail.objects.filter(state=State.SENDING, lease_until__lt=now)
    return left.update(state=State.UNKNOWN, lease_until=None)


def _prepare(mail: ReportMail, written: Written) -> None:
    """Note how the mail carries its files, before the link in it can be opened."""
    mail.how, mail.link_expires_at = written.how, written.link_expires_at
    ReportMail.objects.filter(id=mail.pk).update(how=mail.how, link_expires_at=mail.link_expires_at)


def _after_failure(mail: ReportMail, outcome: smtp.Outcome) -> dict[str, object]:
    """Return what a mail becomes that was not accepted: it waits, or after a day it is as good as refused."""
    if outcome.state != State.WAITING:
        return {"state": outcome.state, "error": outcome.error}
    now = timezone.now()
    delay = min(FIRST_DELAY * 2 ** min(mail.attempts - 1, 10), LONGEST_DELAY)
    if now + delay > mail.created_at + GIVE_UP_AFTER:
        return {"state": State.REFUSED, "error": outcome.error}
    return {"state": State.WAITING, "error": outcome.error, "not_before": now + delay}


def _note(mail: ReportMail, values: dict[str, object]) -> str:
    """Write an attempt's outcome. One that had been given up as unknown becomes certain, but is never tried again."""
    before = [State.SENDING] if values["state"] == State.WAITING else [State.SENDING, State.UNKNOWN]
    held = ReportMail.objects.filter(id=mail.pk, attempts=mail.attempts, state__in=before)
    held.update(lease_until=None, **values)
    return str(values["state"])
