"""Monthly volumes: the month's report, whose revision is the run's workbook, and its tables in other formats."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import translation

from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.common.database import snapshot
from portal.common.jobs import Paused
from portal.common.masking import Masking
from portal.common.periods import Month
from portal.tenants.scope import web_scope
from reports.models import DefinitionFile, ReportDefinition, ReportRun, WorkbookTemplate
from reports.monthly.figures import ReportHeader
from reports.monthly.layout import build_tables
from reports.monthly.masked_tables import masked_tables, partner_ids_of
from reports.monthly.selector import MonthScope
from reports.monthly.tables import Table
from reports.runs.runs import BeingMade, StillWaiting, build_now
from reports.schedules.content import cost_tables, maskings
from reports.schedules.reading import Reading

_WAIT = timedelta(seconds=10)  # for the inbox, or for another process that makes the month's report

Progress = Callable[[int], None]  # percent


@dataclass(frozen=True, slots=True)
class MonthReport:
    """A month's report with its tables by edition."""

    run: ReportRun
    header: ReportHeader
    tables: dict[str, list[Table]]


def month_report(reading: Reading, progress: Progress) -> MonthReport:
    """Make the month's report, a revision if it has changed. Raises Paused while it waits."""
    run, tenant = reading.run, reading.run.tenant
    scope = MonthScope(tenant)
    try:
        report, figures = build_now(
            scope=scope,
            month=Month.of(run.first),
            requested_by=run.requested_by,
            now=reading.now,
            progress=progress,
        )
    except (StillWaiting, BeingMade) as error:
        raise Paused(str(error), delay=_WAIT) from error
    header = replace(figures.header, report=Masking(in_full=False).text(run.definition.name))
    tables = build_tables(figures)
    telling = telling_partner_ids(partner_ids_of(tables), tenant_ids=scope.tenant_ids())
    found = {DefinitionFile.Edition.MASKED.value: masked_tables(tables, telling)}
    if reading.access.masking.in_full:
        found[DefinitionFile.Edition.FULL.value] = tables
    return MonthReport(report, header, found)


def month_costs(reading: Reading) -> dict[str, list[Table]]:
    """Return the tables of the month's costs by edition; none where the run has no costs.

    They are beside the month's report and no part of it: a changed price makes no revision.
    """
    with snapshot(), web_scope(reading.tenant_ids), translation.override(reading.language):
        found = {edition: cost_tables(reading, masking) for edition, masking in maskings(reading)}
    return {edition: tables for edition, tables in found.items() if tables is not None}


def chosen_template(definition: ReportDefinition) -> bytes:
    """Return the tenant's template that a definition fills, nothing where it has none or the template is deleted."""
    wanted = definition.parameters.get("template")
    found = WorkbookTemplate.objects.filter(tenant_id=definition.tenant_id, id=wanted) if wanted else None
    content = found.values_list("content", flat=True).first() if found is not None else None
    return bytes(content or b"")


def workbook(report: MonthReport, reading: Reading, edition: str) -> DefinitionFile:
    """Return the row of the run's workbook: the file is the month's report's own."""
    found = report.run.edition(Masking(in_full=edition == DefinitionFile.Edition.FULL))
    assert found is not None  # a report that was just made has both
    return DefinitionFile(
        tenant_id=reading.run.tenant_id, run=reading.run, format="xlsx", edition=edition, bytes=found.bytes,
        sha256=found.sha256,
    )  # fmt: skip
