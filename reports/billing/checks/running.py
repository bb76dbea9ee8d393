"""The job of a check: reads the file, counts our side, and stores how the difference splits."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from deliveries.conversions.files import FileProblem
from portal.common import jobs
from portal.common.database import snapshot, snapshot_time
from portal.common.periods import Month
from reports.billing.checks.facts import read_facts
from reports.billing.checks.results import stored, totals_of
from reports.billing.checks.scope import NotChecked, read_scope
from reports.billing.checks.uploads import content_of, read_lines
from reports.billing.invoices.files import read_file
from reports.billing.proof.claims import summed
from reports.billing.proof.recounts import Recounts
from reports.billing.proof.rules import Rule, combinations_of
from reports.billing.proof.split import split
from reports.models import InvoiceCheck

RENEW_EVERY = timedelta(seconds=5)
NOT_OURS = "not_ours"


def run_checks(*, check_id: int | None = None) -> int:
    """Run the checks that are due, or this one; return how many were done."""
    return jobs.run_all(InvoiceCheck, _work, job_id=check_id)


def _work(check: InvoiceCheck) -> None:
    """Compare the invoice with our counts. Only the result is stored, so each attempt starts from the beginning."""
    assert check.month is not None  # the database makes sure
    check.done, check.total = 0, 2 + len(combinations_of(Rule))
    jobs.renew(check, lease=jobs.LONG_STEP)
    try:
        invoice = read_lines(read_file(content_of(check)), check.mapping, Month.of(check.month), check.currency)
        scope = read_scope(check)
    except FileProblem as problem:
        jobs.finish(check, state=jobs.JobState.FAILED, problem=str(problem), sealed="")
        return
    except NotChecked:
        jobs.finish(check, state=jobs.JobState.FAILED, problem=NOT_OURS, sealed="")
        return
    with snapshot():
        check.as_of = snapshot_time()
        facts = read_facts(scope)
    progress = _Progress(check)
    progress()
    recounts = Recounts(facts.facts, scope.contract, invoice.shape, without=facts.without, on_step=progress)
    claim = summed(invoice.rows, invoice.shape, decimals=invoice.decimals)
    rows = split(claim, recounts, on_row=progress.renew)
    jobs.finish(
        check,
        result=stored(claim, rows, facts.without),
        totals=totals_of(rows),
        as_of=check.as_of,
        sealed="",
    )


class _Progress:
    """Writes the progress of a check every few seconds."""

    def __init__(self, check: InvoiceCheck) -> None:
        self._check, self._renewed = check, timezone.now()

    def __call__(self) -> None:
        self._check.done += 1
        self.renew()

    def renew(self) -> None:
        """Extend the lease if it is time to."""
        if timezone.now() - self._renewed > RENEW_EVERY:
            self._renewed = timezone.now()
            jobs.renew(self._check, lease=jobs.LONG_STEP)
