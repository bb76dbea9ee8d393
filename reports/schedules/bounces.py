"""Delivery status notifications (RFC 3464), by which a mail server says later that a mail could not be delivered."""

import mailbox
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path

from django.db import transaction

from portal.common.redaction import redact
from reports.models import ReportMail

MAX_ERROR = 300  # characters

State = ReportMail.State


def messages_in(path: Path) -> Iterator[EmailMessage]:
    """Yield the mails of a file: one mail, or a folder of them in the format mbox."""
    with path.open("rb") as file:
        is_mbox = file.read(5) == b"From "
    if not is_mbox:
        yield parse(path.read_bytes())
        return
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield parse(box.get_bytes(key))
    finally:
        box.close()


def parse(content: bytes) -> EmailMessage:
    """Parse one mail."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)  # by the policy
    return message


def note_bounce(message: EmailMessage) -> ReportMail | None:
    """Mark the mail that a notification is about as bounced, and return it; None for any other mail.

    Only a final failure counts ("failed"), not a delay. The mail is known by the Message-ID of the original, which the
    notification has with it.
    """
    reason, message_ids = _failure(message), _original_ids(message)
    if reason is None or not message_ids:
        return None
    with transaction.atomic():
        rows = ReportMail.objects.select_for_update(of=("self",)).select_related("tenant")
        mail = rows.filter(message_id__in=message_ids, state__in=[State.SENT, State.UNKNOWN]).first()
        if mail is None:
            return None
        ReportMail.objects.filter(id=mail.pk).update(state=State.BOUNCED, error=reason)
    return mail


def _failure(message: EmailMessage) -> str | None:
    """Return the status of the failure, such as "5.1.1"; None for a mail that reports none. It names no address."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in _inside(part):
            if str(block.get("Action", "")).strip().lower() == "failed":
                return redact(f"bounced: {block.get('Status', 'without a status')}")[:MAX_ERROR]
    return None


def _original_ids(message: EmailMessage) -> list[str]:
    """Return the Message-IDs of the mails that the notification carries, whole or by their headers."""
    originals: list[Message] = []
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            originals += _inside(part)
        elif part.get_content_type() == "text/rfc822-headers":
            headers = part.get_payload(decode=True)
            originals.append(parse(headers if isinstance(headers, bytes) else b""))
    found = [str(original.get("Message-ID", "")).strip() for original in originals]
    return [message_id for message_id in found if message_id]


def _inside(part: Message) -> list[Message]:
    """Return the messages that a part holds."""
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []
