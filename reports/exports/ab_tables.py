"""Kinds of exports with the tables of an A/B test: its variants, their differences, and places."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.statistics import rate
from deliveries.exports.kinds import TooManyRows
from deliveries.message_pages.columns import Column
from portal.common.templatetags.figures import country
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


def _result(table: Table) -> AbResult:
    """Return the test; a split that does not fit is left out. Raises TooManyRows for too many variants."""
    campaign, query = the_campaign(table), _read(table.parameters["ab"])
    zone = campaign.tenant.timezone
    try:
        try:
            return ab_result(campaign, query, masking=table.masking, now=timezone.now(), timezone=zone)
        except WrongSplit:
            query = AbQuery(metric=query.metric, within=query.within, chosen=query.chosen)
            return ab_result(campaign, query, masking=table.masking, now=timezone.now(), timezone=zone)
    except TooManyVariants as error:
        raise TooManyRows from error


@dataclass(frozen=True, slots=True)
class _VariantRow:
    """A variant with the rate that it is compared by."""

    variant: ShownVariant
    rate: Rate


def _variants(table: Table) -> list[_VariantRow]:
    result = _result(table)
    return [_VariantRow(*row) for row in zip(result.variants, result.verdict.rates, strict=True)]


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


def _differences(table: Table) -> list[Pair]:
    return list(_result(table).verdict.pairs)


def _stratified(name: str) -> Any:
    return lambda pair: pair.stratified and getattr(pair.stratified, name)


AB_VARIANTS = kind(
    gettext_lazy("Compared variants"),
    _variants,
    Column("variant", "text", gettext_lazy("Variant"), attrgetter("variant.label")),
    Column("messages", "number", gettext_lazy("Messages"), attrgetter("variant.volume.messages")),
    Column("delivered", "number", gettext_lazy("Delivered"), attrgetter("variant.volume.delivered")),
    Column("failed", "number", gettext_lazy("Failed"), attrgetter("variant.volume.failed")),
    Column("pending", "number", gettext_lazy("Pending"), attrgetter("variant.volume.pending")),
    Column("unknown", "number", gettext_lazy("Unknown"), attrgetter("variant.volume.unknown")),
    Column("counted", "number", gettext_lazy("Messages that count"), attrgetter("rate.n")),
    Column("reached", "number", gettext_lazy("Reached"), attrgetter("rate.d")),
    Column("rate", "share", gettext_lazy("Share reached"), attrgetter("rate.share")),
    *interval_columns("rate.interval"),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
AB_DIFFERENCES = kind(
    gettext_lazy("Differences"),
    _differences,
    Column("better", "text", gettext_lazy("Better"), attrgetter("better")),
    Column("other", "text", gettext_lazy("Other"), attrgetter("other")),
    Column("messages", "number", gettext_lazy("Messages"), attrgetter("messages")),
    Column("difference", "share", gettext_lazy("Difference"), attrgetter("difference")),
    Column("low", "share", gettext_lazy("Interval from (95 %)"), attrgetter("low")),
    Column("high", "share", gettext_lazy("Interval to (95 %)"), attrgetter("high")),
    Column("p_value", "share", gettext_lazy("p-value"), attrgetter("p_value")),
    Column("win_probability", "share", gettext_lazy("Chance to be better"), attrgetter("win")),
    Column("expected_loss", "share", gettext_lazy("Lost if wrong"), attrgetter("loss")),
    Column("least_found", "share", gettext_lazy("Smallest to be found"), attrgetter("least_found")),
    Column("within_places", "share", gettext_lazy("In the same countries and operators"), _stratified("difference")),
    Column("within_places_low", "share", gettext_lazy("In the same places, from"), _stratified("low")),
    Column("within_places_high", "share", gettext_lazy("In the same places, to"), _stratified("high")),
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
    Column("counted", "number", gettext_lazy("Messages that count"), attrgetter("counted")),
    Column("reached", "number", gettext_lazy("Reached"), attrgetter("reached")),
    Column("rate", "share", gettext_lazy("Share reached"), attrgetter("rate")),
    narrow=of_one_campaign,
    of_all_accounts=True,
)
