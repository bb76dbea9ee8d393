"""Kinds of exports with the tables of an A/B test: its variants, their differences, places and conversions."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.statistics import rate
from deliveries.exports.kinds import TooManyRows
from deliveries.message_pages.columns import Column
from portal.common.templatetags.figures import country
from reports.campaigns.ab_conversions import RecipientsRow, recipients_rows
from reports.campaigns.ab_figures import Metric, Pair, Rate
from reports.campaigns.ab_result import AbQuery, AbResult, ShownVariant, WrongSplit, ab_result
from reports.campaigns.ab_selectors import TooManyVariants
from reports.exports.campaign_tables import interval_columns, of_one_campaign, the_campaign
from reports.exports.tables import Table, kind


def stored(query: AbQuery) -> dict[str, Any]:
    """Return a comparison as a parameter of an export."""
    return asdict(query)


def _read(parameters: Mapping[str, Any]) -> AbQuery:
    planned = parameters["planned"]
    return AbQuery(
        metric=Metric(parameters["metric"]),
        within=parameters["within"],
        planned=None if planned is None else tuple(planned),
        by_plan=parameters["by_plan"],
        chosen=parameters["chosen"],
    )


def _result(table: Table, *, has_conversions: bool = False) -> AbResult:
    """Return the test; a split that does not fit is left out. Raises TooManyRows for too many variants."""
    campaign, query = the_campaign(table), _read(table.parameters["ab"])
    ask = partial(
        ab_result,
        campaign,
        masking=table.masking,
        now=timezone.now(),
        has_conversions=has_conversions,
    )
    try:
        try:
            return ask(query)
        except WrongSplit:
            return ask(replace(query, planned=None, by_plan=False))
    except TooManyVariants as error:
        raise TooManyRows from error


@dataclass(frozen=True, slots=True)
class _VariantRow:
    """A variant with the rate that it is compared by, and the currency of its revenue."""

    variant: ShownVariant
    rate: Rate
    currency: str


def _variants(table: Table) -> list[_VariantRow]:
    result = _result(table)
    rows = zip(result.variants, result.verdict.rates, strict=True)
    return [_VariantRow(variant, found, result.verdict.currency) for variant, found in rows]


@dataclass(frozen=True, slots=True)
class _ConversionsRow:
    """A variant's recipients, with the currency of their revenue."""

    row: RecipientsRow
    currency: str


def _conversions(table: Table) -> list[_ConversionsRow]:
    """Return the variants' recipients; none where the page has no table of them, since there is no event."""
    result = _result(table, has_conversions=True)
    found = result.conversions
    if found is None and not result.verdict.metric.is_of_recipients:
        return []
    currency = found.revenue.currency if found and found.revenue else ""
    return [_ConversionsRow(row, currency) for row in recipients_rows(result)]


@dataclass(frozen=True, slots=True)
class _PlaceFigures:
    """A variant in one place; without a country all other places together."""

    country: str
    operator: str
    variant: str
    messages: int
    delivered: int
    reached: int
    counted: int

    @property
    def rate(self) -> float | None:
        return rate(self.reached, self.counted)


def _places(table: Table) -> list[_PlaceFigures]:
    found = []
    for row in _result(table).places:
        code, operator = row.place or ("", "")
        name = table.masking.text(operator) or _("(unknown)") if row.place else _("All others")
        figures = (row.volume.messages, row.volume.delivered, row.reached, row.of)
        found.append(_PlaceFigures(code, name, row.label, *figures))
    return found


@dataclass(frozen=True, slots=True)
class _Difference:
    """A pair of variants; with a currency its differences are amounts."""

    pair: Pair
    currency: str


def _differences(table: Table) -> list[_Difference]:
    found = _result(table).verdict
    return [_Difference(pair, found.currency) for pair in found.pairs]


def _within(name: str) -> Callable[[Pair], float | None]:
    return lambda pair: None if pair.stratified is None else getattr(pair.stratified, name)


# Figures of a pair with their headings, by the names of their columns.
_DIFFERENCES: dict[str, tuple[Callable[[Pair], float | None], Promise]] = {
    "difference": (attrgetter("difference"), gettext_lazy("Difference")),
    "low": (attrgetter("low"), gettext_lazy("Interval from (95 %)")),
    "high": (attrgetter("high"), gettext_lazy("Interval to (95 %)")),
    "expected_loss": (attrgetter("loss"), gettext_lazy("Lost if wrong")),
    "least_found": (attrgetter("least_found"), gettext_lazy("Smallest to be found")),
    "within_places": (_within("difference"), gettext_lazy("In the same countries and operators")),
    "within_places_low": (_within("low"), gettext_lazy("In the same places, from")),
    "within_places_high": (_within("high"), gettext_lazy("In the same places, to")),
}


def _share(name: str) -> Column:
    get, heading = _DIFFERENCES[name]
    return Column(name, "share", heading, lambda row: None if row.currency else get(row.pair))


