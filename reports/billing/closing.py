"""Closing a month: a job that makes all of an issuer's statements, one customer after the other."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deliveries.counts.causes import close_month
from portal.accounts.models import record
from portal.common import jobs
from portal.common.periods import Month, is_final
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants
from portal.tenants.undone import customers
from reports.billing.drafts import make_drafts
from reports.billing.issuing import Incomplete, NotPossible, issue_made
from reports.billing.profiles import Stated, stated_by_customer
from reports.billing.usage import PayerMonth, read_months
from reports.models import ClosingRun, Statement

TASK = "reports.close_month"
MONTHS = 12  # that can be closed
TOGETHER = 100  # customers whose months are read at once
RENEW_EVERY = timedelta(seconds=5)


class TooEarly(NotPossible):
    """The month's grace is not over for all customers."""


class IsOpen(NotPossible):
    """The month is being closed already."""


def customers_of(issuer: Tenant | None) -> QuerySet[Tenant]:
    """Return the customers that an issuer charges: those right below it, of the operator those without a parent."""
    return customers().filter(parent=issuer).order_by("id")


def may_close(issuer: Tenant | None, month: Month, *, now: datetime) -> bool:
    """Return whether the month's grace is over in the zones of all customers, and of those below them."""
    grace = timedelta(hours=settings.REPORT_GRACE_HOURS)
    charged = with_descendants(customers_of(issuer).values_list("id", flat=True))
    zones = Tenant.objects.filter(id__in=charged).order_by().values_list("timezone", flat=True).distinct()
    return all(is_final(month, now, zone, grace) for zone in zones)


def last_closable(issuer: Tenant | None, *, now: datetime) -> Month:
    """Return the newest month whose grace is over for all customers."""
    month = Month.of(now.date()).previous()
    while not may_close(issuer, month, now=now):
        month = month.previous()
    return month


def closable_months(issuer: Tenant | None, *, now: datetime) -> list[Month]:
    """Return the months that can be closed, the newest first."""
    months = [last_closable(issuer, now=now)]
    while len(months) < MONTHS:
        months.append(months[-1].previous())
    return months


def request_closing(*, issuer: Tenant | None, month: Month, is_issuing: bool, actor: str, now: datetime) -> ClosingRun:
    """Queue the closing of a month and wake a worker. Raises TooEarly and IsOpen."""
    if not may_close(issuer, month, now=now):
        raise TooEarly(
            _("%(month)s cannot be closed yet: delivery reports may arrive until %(hours)s hours after its end.")
            % {"month": str(month), "hours": settings.REPORT_GRACE_HOURS}
        )
    try:
        with transaction.atomic():
            run = ClosingRun.objects.create(
                issuer=issuer, month=month.first_day, is_issuing=is_issuing, requested_by=actor
            )
            details = {"issue_at_once": is_issuing}
            record("closing.requested", actor=actor, tenant=issuer, subject=str(month), details=details)
    except IntegrityError as error:
        raise IsOpen(_("%(month)s is being closed already.") % {"month": str(month)}) from error
    transaction.on_commit(lambda: jobs.wake(TASK, run.pk))
    return run


def cancel_closing(run: ClosingRun, *, actor: str) -> bool:
    """Cancel a closing; the statements that it has made stay. Return False if it has ended."""
    with transaction.atomic():
        if not jobs.cancel(ClosingRun, ids=[run.pk]):
            return False
        record("closing.cancelled", actor=actor, tenant=run.issuer, subject=str(run))
    return True


def retry_closing(run: ClosingRun, *, actor: str) -> bool:
    """Queue a failed or cancelled closing again; it goes on where it stopped. Return False if it cannot."""
    with transaction.atomic():
        if not jobs.retry(ClosingRun, ids=[run.pk]):
            return False
        record("closing.retried", actor=actor, tenant=run.issuer, subject=str(run))
        transaction.on_commit(lambda: jobs.wake(TASK, run.pk))
    return True


def run_closings(*, run_id: int | None = None) -> int:
    """Run the closings that are due, or this one; return how many were done."""
    return jobs.run_all(ClosingRun, _close, job_id=run_id)


def _close(run: ClosingRun) -> None:
    """Make the statements of all customers that are not done yet.

    A customer's statements are one transaction. A worker that is killed leaves whole statements behind; the next one
    begins with the customer that it was at, or an earlier one, whose issued statements are kept.
    """
    month = Month.of(run.month)
    close_month(month)  # from here on the ledger names what changes
    of_issuer = customers_of(run.issuer)
    run.total = of_issuer.count()
    run.done = of_issuer.filter(id__lte=run.position).count()
    result = Counter(run.result)
    renewed = timezone.now()
    jobs.renew(run, "result", "position")
    for customer, read, stated in _with_months(run, of_issuer.filter(id__gt=run.position), month):
        result += _of_customer(run, customer, month, read, stated)
        run.done, run.position, run.result = run.done + 1, customer.pk, dict(result)
        if timezone.now() - renewed > RENEW_EVERY:
            renewed = timezone.now()
            jobs.renew(run, "result", "position")
    jobs.renew(run, "result", "position")


def _with_months(
    run: ClosingRun, of_issuer: QuerySet[Tenant], month: Month
) -> Iterator[tuple[Tenant, PayerMonth, Stated]]:
    together = list(of_issuer)
    for start in range(0, len(together), TOGETHER):
        part = together[start : start + TOGETHER]
        months, stated = read_months(part, month), stated_by_customer(run.issuer, part, month.last_day)
        yield from ((customer, months[customer.pk], stated[customer.pk]) for customer in part)


def _of_customer(run: ClosingRun, customer: Tenant, month: Month, read: PayerMonth, stated: Stated) -> Counter[str]:
    """Make a customer's statements, all or nothing, and count what came of them."""
    now = timezone.now()
    with transaction.atomic():
        made = make_drafts(issuer=run.issuer, customer=customer, month=month, now=now, read=read, stated=stated)
        counts = Counter({"kept": len(made.kept), "without": int(not made.drafts and not made.kept)})
        for draft in made.drafts:
            counts["odd"] += bool(draft.remarks)
            is_issued = run.is_issuing and not draft.remarks and _issued(run, draft, stated, now)
            counts["issued" if is_issued else "drafts"] += 1
    return counts


def _issued(run: ClosingRun, draft: Statement, stated: Stated, now: datetime) -> bool:
    """Issue a draft. Return False if it is not complete."""
    try:
        issue_made(draft, stated, actor=run.requested_by, now=now)
    except Incomplete:
        return False
    return True
