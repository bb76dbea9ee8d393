"""The content of a run: its tables and header for each kind of reader, read in one snapshot."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from django.conf import settings
from django.utils import translation

from deliveries.search.find import SearchTooSlow
from portal.brands.brand import Brand, brand_of, logo_png
from portal.common.database import snapshot
from portal.common.masking import Masking
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsError, TooManyGroups
from reports.models import DefinitionFile, ReportDefinition
from reports.monthly.figures import ReportHeader
from reports.monthly.selector import freshness, late_warning, messages_address
from reports.monthly.summary import build_summary
from reports.monthly.tables import Table
from reports.runs.fingerprint import content_hash
from reports.schedules.cost_tables import payer_now
from reports.schedules.kinds import KINDS
from reports.schedules.periods import are_final
from reports.schedules.reading import Build, Content, Reading, SubjectGone, TooLarge

_TO_DATE = (ReportDefinition.Period.MONTH_TO_DATE, ReportDefinition.Period.WEEK_TO_DATE)


@dataclass(frozen=True, slots=True)
class Edition:
    """The tables and the header for one kind of reader, and the number of rows beside the Summary."""

    tables: list[Table]
    header: ReportHeader
    rows: int
    messages: int


def editions(reading: Reading, build: Build) -> dict[str, Edition]:
    """Return the editions that may be made, the fullest first. Raises SubjectGone and TooLarge."""
    found: dict[str, Edition] = {}
    brand = brand_of(reading.run.tenant_id)  # before the wall: parts of it are inherited from the tenants above
    with snapshot(), web_scope(reading.tenant_ids), translation.override(reading.language):
        as_of, waiting = freshness()
        for edition, masking in maskings(reading):
            try:
                content = build(reading, masking)
            except (TooManyGroups, SearchTooSlow) as error:
                raise TooLarge(str(error)) from error
            except StatisticsError as error:
                raise SubjectGone(str(error)) from error
            header = _header(reading, content, masking, brand=brand, as_of=as_of, waiting=waiting)
            volume, latency = content.total.volume, content.total.latency or {}
            is_ab_test = reading.run.definition.kind == ReportDefinition.Kind.AB_TEST
            summary = build_summary(header, volume, latency, content.found, has_only_states=is_ab_test)
            made = Edition([summary, *content.tables], header, content.rows, content.total.volume.messages)
            found |= with_costs(edition, made, cost_tables(reading, masking))
    return found


def cost_tables(reading: Reading, masking: Masking) -> list[Table] | None:
    """Return the tables of costs for a reader who may see them; None where the run has none.

    For the role of pages, in the language of the report.
    """
    build = KINDS[reading.run.definition.kind].costs
    payer = payer_now(reading) if build else None
    return build(reading, masking, payer) if build and payer else None


def with_costs(edition: str, made: Edition, costs: list[Table] | None) -> dict[str, Edition]:
    """Return an edition with costs: those who see numbers see them, others get an edition of their own."""
    if costs is None:
        return {edition: made}
    priced = replace(made, tables=[*made.tables, *costs])
    if edition == DefinitionFile.Edition.FULL:
        return {edition: priced}
    return {DefinitionFile.Edition.COSTS.value: priced, edition: made}


def maskings(reading: Reading) -> list[tuple[str, Masking]]:
    """Return the editions that the run makes, the fullest first."""
    masked = (DefinitionFile.Edition.MASKED.value, Masking(in_full=False))
    if not reading.access.masking.in_full:
        return [masked]
    return [(DefinitionFile.Edition.FULL.value, Masking(in_full=True)), masked]


def state_now(reading: Reading, last: date) -> Literal["provisional", "final"]:
    """Return "final" once the grace of the last day is over in all zones."""
    zones = set(Tenant.objects.filter(id__in=reading.tenant_ids).values_list("timezone", flat=True))
    grace = timedelta(hours=settings.REPORT_GRACE_HOURS)
    is_final = are_final(last, at=reading.now, zones=zones | {reading.timezone}, grace=grace)
    return "final" if is_final else "provisional"


def fingerprint(edition: Edition, definition: ReportDefinition) -> str:
    """Return the digest by which a run has changed: of its tables and what they are of, without times.

    The days of a period "to date" grow by themselves and are left out.
    """
    header = edition.header
    if definition.period in _TO_DATE:
        header = replace(header, days=None, month="")
    return content_hash(edition.tables[1:], header)


def _header(
    reading: Reading, content: Content, masking: Masking, *, brand: Brand, as_of: datetime, waiting: datetime | None
) -> ReportHeader:
    run, tenant = reading.run, reading.run.tenant
    days = content.days or (run.first, run.last)
    state, maturity = state_now(reading, days[1]), content.total.maturity
    return ReportHeader(
        title_subject=reading.account.name if reading.account else tenant.name,
        scope="account" if reading.account else "tenant",
        month="",
        timezone=reading.timezone,
        language=reading.language,
        currency=tenant.currency,
        data_as_of=as_of,
        oldest_waiting=waiting,
        state=state,
        revision=0,
        maturity=maturity,
        warning=late_warning(state, maturity, reading.language),
        product=brand.product_name,
        logo=logo_png(brand.logo),
        colour=brand.accents[0].accent.removeprefix("#").upper() if brand.accents else "",
        report=masking.text(run.definition.name),
        messages_address="" if reading.account else messages_address(tenant),
        days=days,
        details=content.details,
    )
