"""Conversions of an A/B test: recipients converted of those addressed, and revenue of each, compared by variant.

Delivery is itself an outcome of a variant, so the recipients are all that it addressed. The share is compared by the
same tests as delivery rates, revenue by Welch's; p-values are adjusted by Holm for all pairs (docs/statistics.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from campaigns.conversions.models import MICROS
from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from campaigns.statistics import MIN_MESSAGES, always_valid, enough, holm, two_proportions, welch
from portal.common.masking import Masking
from portal.common.templatetags.figures import count, decimal, percent
from reports.campaigns.ab_figures import SURE, Verdict
from reports.campaigns.ab_texts import points_text
from reports.campaigns.conversions import VariantConversions, attributed_events, conversions_of


@dataclass(frozen=True, slots=True)
class ConvertedVariant:
    """A variant's recipients with the name that is shown."""

    label: str
    figures: VariantConversions


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedPair:
    """The better of two variants against the other: a difference of shares, or of revenue per recipient in units."""

    better: ConvertedVariant
    other: ConvertedVariant
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def recipients(self) -> int:
        return self.better.figures.addressed + self.other.figures.addressed

    @property
    def is_sure(self) -> bool:
        return self.p_value < SURE and self.low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionTest:
    """Variants with their recipients, the pairs of their shares and of their revenue, nearest first.

    `currency` is empty, and there is no revenue, if the events have none or several. With `is_running` more messages or
    events are expected, and the intervals of the shares are always-valid. With `is_split_wrong` the messages are not
    split as planned, and nothing can be concluded.
    """

    variants: list[ConvertedVariant]
    pairs: list[ConvertedPair]
    revenue: list[ConvertedPair]
    currency: str
    is_running: bool
    is_split_wrong: bool


def conversion_test(campaign: Campaign, verdict: Verdict, *, masking: Masking) -> ConversionTest | None:
    """Return the comparison of a campaign's variants by their events; None if no event is attributed to it.

    `verdict` is that on the rates of the same variants.
    """
    campaign_ids = ids_shown_as(campaign)
    if not attributed_events(campaign, campaign_ids).exists():
        return None
    found = conversions_of(tenant_id=campaign.tenant_id, campaign_ids=campaign_ids)
    figures = [one for one in found.variants if one.variant]
    named = masking.named(dict.fromkeys([one.variant for one in figures], ""), None)
    labels = {name: label for label, name, _value in named}
    variants = [ConvertedVariant(labels[one.variant], one) for one in figures]
    return compare(
        variants,
        currency=found.currency,
        is_running=verdict.is_running,
        is_split_wrong=verdict.guards.is_split_wrong,
    )


def compare(
    variants: Sequence[ConvertedVariant], *, currency: str, is_running: bool, is_split_wrong: bool = False
) -> ConversionTest:
    """Compare variants that each addressed MIN_MESSAGES recipients or more. Pure."""
    compared = [one for one in variants if enough(one.figures.addressed)]
    by_share = sorted(compared, key=lambda one: -(one.figures.rate or 0))
    pairs = [_of_shares(better, other, is_running) for better, other in combinations(by_share, 2)]
    revenue = []
    if currency and not is_running:
        by_revenue = sorted(compared, key=lambda one: -one.figures.revenue_per_recipient)
        found = [_of_revenue(better, other) for better, other in combinations(by_revenue, 2)]
        revenue = _adjusted([pair for pair in found if pair is not None])
    return ConversionTest(
        variants=list(variants),
        pairs=_adjusted(pairs),
        revenue=revenue,
        currency=currency,
        is_running=is_running,
        is_split_wrong=is_split_wrong,
    )


def _adjusted(pairs: Sequence[ConvertedPair]) -> list[ConvertedPair]:
    adjusted = holm([pair.p_value for pair in pairs])
    return [replace(pair, p_value=p_value) for pair, p_value in zip(pairs, adjusted, strict=True)]


def _of_shares(better: ConvertedVariant, other: ConvertedVariant, is_running: bool) -> ConvertedPair:
    one, two = better.figures, other.figures
    table = (one.converted, one.addressed, two.converted, two.addressed)
    found = always_valid(*table) if is_running else two_proportions(*table)
    assert found is not None  # both addressed somebody
    return ConvertedPair(
        better=better,
        other=other,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
    )


def _of_revenue(better: ConvertedVariant, other: ConvertedVariant) -> ConvertedPair | None:
    found = welch(better.figures.revenue, other.figures.revenue)
    if found is None:  # nobody's revenue differs from another's
        return None
    return ConvertedPair(
        better=better,
        other=other,
        difference=found.difference / MICROS,
        low=found.low / MICROS,
        high=found.high / MICROS,
        p_value=found.p_value,
    )


_MORE = ngettext_lazy(
    "{best} converted {rate} of the recipients that it addressed, {low} to {high} points more than {other}; with {n}"
    " recipient that is no accident.",
    "{best} converted {rate} of the recipients that it addressed, {low} to {high} points more than {other}; with {n}"
    " recipients that is no accident.",
    "count",
)
_OPEN = ngettext_lazy(
    "No sure difference in conversions: {best} converted {rate} of the recipients that it addressed and {other}"
    " {other_rate}, which may be chance with {n} recipient.",
    "No sure difference in conversions: {best} converted {rate} of the recipients that it addressed and {other}"
    " {other_rate}, which may be chance with {n} recipients.",
    "count",
)


def sentences(test: ConversionTest) -> list[str]:
    """Return what the comparison shows: a sentence on conversions, and one on revenue if it was compared."""
    if test.is_split_wrong:
        return [_("Nothing can be concluded on conversions either, because the messages are not split as planned.")]
    if not test.pairs:
        return [
            _("Conversions are compared when two variants have addressed {least} recipients each.").format(
                least=MIN_MESSAGES
            )
        ]
    said = [_converted(test.pairs[0])]
    if test.revenue:
        said.append(_revenue(test.revenue[0], test.currency))
    return said


def _converted(pair: ConvertedPair) -> str:
    low, high = points_text(pair.low, pair.high)
    text = _MORE if pair.is_sure else _OPEN
    return str(text % {"count": pair.recipients}).format(
        best=pair.better.label,
        other=pair.other.label,
        rate=percent(pair.better.figures.rate, 1),
        other_rate=percent(pair.other.figures.rate, 1),
        low=low,
        high=high,
        n=count(pair.recipients),
    )


def _revenue(pair: ConvertedPair, currency: str) -> str:
    amounts = {
        "best": pair.better.label,
        "other": pair.other.label,
        "mean": f"{decimal(pair.better.figures.revenue_per_recipient, 4)} {currency}",
        "other_mean": f"{decimal(pair.other.figures.revenue_per_recipient, 4)} {currency}",
        "low": decimal(pair.low, 4),
        "high": f"{decimal(pair.high, 4)} {currency}",
    }
    if pair.is_sure:
        return _(
            "{best} brought {mean} for each recipient addressed, {low} to {high} more than {other}; that is no"
            " accident."
        ).format(**amounts)
    return _(
        "No sure difference in revenue: {best} brought {mean} for each recipient addressed and {other} {other_mean}."
    ).format(**amounts)
