"""Kinds of exports with the tables of a campaign's page: statuses, speed, days, hours, failures and conversions."""

from dataclasses import dataclass
from operator import attrgetter

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from campaigns.statistics import rate
from deliveries.exports.kinds import NotAllowed
from deliveries.message_pages.columns import Column
from deliveries.message_pages.forms import CLASSES
from portal.common.templatetags.figures import decimal
from portal.tenants.models import Tenant
from reports.campaigns.conversions import (
    Conversions,
    Converted,
    VariantConversions,
    campaign_conversions,
    conversions_of,
)
from reports.campaigns.hours import HourFigures, hours_of
from reports.campaigns.speed import SpeedRow, speed_rows
from reports.exports.tables import FIGURES, MATURITY, TIMES, FigureRow, Table, grouped, kind, name_column
from reports.figures.failures import FailureRow, failures
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import total


def campaign_of(query: StatisticsQuery) -> Campaign | None:
    """Return the campaign that the query is narrowed to, or what it is merged into; None for no or several ones."""
    names = query.filters.get("campaign", ())
    found = Campaign.objects.select_related("tenant", "merged_into__tenant")
    campaigns = list(found.filter(tenant_id__in=query.tenant_ids, name__in=[name for name in names if name])[:2])
    return (campaigns[0].merged_into or campaigns[0]) if len(campaigns) == 1 else None


def the_campaign(table: Table) -> Campaign:
    """Return the campaign of a table. Raises NotAllowed if there is not just one any more."""
    campaign = campaign_of(table.query)
    if campaign is None:
        raise NotAllowed("there is no such campaign any more")
    return campaign


def of_one_campaign(table: Table) -> StatisticsQuery:
    """Return the table's query. Raises NotAllowed if it is not of one campaign."""
    the_campaign(table)
    return table.query


@dataclass(frozen=True, slots=True)
class StatusFigures:
    """Messages of one class, and their share of all."""

    name: str
    messages: int
    share: float | None


def _statuses(table: Table) -> list[StatusFigures]:
    volume = total(table.query).volume
    counts = {name: getattr(volume, name) for name in CLASSES}
    return [StatusFigures(name, n, rate(n, volume.messages)) for name, n in counts.items()]


def _speed(table: Table) -> list[SpeedRow]:
    return speed_rows(total(table.query), None)


def _days(table: Table) -> list[FigureRow]:
    rows = grouped("day")(table)
    return sorted(rows, key=lambda row: row.names["day"])


def _customers(table: Table) -> list[FigureRow]:
    rows = grouped("tenant")(table)
    names = dict(Tenant.objects.filter(slug__in=[row.names["tenant"] for row in rows]).values_list("slug", "name"))
    return [FigureRow({"customer": names[row.names["tenant"]], **row.names}, row.kpis) for row in rows]


def _failures(table: Table) -> list[FailureRow]:
    return failures(table.query, language=translation.get_language() or "en")


def _hours(table: Table) -> list[HourFigures]:
    campaign = the_campaign(table)
    return hours_of(
        tenant_id=campaign.tenant_id,
        campaign_ids=ids_shown_as(campaign),
        first=table.query.first,
        last=table.query.last,
        timezone=campaign.tenant.timezone,
    )


def _conversions(table: Table) -> list[Conversions]:
    return campaign_conversions(the_campaign(table)).kinds


@dataclass(frozen=True, slots=True)
class _VariantRow:
    """A variant with its name as it is shown; `currency` is '' if the revenue has none or several."""

    label: str
    figures: VariantConversions
    currency: str


def _by_variant(table: Table) -> list[_VariantRow]:
    campaign, mask = the_campaign(table), table.masking.text
    found = conversions_of(tenant_id=campaign.tenant_id, campaign_ids=ids_shown_as(campaign))
    return [_VariantRow(mask(one.variant) or _("(no variant)"), one, found.currency) for one in found.variants]


def revenue_text(of: Converted | None) -> str:
    """Return the revenue in each currency, such as "12.50 EUR"."""
    return ", ".join(f"{one.total:.2f} {one.currency}" for one in of.revenue) if of else ""


def _each(of: Conversions, name: str) -> str:
    return ", ".join(f"{decimal(getattr(one, name), 4)} {one.currency}" for one in of.revenue)


def interval_columns(value: str) -> tuple[Column, Column]:
    """Return the columns of the ends of the interval that a row has at `value`."""
    get = attrgetter(value)

    def end(number: int, name: str, heading: Promise) -> Column:
        return Column(name, "share", heading, lambda row: None if get(row) is None else get(row)[number])

    return end(0, "low", gettext_lazy("Interval from (95 %)")), end(1, "high", gettext_lazy("Interval to (95 %)"))


