"""Templates of a tenant: added once they are checked, chosen for monthly reports, removed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from django.db import IntegrityError, transaction

from portal.accounts.models import record
from portal.tenants.models import Tenant
from reports.models import ReportDefinition, WorkbookTemplate
from reports.monthly.layout import MonthFigures, ReportHeader, build_tables
from reports.workbook_templates.check import Checked, check
from reports.workbook_templates.names import names_of

MAX_TEMPLATES = 20


class TooMany(ValueError):
    """The tenant has MAX_TEMPLATES templates."""


class NameTaken(ValueError):
    """The tenant has a template of this name."""


class Refused(ValueError):
    """The file has problems; `checked` has them."""

    def __init__(self, checked: Checked) -> None:
        super().__init__(f"{len(checked.problems)} problems")
        self.checked = checked


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names that a monthly report has: single values, and the columns of each table."""

    values: list[str]
    columns: dict[str, list[str]]


def add_template(*, tenant: Tenant, name: str, content: bytes, actor: str) -> WorkbookTemplate:
    """Store a template that has no problems. Raises Refused, TooMany and NameTaken."""
    checked = check_monthly(content, tenant)
    if checked.problems:
        raise Refused(checked)
    with transaction.atomic():
        Tenant.objects.select_for_update().get(id=tenant.id)  # two at once would both be the last that fits
        if WorkbookTemplate.objects.filter(tenant=tenant).count() >= MAX_TEMPLATES:
            raise TooMany
        try:
            with transaction.atomic():
                added = WorkbookTemplate.objects.create(
                    tenant=tenant, name=name, content=content, bytes=len(content),
                    sha256=sha256(content).hexdigest(), uploaded_by=actor,
                )  # fmt: skip
        except IntegrityError as error:
            raise NameTaken from error
        record("report_template.added", actor=actor, tenant=tenant, subject=name)
    return added


def choose_monthly(*, template: WorkbookTemplate, is_chosen: bool, actor: str) -> None:
    """Fill monthly reports into this template from now on, or into none."""
    with transaction.atomic():
        Tenant.objects.select_for_update().get(id=template.tenant_id)
        WorkbookTemplate.objects.filter(tenant_id=template.tenant_id, is_monthly=True).update(is_monthly=False)
        WorkbookTemplate.objects.filter(id=template.id).update(is_monthly=is_chosen)
        action = "report_template.chosen" if is_chosen else "report_template.unchosen"
        record(action, actor=actor, tenant=template.tenant, subject=template.name)


def remove_template(*, template: WorkbookTemplate, actor: str) -> None:
    """Delete a template; reports that were made with it stay."""
    with transaction.atomic():
        WorkbookTemplate.objects.filter(id=template.id).delete()
        record("report_template.removed", actor=actor, tenant=template.tenant, subject=template.name)


def templates_of(tenant: Tenant) -> list[WorkbookTemplate]:
    """Return the tenant's templates by name, without their contents."""
    return list(WorkbookTemplate.objects.filter(tenant=tenant).defer("content").order_by("name", "id"))


def saved_reports_of(tenant: Tenant) -> dict[int, list[str]]:
    """Return the names of the saved reports that fill a template, by its id."""
    found = ReportDefinition.objects.filter(tenant=tenant, archived_at=None, parameters__has_key="template")
    names: dict[int, list[str]] = {}
    for template_id, name in found.order_by("name", "id").values_list("parameters__template", "name"):
        names.setdefault(template_id, []).append(name)
    return names


def check_monthly(content: bytes, tenant: Tenant) -> Checked:
    """Return what a template uses of a monthly report, and its problems."""
    figures = _no_figures(tenant)
    return check(content, build_tables(figures), figures.header)


def known_names(tenant: Tenant) -> KnownNames:
    """Return the names for the page that explains templates."""
    figures = _no_figures(tenant)
    names = names_of(build_tables(figures), figures.header)
    return KnownNames(list(names.values), {table: list(columns) for table, columns in names.columns.items()})


def _no_figures(tenant: Tenant) -> MonthFigures:
    """Return a month without messages, whose tables have all columns: those of a customer with others below it too."""
    header = ReportHeader(
        title_subject=tenant.name,
        scope="tenant",
        month="2026-10",
        timezone=tenant.timezone,
        language=tenant.language,
        currency=tenant.currency,
        data_as_of=datetime(2026, 11, 1, tzinfo=UTC),
        oldest_waiting=None,
        state="final",
        revision=1,
        maturity=None,
    )
    return MonthFigures(
        header=header,
        countries={},
        partner_ids={},
        campaigns={},
        operators={},
        days={},
        errors=[],
        latency={},
        tenant_zones={tenant.name: tenant.timezone},
    )
