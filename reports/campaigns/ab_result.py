"""An A/B test as pages and API show it: its figures, its verdict and its places, with numbers in names masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from portal.common.masking import Masking
from reports.campaigns.ab_figures import Metric, Place, Tally, Verdict
from reports.campaigns.ab_recipients import Chosen, VariantRecipients, recipients_of_variants
from reports.campaigns.ab_selectors import VariantFigures, variants_of_campaign, variants_of_ref_ids
from reports.campaigns.ab_verdict import verdict
from reports.figures.volume import Volume

DEFAULT_WITHIN = 60  # seconds
MAX_WITHIN = 86_400
MAX_PLACES = 6  # the largest ones; the others are summed
MAX_AT_ONCE = 50_000  # messages whose recipients are counted while a page is made


@dataclass(frozen=True, slots=True, kw_only=True)
class AbQuery:
    """Variants and metric of a comparison.

    `chosen` are refIds by variant, empty for the variants of the refId scheme. With `by_plan` the planned split is the
    campaign's own, if it names just its variants.
    """

    metric: Metric = Metric.DELIVERED
    within: int = DEFAULT_WITHIN
    planned: tuple[float, ...] | None = None
    by_plan: bool = False
    chosen: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ShownVariant:
    """A variant's messages in all; `name` is what the messages have, `label` what is shown."""

    label: str
    name: str
    figures: VariantFigures

    @property
    def volume(self) -> Volume:
        return self.figures.volume


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A variant's messages in one country and operator; `place` None is all other places together.

    `reached` of `of` messages or recipients count.
    """

    place: Place | None
    label: str
    name: str
    volume: Volume
    reached: int
    of: int


@dataclass(frozen=True, slots=True)
class Conversions:
    """The same variants by their recipients' events, and by revenue, None where it has no currency."""

    converted: Verdict
    revenue: Verdict | None


class WrongSplit(ValueError):
    """The planned split has not a weight for each variant; `variants` is how many there are."""

    def __init__(self, weights: int, variants: int) -> None:
        super().__init__(f"{weights} weights for {variants} variants")
        self.weights, self.variants = weights, variants


@dataclass(frozen=True, slots=True, kw_only=True)
class AbResult:
    """The test: variants in their order, the messages without one, the verdict, and the figures by place.

    `planned` is the split that the verdict was held to, a weight for each variant. `conversions` are None where no
    recipient has an event, and where they were not asked for. With `is_later` the recipients were left out because they
    are so many that it takes seconds to count them.
    """

    variants: list[ShownVariant]
    without: int
    verdict: Verdict
    places: list[PlaceRow]
    planned: tuple[float, ...] | None
    conversions: Conversions | None = None
    is_later: bool = False

    @property
    def maturity(self) -> float | None:
        """Return the share of the variants' messages with a final status."""
        messages = sum(one.volume.messages for one in self.variants)
        return sum(one.figures.final for one in self.variants) / messages if messages else None