def _amount(name: str) -> Column:
    """Return the column of the same figure of revenue, in units of the currency."""
    get, heading = _DIFFERENCES[name]
    text = format_lazy(gettext_lazy("{figure}, of revenue"), figure=heading)
    return Column(f"revenue_{name}", "money", text, lambda row: _money(get(row.pair)) if row.currency else None)


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(amount).quantize(Decimal("0.000001"))


def _revenue_columns(of: Callable[[Any], Rate | None]) -> tuple[Column, ...]:
    """Return the columns of revenue: the mean of a recipient, with its interval, in units of the row's currency."""

    def end(number: int) -> Callable[[Any], Decimal | None]:
        return lambda row: _money(found.mean_interval[number]) if (found := of(row)) and found.mean_interval else None

    return (
        Column(
            "revenue_per_recipient",
            "money",
            gettext_lazy("Revenue per recipient"),
            lambda row: _money(found.mean) if (found := of(row)) else None,
        ),
        Column("revenue_low", "money", gettext_lazy("Revenue from (95 %)"), end(0)),
        Column("revenue_high", "money", gettext_lazy("Revenue to (95 %)"), end(1)),
        Column("currency", "word", gettext_lazy("Currency"), attrgetter("currency")),
    )


AB_VARIANTS = kind(
    gettext_lazy("Compared variants"),
    _variants,
    Column("variant", "text", gettext_lazy("Variant"), attrgetter("variant.label")),
    Column("messages", "number", gettext_lazy("Messages"), attrgetter("variant.volume.messages")),
    Column("delivered", "number", gettext_lazy("Delivered"), attrgetter("variant.volume.delivered")),
    Column("failed", "number", gettext_lazy("Failed"), attrgetter("variant.volume.failed")),
    Column("pending", "number", gettext_lazy("Pending"), attrgetter("variant.volume.pending")),
    Column("unknown", "number", gettext_lazy("Unknown"), attrgetter("variant.volume.unknown")),
    Column("counted", "number", gettext_lazy("Messages or recipients that count"), attrgetter("rate.n")),
    Column("reached", "number", gettext_lazy("Reached or converted"), attrgetter("rate.d")),
    Column("rate", "share", gettext_lazy("Share of those that count"), attrgetter("rate.share")),
    *interval_columns("rate.interval"),
    *_revenue_columns(attrgetter("rate")),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
AB_CONVERSIONS = kind(
    gettext_lazy("Conversions of compared variants"),
    _conversions,
    Column("variant", "text", gettext_lazy("Variant"), attrgetter("row.label")),
    Column("addressed", "number", gettext_lazy("Recipients addressed"), attrgetter("row.people.addressed")),
    Column("converted", "number", gettext_lazy("Recipients with an event"), attrgetter("row.people.converted")),
    Column("counted", "number", gettext_lazy("Recipients that count"), attrgetter("row.rate.n")),
    Column("reached", "number", gettext_lazy("Of these, converted"), attrgetter("row.rate.d")),
    Column("rate", "share", gettext_lazy("Share of those that count"), attrgetter("row.rate.share")),
    *interval_columns("row.rate.interval"),
    *_revenue_columns(attrgetter("row.revenue")),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
AB_DIFFERENCES = kind(
    gettext_lazy("Differences"),
    _differences,
    Column("better", "text", gettext_lazy("Better"), attrgetter("pair.better")),
    Column("other", "text", gettext_lazy("Other"), attrgetter("pair.other")),
    Column("messages", "number", gettext_lazy("Counted of both"), attrgetter("pair.messages")),
    *map(_share, ("difference", "low", "high")),
    Column("p_value", "share", gettext_lazy("p-value"), attrgetter("pair.p_value")),
    Column("win_probability", "share", gettext_lazy("Chance to be better"), attrgetter("pair.win")),
    *map(_share, ("expected_loss", "least_found", "within_places", "within_places_low", "within_places_high")),
    *map(_amount, _DIFFERENCES),
    Column("currency", "word", gettext_lazy("Currency"), attrgetter("currency")),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
AB_PLACES = kind(
    gettext_lazy("Countries and operators"),
    _places,
    Column("country", "word", gettext_lazy("Country code"), attrgetter("country")),
    Column("country_name", "word", gettext_lazy("Country"), lambda row: country(row.country) if row.country else ""),
    Column("operator", "word", gettext_lazy("Operator"), attrgetter("operator")),
    Column("variant", "text", gettext_lazy("Variant"), attrgetter("variant")),
    Column("messages", "number", gettext_lazy("Messages"), attrgetter("messages")),
    Column("delivered", "number", gettext_lazy("Delivered"), attrgetter("delivered")),
    Column("counted", "number", gettext_lazy("Messages or recipients that count"), attrgetter("counted")),
    Column("reached", "number", gettext_lazy("Reached or converted"), attrgetter("reached")),
    Column("rate", "share", gettext_lazy("Share of those that count"), attrgetter("rate")),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
