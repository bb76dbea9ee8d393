"""Preview of a definition that is not saved: the first rows of its tables, read with the editor's rights."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from deliveries.exports.searches import Messages, known_columns
from deliveries.partner_ids.with_numbers import telling_partner_ids
from deliveries.search.find import SearchTooSlow
from portal.accounts.access import Access
from portal.common.periods import Month, zone
from portal.common.templatetags.figures import count, decimal, percent
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsError
from reports.models import DefinitionRun, ReportDefinition
from reports.monthly.layout import build_tables
from reports.monthly.masked_tables import masked_tables, partner_ids_of
from reports.monthly.selector import MonthScope, month_figures
from reports.monthly.tables import Kind as CellKind
from reports.monthly.tables import Table
from reports.monthly.texts import translate
from reports.monthly.writers.words import cell_text
from reports.schedules.content import cost_tables
from reports.schedules.kinds import KINDS
from reports.schedules.letters import days_text
from reports.schedules.message_log import DEFAULT_COLUMNS, query_of
from reports.schedules.pages.wording import due_texts
from reports.schedules.periods import are_final
from reports.schedules.reading import NotAllowed, Reading, SubjectGone, TooLarge
from reports.schedules.rights import account_scope_now
from reports.schedules.runs import run_days
from reports.schedules.statements import statements_table

MAX_ROWS = 5  # of a table

Kind = ReportDefinition.Kind
_FIGURES: frozenset[CellKind] = frozenset({"int", "money", "ratio", "percent", "points", "seconds"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and whether it is a figure, which stands at the right."""

    text: str
    is_figure: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The first rows of a table, and how many others there are (None: not counted)."""

    title: str
    head: list[Cell]
    rows: list[list[Cell]]
    total: list[Cell]
    others: int | None


@dataclass(slots=True)
class Preview:
    """Tables of the days that a run of now would have, or the problem why there are none."""

    days: str
    is_final: bool
    language: str
    tables: list[Shown] = field(default_factory=list)
    problem: str = ""
    due: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def preview_of(definition: ReportDefinition, access: Access, *, has_outside: bool, now: datetime) -> Preview:
    """Build the preview of a definition that was checked."""
    first, last = run_days(definition, at=now)
    run = DefinitionRun(tenant=definition.tenant, definition=definition, first=first, last=last)
    language = definition.language or definition.tenant.language
    found = Preview(days_text(first, last), is_final=False, language=language)
    try:
        reading = _reading(run, access, now)
        with web_scope(reading.tenant_ids), translation.override(language):
            found.is_final = _is_final(reading)
            found.tables = _tables(reading)
    except (SubjectGone, NotAllowed, StatisticsError):
        found.problem = _("These choices have no figures: what they name does not exist, or cannot be combined.")
    except (SearchTooSlow, TooLarge):
        found.problem = _("There are too many messages for a preview. The report itself may take longer.")
    if definition.frequency:
        found.due = due_texts(definition, now=now)
    found.warnings = _warnings(definition, access, has_outside=has_outside)
    return found


def _reading(run: DefinitionRun, access: Access, now: datetime) -> Reading:
    if run.definition.kind != Kind.ACCOUNT:
        return Reading(run, access, access.tenant_ids, now)
    scope = account_scope_now(access, run.definition)
    return Reading(run, access, scope.tenant_ids, now, scope.account)


def _is_final(reading: Reading) -> bool:
    zones = set(Tenant.objects.filter(id__in=reading.tenant_ids).values_list("timezone", flat=True))
    grace = timedelta(hours=settings.REPORT_GRACE_HOURS)
    return are_final(reading.run.last, at=reading.now, zones=zones | {reading.timezone}, grace=grace)


def _tables(reading: Reading) -> list[Shown]:
    kind, masking = reading.run.definition.kind, reading.access.masking
    if kind == Kind.MESSAGES:
        return [_messages(reading)]
    if kind == Kind.STATEMENTS:
        return [_shown(statements_table(reading), reading.language)]
    costs = cost_tables(reading, masking) or []
    if kind == Kind.MONTHLY:
        return [_shown(table, reading.language) for table in (*_month(reading), *costs)]
    build = KINDS[kind].build
    assert build is not None  # of the other kinds
    return [_shown(table, reading.language) for table in (*build(reading, masking).tables, *costs)]


def _month(reading: Reading) -> Sequence[Table]:
    """Return the tables of the month's report, which is not made."""
    scope = MonthScope(reading.run.tenant)
    figures = month_figures(scope=scope, month=Month.of(reading.run.first), kind="provisional", revision=0)
    tables = build_tables(figures)
    if reading.access.masking.in_full:
        return tables
    return masked_tables(tables, telling_partner_ids(partner_ids_of(tables), tenant_ids=scope.tenant_ids()))


