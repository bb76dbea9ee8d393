"""Handing one mail to the mail server so that its outcome is known, or known to be unknown."""

import contextlib
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from functools import partial

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from portal.common.redaction import redact
from reports.models import ReportMail

TIMEOUT = 30  # seconds for each answer of the mail server

State = ReportMail.State
MAX_ERROR = 300  # characters


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state that a mail has after an attempt: sent, refused, unknown, or waiting for the next attempt."""

    state: str
    error: str = ""


def deliver(message: EmailMessage) -> Outcome:
    """Hand a mail for one address to the mail server.

    An error before the text was sent, and every answer of the server, leave no doubt. If the connection ends after the
    text was begun and before the server's answer, the mail may have been accepted: its outcome is unknown.
    """
    backend = get_connection(timeout=TIMEOUT)
    if not isinstance(backend, EmailBackend):  # a file, the console, or mails that are kept for staff
        try:
            backend.send_messages([message])
        except OSError as error:
            return Outcome(State.UNKNOWN, _words(error))
        return Outcome(State.SENT)
    try:
        outcome = _connected(backend, message)
    finally:
        _hang_up(backend)
    # The server may quote the address, which is erased elsewhere if a person asks for it.
    return Outcome(outcome.state, outcome.error.replace(message.to[0], "[address]"))


def _connected(backend: EmailBackend, message: EmailMessage) -> Outcome:
    try:
        backend.open()
    except smtplib.SMTPResponseException as error:  # a wrong password is the operator's to correct: tried again
        return Outcome(State.WAITING, _answer(error.smtp_code, error.smtp_error))
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(State.WAITING, _words(error))
    assert backend.connection is not None  # it is open
    return _talk(backend.connection, message)


def _talk(server: smtplib.SMTP, message: EmailMessage) -> Outcome:
    sender = sanitize_address(message.from_email, "utf-8")
    recipient = sanitize_address(message.to[0], "utf-8")
    content = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own, which its stubs lack
    has_begun = False
    try:
        server.ehlo_or_helo_if_needed()
        options = [f"size={len(content)}"] if server.has_extn("size") else []
        steps: list[Callable[[], tuple[int, bytes]]] = [
            partial(server.mail, parseaddr(sender)[1], options),
            partial(server.rcpt, parseaddr(recipient)[1]),
        ]
        for step in steps:
            code, answer = step()
            if code not in (250, 251):
                return _refusal(code, answer)
        has_begun = True
        code, answer = server.data(content)
    except smtplib.SMTPDataError as error:  # the server wants no text
        return _refusal(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(State.UNKNOWN if has_begun else State.WAITING, _words(error))
    return Outcome(State.SENT) if code == 250 else _refusal(code, answer)


def _refusal(code: int, answer: bytes | str) -> Outcome:
    """Return refused for 5xx; anything else is "try later"."""
    return Outcome(State.REFUSED if 500 <= code <= 599 else State.WAITING, _answer(code, answer))


def _answer(code: int, answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return redact(f"{code} {' '.join(text.split())}")[:MAX_ERROR]


def _words(error: Exception) -> str:
    return redact(f"{type(error).__name__}: {error}")[:MAX_ERROR]


def _hang_up(backend: EmailBackend) -> None:
    with contextlib.suppress(OSError, smtplib.SMTPException):  # the outcome is known already
        backend.close()