def ab_result(
    campaign: Campaign,
    query: AbQuery,
    *,
    masking: Masking,
    now: datetime,
    has_conversions: bool = False,
    at_once: int | None = None,
) -> AbResult:
    """Return the test of a campaign's variants, or of those chosen by refIds. Raises TooManyVariants and WrongSplit.

    With `has_conversions` their recipients are compared besides. `at_once` are the most messages whose recipients are
    counted now. Messages and recipients are of one moment where the caller's transaction is a snapshot, as those of
    files and saved reports are. A request's is none: messages that come in meanwhile may be among its recipients alone.
    """
    without = 0
    if query.chosen:
        figures = variants_of_ref_ids(campaign.tenant_id, query.chosen, within=query.within, now=now)
    else:
        figures, without = variants_of_campaign(campaign, within=query.within, now=now)
    names = [one.variant.name for one in figures]
    planned = _plan(campaign, names) if query.by_plan and not query.chosen else query.planned
    if planned is not None and len(planned) != len(figures):
        raise WrongSplit(len(planned), len(figures))
    labels = {name: label for label, name, _value in masking.named(dict.fromkeys(names, ""), None)}
    shown = [ShownVariant(labels[name], name, one) for name, one in zip(names, figures, strict=True)]
    is_of_recipients = query.metric.is_of_recipients
    found = None if is_of_recipients else _verdict(shown, query, query.metric, planned)
    people, is_later = None, False
    chosen = _chosen(campaign, query, figures)
    if is_of_recipients or (has_conversions and chosen.has_events()):
        is_later = at_once is not None and sum(one.volume.messages for one in figures) > at_once
        if not is_later:
            by_place = found is None or found.guards.is_mix_other
            people = recipients_of_variants(chosen, by_place=by_place, now=now)
            shown = [replace(one, figures=_with(one.figures, people)) for one in shown]
    if found is None:
        found = _verdict(shown, query, query.metric, planned, people)
    return AbResult(
        variants=shown,
        without=without,
        verdict=found,
        places=_places(shown, found),
        planned=planned,
        conversions=_conversions(shown, query, planned, people),
        is_later=is_later,
    )


def _verdict(
    shown: Sequence[ShownVariant],
    query: AbQuery,
    metric: Metric,
    planned: tuple[float, ...] | None,
    people: VariantRecipients | None = None,
) -> Verdict:
    return verdict(
        [replace(one.figures.variant, name=one.label) for one in shown],
        metric=metric,
        within=query.within,
        window=people.window if people else 0,
        currency=people.currency if people else "",
        planned=planned,
    )


def _conversions(
    shown: Sequence[ShownVariant],
    query: AbQuery,
    planned: tuple[float, ...] | None,
    people: VariantRecipients | None,
) -> Conversions | None:
    if people is None or not any(one.figures.variant.people.converted for one in shown):
        return None
    revenue = _verdict(shown, query, Metric.REVENUE, planned, people) if people.currency else None
    return Conversions(_verdict(shown, query, Metric.CONVERTED, planned, people), revenue)


def _chosen(campaign: Campaign, query: AbQuery, figures: Sequence[VariantFigures]) -> Chosen:
    if not query.chosen:
        return Chosen(campaign.tenant_id, ids_shown_as(campaign), {})
    ref_ids = {ref_id: name for name, chosen in query.chosen.items() for ref_id in chosen}
    return Chosen(campaign.tenant_id, frozenset().union(*(one.campaign_ids for one in figures)), ref_ids)


def _with(figures: VariantFigures, people: VariantRecipients) -> VariantFigures:
    return replace(figures, variant=people.given_to(figures.variant))


def _plan(campaign: Campaign, names: Sequence[str]) -> tuple[float, ...] | None:
    """Return the weights of the campaign's planned split in the order of its variants; None if it names others."""
    plan: Mapping[str, int] = campaign.planned_split
    return tuple(float(plan[name]) for name in names) if names and plan.keys() == set(names) else None


def _places(variants: Sequence[ShownVariant], found: Verdict) -> list[PlaceRow]:
    """Return a row for each variant in the largest places, and in all others together; none if there is one place."""
    totals: dict[Place, int] = {}
    for variant in variants:
        for place, volume in variant.figures.places.items():
            totals[place] = totals.get(place, 0) + volume.messages
    if len(totals) < 2:
        return []
    largest = sorted(totals, key=lambda place: (-totals[place], place))
    groups: list[tuple[Place | None, list[Place]]] = [(place, [place]) for place in largest[:MAX_PLACES]]
    if rest := largest[MAX_PLACES:]:
        groups.append((None, rest))
    rows = []
    for group, places in groups:
        for variant in variants:
            figures = variant.figures
            volume = sum((figures.places.get(one, Volume()) for one in places), Volume())
            tallies = [figures.variant.tally(found.metric, found.is_running, one) for one in places]
            tally = sum(tallies, Tally(0, 0))
            rows.append(PlaceRow(group, variant.label, variant.name, volume, tally.d, tally.n))
    return rows
