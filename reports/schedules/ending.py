"""The end of a run: what it came to, its files and hooks, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import record
from portal.common import jobs
from reports.models import DefinitionFile, DefinitionRun, ReportDefinition
from reports.schedules import files
from reports.schedules.definitions import stop_definition
from reports.schedules.hooks import call_hooks
from reports.schedules.reading import Made

ACTOR = "portal"
_AGAIN = timedelta(seconds=5)


def finish(run: DefinitionRun, made: Made, stored: list[DefinitionFile]) -> None:
    """Write that it is done and call the hooks. If a number was erased meanwhile, the files are made again."""
    run.done = run.total
    try:
        with _holding(run):
            is_outdated = DefinitionRun.objects.filter(id=run.id, erased_at__isnull=False).exists()
            if is_outdated:
                DefinitionRun.objects.filter(id=run.id).update(erased_at=None)
            else:
                _write_done(run, made, stored)
        if is_outdated:
            raise jobs.Paused("a phone number was erased meanwhile", delay=_AGAIN)
    except BaseException:
        files.delete_attempt(run)
        raise
    files.delete_other_attempts(run)


def _write_done(run: DefinitionRun, made: Made, stored: list[DefinitionFile]) -> None:
    DefinitionFile.objects.filter(run=run).delete()
    DefinitionFile.objects.bulk_create(stored)
    definition = run.definition
    jobs.finish(
        run,
        skipped=made.skipped,
        kind=made.kind,
        data_as_of=made.data_as_of,
        maturity=made.maturity,
        rows=made.rows,
        language=definition.language or run.tenant.language,
        content_hash=made.content_hash,
        oldest=made.oldest,
        report_run_id=made.report_run_id,
    )
    details = {"run": run.id, "rows": made.rows, "files": len(stored), "skipped": made.skipped}
    record(
        "definition_run.finished", actor=run.requested_by, tenant=run.tenant, subject=definition.name, details=details
    )
    call_hooks(run)


def refuse(run: DefinitionRun, skipped: str) -> None:
    """End the run for good, with its reason. It is not a failure: nobody has to look into it.

    A definition that cannot be made any more stops.
    """
    run.done = 0
    with _holding(run):
        if skipped in ReportDefinition.Stopped.values:
            stop_definition(definition=run.definition, reason=skipped, actor=ACTOR, now=timezone.now())
        jobs.finish(run, state=DefinitionRun.State.CANCELLED, skipped=skipped)
        record(
            "definition_run.refused", actor=run.requested_by, tenant=run.tenant, subject=run.definition.name,
            details={"run": run.id, "why": skipped},
        )  # fmt: skip
        call_hooks(run)


@contextmanager
def _holding(run: DefinitionRun) -> Iterator[None]:
    """Hold the run in a transaction; if that is rolled back, the run is as it was and still this worker's."""
    state, lease = run.state, run.lease_until
    try:
        with transaction.atomic():
            jobs.hold(run)
            yield
    except BaseException:
        run.state, run.lease_until = state, lease
        raise