_MESSAGES = Column("messages", "number", gettext_lazy("Messages"), attrgetter("messages"))
_SHARE = Column("share", "share", gettext_lazy("Share"), attrgetter("share"))

DAYS = kind(
    gettext_lazy("Days"),
    _days,
    name_column("day", gettext_lazy("Day")),
    *FIGURES,
    MATURITY,
    *TIMES,
)
CUSTOMERS = kind(
    gettext_lazy("Customers"),
    _customers,
    name_column("customer", gettext_lazy("Customer")),
    name_column("tenant", gettext_lazy("Short name")),
    *FIGURES,
    MATURITY,
    *TIMES,
)
STATUSES = kind(
    gettext_lazy("Statuses"),
    _statuses,
    Column(
        "counts_as",
        "word",
        gettext_lazy("Counts as"),
        lambda row: str(CLASSES[row.name]),
        attrgetter("name"),
    ),
    _MESSAGES,
    _SHARE,
)
SPEED = kind(
    gettext_lazy("Speed"),
    _speed,
    Column("seconds", "number", gettext_lazy("Within (seconds)"), attrgetter("seconds")),
    Column("share", "share", gettext_lazy("Share of all messages"), attrgetter("share")),
)
FAILURES = kind(
    gettext_lazy("Failures"),
    _failures,
    Column("result_code", "number", gettext_lazy("Result code"), attrgetter("result_code")),
    Column("status", "word", gettext_lazy("Status"), attrgetter("status")),
    Column("reason", "word", gettext_lazy("Reason"), attrgetter("reason")),
    Column("meaning", "text", gettext_lazy("Meaning"), attrgetter("text")),
    Column("advice", "text", gettext_lazy("What to do"), attrgetter("advice")),
    _MESSAGES,
    _SHARE,
)
HOURS = kind(
    gettext_lazy("Hour of sending"),
    _hours,
    Column("hour", "number", gettext_lazy("Hour of the day"), attrgetter("hour")),
    _MESSAGES,
    Column("delivered", "number", gettext_lazy("Delivered"), attrgetter("delivered")),
    Column("delivery_rate", "share", gettext_lazy("Delivery rate"), attrgetter("delivery_rate")),
    Column("median", "decimal", gettext_lazy("Median (seconds)"), attrgetter("median")),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
CONVERSIONS = kind(
    gettext_lazy("Conversions"),
    _conversions,
    Column("kind", "text", gettext_lazy("Kind"), attrgetter("kind")),
    Column("events", "number", gettext_lazy("Events"), attrgetter("events")),
    Column("messages", "number", gettext_lazy("Messages with an event"), attrgetter("messages")),
    Column("converted", "number", gettext_lazy("Recipients with an event"), attrgetter("converted")),
    Column("recipients", "number", gettext_lazy("Recipients reached"), attrgetter("recipients")),
    Column("conversion_rate", "share", gettext_lazy("Conversion rate"), attrgetter("rate")),
    *interval_columns("interval"),
    Column("confirmed", "share", gettext_lazy("Codes confirmed"), lambda row: row.confirmed if row.is_otp else None),
    Column(
        "median",
        "decimal",
        gettext_lazy("Median time after delivery (seconds)"),
        lambda row: row.median and row.median.total_seconds(),
    ),
    Column("revenue", "text", gettext_lazy("Revenue"), revenue_text),
    Column("per_message", "text", gettext_lazy("Revenue per delivered message"), lambda row: _each(row, "per_message")),
    Column(
        "per_recipient", "text", gettext_lazy("Revenue per recipient reached"), lambda row: _each(row, "per_recipient")
    ),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
VARIANT_CONVERSIONS = kind(
    gettext_lazy("Conversions by variant"),
    _by_variant,
    Column("variant", "text", gettext_lazy("Variant"), attrgetter("label")),
    Column("addressed", "number", gettext_lazy("Recipients addressed"), attrgetter("figures.addressed")),
    Column("converted", "number", gettext_lazy("Recipients with an event"), attrgetter("figures.converted")),
    Column("conversion_rate", "share", gettext_lazy("Share with an event"), attrgetter("figures.rate")),
    *interval_columns("figures.interval"),
    Column(
        "revenue",
        "text",
        gettext_lazy("Revenue per recipient addressed"),
        lambda row: f"{decimal(row.figures.revenue_per_recipient, 4)} {row.currency}" if row.currency else "",
    ),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
