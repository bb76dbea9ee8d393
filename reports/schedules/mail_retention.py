"""Deletion of mails after 400 days, and of addresses that get nothing any more; erasing an address at once."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from portal.accounts.models import record
from reports.models import OutsideAddress, ReportMail, ReportRecipient

KEPT = timedelta(days=400)


def forget(*, now: datetime) -> int:
    """Delete old mails, removed recipients without mails and addresses without recipients; return how many rows.

    An address that declined is kept as long as mails are, so that it is not asked again at once.
    """
    before = now - KEPT
    with transaction.atomic():
        mails, _by_model = ReportMail.objects.filter(created_at__lt=before).delete()
        of_recipient = ReportMail.objects.filter(recipient=OuterRef("id"))
        removed = ReportRecipient.objects.filter(~Exists(of_recipient), removed_at__lt=before)
        recipients, _by_model = removed.delete()
        of_address = ReportRecipient.objects.filter(address=OuterRef("id"))
        unused = OutsideAddress.objects.filter(~Exists(of_address), asked_at__lt=before)
        unused = unused.exclude(declined_at__gte=before)
        addresses, _by_model = unused.delete()
    return mails + recipients + addresses


def erase_address(email: str, *, actor: str, now: datetime) -> int:
    """Delete an outside address of all tenants at once; return of how many. Its recipients get nothing any more.

    Mails to it stay as rows without the address and without the mail server's words, which may name it.
    """
    with transaction.atomic():
        found = list(OutsideAddress.objects.select_related("tenant").filter(address=email.strip().lower()))
        for address in found:
            held = ReportRecipient.objects.filter(address=address)
            ReportMail.objects.filter(recipient__in=held).update(error="", link_revoked_at=now)
            held.filter(removed_at=None).update(removed_at=now)
            record("report_address.erased", actor=actor, tenant=address.tenant, details={"address": address.pk})
            address.delete()
    return len(found)