def _messages(reading: Reading) -> Shown:
    names = list(reading.parameters.get("columns") or DEFAULT_COLUMNS)
    columns = [known_columns(names)[name] for name in names]
    rows: list[Any] = []
    pages = Messages(query_of(reading), reading.access.masking, names).pages()
    for page, _days in pages:
        rows = page[:MAX_ROWS]
        break
    tz = zone(reading.timezone)
    is_figure = [column.kind in ("number", "share", "decimal") for column in columns]
    lines = zip(*(column.values(rows) for column in columns), strict=True)
    return Shown(
        title=translate("Messages", reading.language),
        head=[
            Cell(column.heading_in(reading.timezone), right) for column, right in zip(columns, is_figure, strict=True)
        ],
        rows=[
            [Cell(_log_text(value, tz), right) for value, right in zip(line, is_figure, strict=True)] for line in lines
        ],
        total=[],
        others=None,
    )


def _log_text(value: Any, tz: Any) -> str:
    if value is None:
        return ""
    return f"{value.astimezone(tz):%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _shown(table: Table, language: str) -> Shown:
    kinds = [column.kind for column in table.columns]
    total: list[Cell] = []
    if table.total is not None:
        cells = zip(table.total[1:], kinds[1:], strict=True)
        total = [Cell(translate("Total", language), False), *(_cell(value, kind, language) for value, kind in cells)]
    rows: list[list[Cell]] = []
    for row, of in table.typed_rows():
        if len(rows) == MAX_ROWS:
            break
        rows.append([_cell(value, kind, language) for value, kind in zip(row, of, strict=True)])
    return Shown(
        title=translate(table.key, language),
        head=[Cell(translate(column.key, language), column.kind in _FIGURES) for column in table.columns],
        rows=rows,
        total=total,
        others=len(table.rows) - len(rows),
    )


def _cell(value: Any, kind: CellKind, language: str) -> Cell:
    return Cell(_text(value, kind, language), kind in _FIGURES)


def _text(value: Any, kind: CellKind, language: str) -> str:
    if value is None:
        return ""
    if kind == "int":
        return count(value)
    if kind == "percent":
        return percent(value)
    if kind in ("points", "money"):
        return cell_text(value, kind, language)
    if kind == "ratio":
        return decimal(value)
    if kind == "seconds":
        return f"{count(value)} s"
    if isinstance(value, datetime):
        return date_format(value, "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return translate(value, language) if kind == "term" else str(value)


def _warnings(definition: ReportDefinition, access: Access, *, has_outside: bool) -> list[str]:
    found = []
    if has_outside:
        found.append(_("Addresses outside the portal get files with masked phone numbers."))
    if not access.masking.in_full:
        found.append(_("Your role sees phone numbers masked, so there is no edition with numbers in full."))
    if definition.period in (ReportDefinition.Period.MONTH_TO_DATE, ReportDefinition.Period.WEEK_TO_DATE):
        found.append(_("Days up to today are provisional: their figures still change."))
    if definition.frequency and definition.period == ReportDefinition.Period.CUSTOM:
        found.append(_("Chosen days stay the same: each run reports on them again."))
    return found
