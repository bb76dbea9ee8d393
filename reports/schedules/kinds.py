"""Kinds of reports by name: how each is built, and which parameters and periods it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from deliveries.message_pages.columns import ALL_COLUMNS
from portal.common.periods import Month
from reports.campaigns.ab_figures import Metric
from reports.campaigns.ab_result import MAX_WITHIN
from reports.figures.query import FILTERS, GROUPS
from reports.models import ReportDefinition
from reports.schedules import of_campaigns, of_counts, of_segments, statements
from reports.schedules.cost_tables import COSTS, CostTables
from reports.schedules.figure_tables import MEASURES
from reports.schedules.message_log import FORMATS as LOG_FORMATS
from reports.schedules.reading import Build

Kind, Period, Format = ReportDefinition.Kind, ReportDefinition.Period, ReportDefinition.Format


@dataclass(frozen=True, slots=True)
class KindOfReport:
    """A kind; `build` is None for those with a way of their own: monthly volumes, message logs and statements.

    `filters` and `groups` are dimensions that it may be narrowed and grouped by, `columns` those that may be chosen.
    `subject` is the parameter that it is about, such as a campaign. `costs` builds what the messages cost, on request.
    """

    build: Build | None = None
    filters: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    columns: tuple[str, ...] = tuple(MEASURES)
    subject: str = ""
    formats: tuple[str, ...] = tuple(Format.values)
    costs: CostTables | None = None
    periods: tuple[str, ...] = tuple(Period.values)


_PLACES = ("country", "operator")

KINDS: dict[str, KindOfReport] = {
    Kind.MONTHLY: KindOfReport(
        columns=(),
        periods=(Period.LAST_MONTH, Period.MONTH_TO_DATE, Period.CUSTOM),
        costs=of_counts.costs_of_volumes,
    ),
    Kind.VOLUMES: KindOfReport(of_counts.volumes, filters=FILTERS, groups=GROUPS, costs=of_counts.costs_of_volumes),
    Kind.CAMPAIGN: KindOfReport(
        of_campaigns.campaign, filters=_PLACES, subject="campaign", costs=of_campaigns.costs_of_campaign
    ),
    Kind.AB_TEST: KindOfReport(
        of_campaigns.ab_test, columns=(), subject="campaign", costs=of_campaigns.costs_of_ab_test
    ),
    Kind.SEGMENT: KindOfReport(
        of_segments.segment, filters=("campaign",), subject="key", costs=of_segments.costs_of_segment
    ),
    Kind.ERRORS: KindOfReport(of_counts.errors, filters=FILTERS),
    Kind.OPERATORS: KindOfReport(of_counts.operators, filters=FILTERS, costs=of_counts.costs_of_operators),
    Kind.MESSAGES: KindOfReport(columns=tuple(ALL_COLUMNS), formats=LOG_FORMATS),
    Kind.ACCOUNT: KindOfReport(of_counts.account, subject="account", costs=of_counts.costs_of_account),
    Kind.STATEMENTS: KindOfReport(columns=(), formats=statements.FORMATS, periods=(Period.LAST_MONTH, Period.CUSTOM)),
}
MAX_GROUPS = 4  # dimensions of one table
SEARCHED = (
    "campaign", "variant", "partner_id", "country", "operator", "statuses", "result_code", "delivered_within", "hour",
    "parameters",
)  # fmt: skip  # of a message log: what holds no phone number by itself
AB_METRICS, AB_WITHIN = tuple(Metric), MAX_WITHIN


def parameters_of(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a definition that mean something to its kind, without empty ones."""
    known = {
        "columns", "filters", "group_by", "campaign", "metric", "within", "key", "by", "search", "account", COSTS,
    }  # fmt: skip
    return {name: values[name] for name in sorted(known & set(values)) if values[name] not in ("", None, [], {})}


def is_whole_month(first: date, last: date) -> bool:
    """Return whether the days are one whole month."""
    month = Month.of(first)
    return (first, last) == (month.first_day, month.last_day)
