"""Uploads of invoices: stored until they are read, confirmed with their columns, retried and deleted."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction

from deliveries.conversions.files import FileProblem
from portal.accounts.models import User, record
from portal.common import jobs
from portal.common.masking import Masking
from portal.common.periods import Month
from portal.common.sealed import fernet
from portal.tenants.models import ApiKey, GatewayAccount, Tenant
from reports.billing.invoices.columns import LineError, ReadInvoice, read_rows
from reports.billing.invoices.files import InvoiceFile, read_file
from reports.models import InvoiceCheck, PriceList
from reports.pricing.money import digits_of

TASK = "reports.run_invoice_check"
MAX_CLOSE = timedelta(days=92)  # after the month's last day
KEPT = timedelta(days=1)  # an upload that nobody confirms
NOT_CONFIRMED = "not_confirmed"
PURPOSE = "invoice-check"


@dataclass(frozen=True, slots=True)
class Agreed:
    """Tells what is agreed with the gateway for a check, and when it closed the month."""

    month: Month
    closed_at: datetime
    price_list: PriceList | None
    currency: str
    basis: str
    per: str


def begin(
    *,
    tenant: Tenant,
    account: GatewayAccount,
    name: str,
    content: bytes,
    now: datetime,
    user: User | None = None,
    key: ApiKey | None = None,
    made_by: str = "",
) -> InvoiceCheck:
    """Store a file that can be read; nothing is compared until it is confirmed. Raises FileProblem."""
    read_file(content)
    return InvoiceCheck.objects.create(
        tenant=tenant,
        account=account,
        maker=user,
        key=key,
        made_by=made_by or (user.email if user is not None else str(key)),
        file_name=Masking(in_full=False).text(name)[:200],
        sealed=fernet(PURPOSE).encrypt(zlib.compress(content)).decode(),
        state=jobs.JobState.CANCELLED,  # until it is confirmed
        problem=NOT_CONFIRMED,
        finished_at=now,
    )


def content_of(check: InvoiceCheck) -> bytes:
    """Return the stored file. Raises FileProblem where it is deleted or cannot be decrypted."""
    try:
        return zlib.decompress(fernet(PURPOSE).decrypt(check.sealed.encode()))
    except (InvalidToken, zlib.error) as error:
        raise FileProblem("gone") from error


def remembered(account: GatewayAccount) -> dict[str, str]:
    """Return the column of each field in the account's latest confirmed check."""
    latest = InvoiceCheck.objects.filter(account=account).exclude(mapping={}).order_by("-id").first()
    return dict(latest.mapping) if latest else {}


def read_lines(file: InvoiceFile, mapping: Mapping[str, str], month: Month, currency: str) -> ReadInvoice:
    """Return the rows of a file, and its lines that cannot be read."""
    return read_rows(file.rows, file.names, mapping, month=month, digits=digits_of(currency) if currency else 2)


def confirm(
    check: InvoiceCheck, agreed: Agreed, mapping: Mapping[str, str], *, left_out: list[LineError], actor: str
) -> bool:
    """Queue a check; return False if it is confirmed already or its file is deleted."""
    with transaction.atomic():
        waiting = InvoiceCheck.objects.filter(pk=check.pk, problem=NOT_CONFIRMED).exclude(sealed="")
        if not waiting.update(
            state=jobs.JobState.QUEUED,
            problem="",
            mapping=dict(mapping),
            month=agreed.month.first_day,
            closed_at=agreed.closed_at,
            price_list=agreed.price_list,
            currency=agreed.currency,
            basis=agreed.basis,
            per=agreed.per,
            left_out=[[error.line, error.field, error.code, error.detail] for error in left_out],
            finished_at=None,
            created_at=datetime.now(UTC),
        ):
            return False
        details = {"account": check.account.name, "month": str(agreed.month), "lines_left_out": len(left_out)}
        record("invoice_check.started", actor=actor, tenant=check.tenant, subject=check.file_name, details=details)
        transaction.on_commit(lambda: jobs.wake(TASK, check.pk, expires=60))
    return True


def delete(check: InvoiceCheck, *, actor: str) -> bool:
    """Delete a check that has ended, with its result. Return False if it waits or is running."""
    with transaction.atomic():
        ended = InvoiceCheck.objects.filter(pk=check.pk).exclude(state__in=jobs.models.OPEN_STATES)
        if not ended.delete()[0]:
            return False
        details = {"account": check.account.name, "month": f"{check.month:%Y-%m}" if check.month else ""}
        record("invoice_check.deleted", actor=actor, tenant=check.tenant, subject=check.file_name, details=details)
    return True


def delete_old_files(*, now: datetime) -> int:
    """Delete uploads that nobody has confirmed for a day, and the files of checks that failed or were cancelled."""
    ended = InvoiceCheck.objects.exclude(state__in=jobs.models.OPEN_STATES).filter(finished_at__lt=now - KEPT)
    deleted, _by_model = ended.filter(problem=NOT_CONFIRMED).delete()
    return deleted + ended.exclude(sealed="").update(sealed="")
