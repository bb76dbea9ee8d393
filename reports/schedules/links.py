"""Tokens in mails about reports: each is sealed with the ids that it stands for, so no table holds a secret."""

from django.conf import settings
from django.urls import reverse

from portal.tenants import tokens
from reports.models import ReportMail, ReportRecipient

_UNSUBSCRIBE, _REPORT = "report-unsubscribe", "report-mail"


def unsubscribe_address(recipient: ReportRecipient) -> str:
    """Return the address at which a recipient unsubscribes from one definition, by one POST and without an account."""
    token = tokens.seal(f"{recipient.tenant_id}:{recipient.pk}", purpose=_UNSUBSCRIBE)
    return f"{settings.PUBLIC_URL}{reverse('report_unsubscribe', args=[token])}"


def report_address(mail: ReportMail) -> str:
    """Return the address of the files of one mail; it opens for its recipient alone, until it expires."""
    token = tokens.seal(f"{mail.tenant_id}:{mail.pk}", purpose=_REPORT)
    return f"{settings.PUBLIC_URL}{reverse('mailed_report', args=[token])}"


def recipient_of(token: str) -> tuple[int, int] | None:
    """Return tenant and recipient of an unsubscribe token, None for any other text."""
    return _ids(tokens.unseal(token, purpose=_UNSUBSCRIBE))


def mail_of(token: str) -> tuple[int, int] | None:
    """Return tenant and mail of a report's token, None for any other text."""
    return _ids(tokens.unseal(token, purpose=_REPORT))


def _ids(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    tenant_id, row_id = text.split(":")
    return int(tenant_id), int(row_id)
