"""An A/B test as pages and API show it: its figures, its verdict and its places, with numbers in names masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.models import Campaign
from portal.common.masking import Masking
from reports.campaigns.ab_figures import Counts, Metric, Place, Verdict
from reports.campaigns.ab_selectors import VariantFigures, variants_of_campaign, variants_of_ref_ids
from reports.campaigns.ab_verdict import counted, verdict
from reports.figures.volume import Volume

DEFAULT_WITHIN = 60  # seconds
MAX_WITHIN = 86_400
MAX_PLACES = 6  # the largest ones; the others are summed


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
    """A variant's messages in one country and operator; `place` None is all other places together."""

    place: Place | None
    label: str
    name: str
    volume: Volume
    reached: int
    of: int


class WrongSplit(ValueError):
    """The planned split has not a weight for each variant; `variants` is how many there are."""

    def __init__(self, weights: int, variants: int) -> None:
        super().__init__(f"{weights} weights for {variants} variants")
        self.weights, self.variants = weights, variants


@dataclass(frozen=True, slots=True, kw_only=True)
class AbResult:
    """The test: variants in their order, the messages without one, the verdict, and the figures by place.

    `planned` is the split that the verdict was held to, a weight for each variant.
    """

    variants: list[ShownVariant]
    without: int
    verdict: Verdict
    places: list[PlaceRow]
    planned: tuple[float, ...] | None

    @property
    def maturity(self) -> float | None:
        """Return the share of the variants' messages with a final status."""
        messages = sum(one.volume.messages for one in self.variants)
        return sum(one.figures.final for one in self.variants) / messages if messages else None


def ab_result(campaign: Campaign, query: AbQuery, *, masking: Masking, now: datetime, timezone: str) -> AbResult:
    """Return the test of a campaign's variants, or of those chosen by refIds. Raises TooManyVariants and WrongSplit."""
    without = 0
    if query.chosen:
        figures = variants_of_ref_ids(campaign.tenant_id, query.chosen, within=query.within, now=now)
    else:
        figures, without = variants_of_campaign(campaign, within=query.within, now=now, timezone=timezone)
    names = [one.variant.name for one in figures]
    planned = _plan(campaign, names) if query.by_plan and not query.chosen else query.planned
    if planned is not None and len(planned) != len(figures):
        raise WrongSplit(len(planned), len(figures))
    labels = {name: label for label, name, _value in masking.named(dict.fromkeys(names, ""), None)}
    found = verdict(
        [replace(one.variant, name=labels[one.variant.name]) for one in figures],
        metric=query.metric,
        within=query.within,
        planned=planned,
    )
    shown = [ShownVariant(labels[name], name, one) for name, one in zip(names, figures, strict=True)]
    return AbResult(variants=shown, without=without, verdict=found, places=_places(shown, found), planned=planned)


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
            counts = sum((figures.variant.places.get(one, Counts()) for one in places), Counts())
            reached, of = counted(counts, found.metric, found.is_running)
            rows.append(PlaceRow(group, variant.label, variant.name, volume, reached, of))
    return rows
