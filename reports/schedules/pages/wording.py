"""Sentences about a definition: its schedule, what it shows, and the days that it is of."""

from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from deliveries.exports.searches import known_columns
from deliveries.models import Gate
from portal.common.masking import Masking
from portal.common.periods import zone
from portal.tenants.models import GatewayAccount
from reports.models import ReportDefinition, WorkbookTemplate
from reports.monthly.texts import translate
from reports.schedules.clock import schedule_of
from reports.schedules.cost_tables import COSTS
from reports.schedules.dimensions import DIMENSIONS
from reports.schedules.due import next_due
from reports.schedules.figure_tables import MEASURES
from reports.schedules.kinds import MAX_GROUPS
from reports.schedules.letters import days_text
from reports.schedules.pages.offered import gate_name

Frequency = ReportDefinition.Frequency

WEEKDAYS = {
    1: gettext_lazy("Monday"),
    2: gettext_lazy("Tuesday"),
    3: gettext_lazy("Wednesday"),
    4: gettext_lazy("Thursday"),
    5: gettext_lazy("Friday"),
    6: gettext_lazy("Saturday"),
    7: gettext_lazy("Sunday"),
}
PROBLEMS = {
    "required": gettext_lazy("Choose at least one, or fill this in."),
    "unknown": gettext_lazy("There is no such value."),
    "not_allowed": gettext_lazy("Your role may not make reports of this kind."),
    "number": gettext_lazy("A saved report may hold no phone numbers."),
    "not_a_month": gettext_lazy("Reports of this kind are of one whole month: choose its first and its last day."),
    "combination": gettext_lazy("These choices cannot be combined."),
    "no_workbook": gettext_lazy("A template is filled as a workbook: choose the format Excel workbook (XLSX), too."),
    "too_many": gettext_lazy("Choose at most %(most)d.") % {"most": MAX_GROUPS},
}
_EVERY = {
    1: gettext_lazy("Every Monday at %(at)s"),
    2: gettext_lazy("Every Tuesday at %(at)s"),
    3: gettext_lazy("Every Wednesday at %(at)s"),
    4: gettext_lazy("Every Thursday at %(at)s"),
    5: gettext_lazy("Every Friday at %(at)s"),
    6: gettext_lazy("Every Saturday at %(at)s"),
    7: gettext_lazy("Every Sunday at %(at)s"),
}


def schedule_text(definition: ReportDefinition) -> str:
    """Return when a definition makes runs by itself; "" without a schedule."""
    if not definition.frequency or definition.at is None:
        return ""
    at = {"at": time_format(definition.at, "TIME_FORMAT")}
    if definition.frequency == Frequency.DAILY:
        return _("Every day at %(at)s") % at
    if definition.frequency == Frequency.WEEKLY:
        return str(_EVERY[definition.weekday or 1]) % at
    if definition.month_day == 31:
        return _("On the last day of each month at %(at)s") % at
    return _("On day %(day)d of each month at %(at)s") % {"day": definition.month_day or 1, **at}


def due_texts(definition: ReportDefinition, *, now: datetime, count: int = 3) -> list[str]:
    """Return the next due times of a schedule in the tenant's zone."""
    tz, after = definition.tenant.timezone, now.astimezone(UTC)
    found: list[str] = []
    while len(found) < count:
        after = next_due(schedule_of(definition), tz, after)
        local = after.astimezone(zone(tz))
        found.append(f"{date_format(local, 'l')} {date_format(local, 'DATETIME_FORMAT')}")
    return found


def period_text(definition: ReportDefinition) -> str:
    """Return the days of a definition's runs in words."""
    if definition.period == ReportDefinition.Period.CUSTOM and definition.first and definition.last:
        return days_text(definition.first, definition.last)
    return definition.get_period_display()


def dimension_name(name: str) -> str:
    """Return what a dimension is called, in the language of the page."""
    if name == "tenant":
        return _("Customer")  # as on every page; files say it in their own words
    return translate(DIMENSIONS[name].columns[-1].key, get_language() or "en")


def column_names(definition: ReportDefinition) -> list[str]:
    """Return what the chosen columns are called."""
    chosen = definition.parameters.get("columns", [])
    if definition.kind == ReportDefinition.Kind.MESSAGES:
        known = known_columns(chosen)
        return [known[name].heading_in(definition.tenant.timezone) for name in chosen if name in known]
    return [translate(MEASURES[name][0].key, get_language() or "en") for name in chosen if name in MEASURES]


def parameter_lines(definition: ReportDefinition, masking: Masking) -> list[tuple[str, str]]:
    """Return what a definition is narrowed to and grouped by, as names and texts."""
    given, lines = definition.parameters, []
    if "campaign" in given:
        campaign = Campaign.objects.filter(id=given["campaign"]).first()
        lines.append((_("Campaign"), masking.text(campaign.name) if campaign else _("It does not exist any more.")))
    if "account" in given:
        account = GatewayAccount.objects.filter(id=given["account"]).first()
        lines.append((_("Gateway account"), account.name if account else _("It does not exist any more.")))
    if "template" in given:
        name = (
            WorkbookTemplate.objects.filter(tenant=definition.tenant, id=given["template"]).values_list("name").first()
        )
        gone = _("The template does not exist any more: the file is the month's own workbook.")
        lines.append((_("Workbook"), masking.text(name[0]) if name else gone))
    keys = [given[name] for name in ("key", "by") if given.get(name)]
    if keys:
        lines.append((_("Segment key"), " × ".join(keys)))
    for name, value in {**given.get("filters", {}), **given.get("search", {})}.items():
        lines.append((filter_name(name), masking.text(_values(value))))
    if given.get("group_by"):
        lines.append((_("Grouped by"), ", ".join(dimension_name(name) for name in given["group_by"])))
    if columns := column_names(definition):
        lines.append((_("Columns"), ", ".join(columns)))
    if given.get(COSTS):
        lines.append((_("Costs"), _("for members who may see costs")))
    if definition.gates:
        gates = Gate.objects.filter(tenant=definition.tenant, id__in=definition.gates).order_by("name", "id")
        shown = ", ".join(masking.text(gate_name(gate)) for gate in gates)
        lines.append((_("Told gates"), shown or _("They do not exist any more.")))
    return lines


def filter_name(name: str) -> str:
    """Return what a filter is called."""
    if name == "statuses":
        name = "status"
    return dimension_name(name) if name in DIMENSIONS else name.replace("_", " ")


def _values(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(one) if one != "" else _("(none)") for one in values)
