"""Costs of a campaign and of its variants, for each conversion and against the revenue.

Conversions are the campaign's attributed events of all kinds. Revenue in another currency than the cost's is not
compared with it.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from django.db.models import Count, Sum
from django.utils.http import urlencode

from campaigns.conversions.models import ConversionEvent
from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from portal.accounts.access import Access
from reports.figures.query import StatisticsQuery
from reports.pricing.costing import Payer, costs
from reports.pricing.costs import Costs, Uncharged
from reports.pricing.figures import CostFigures, cost_figures, per, return_on_cost
from reports.pricing.rights import seen_payer


@dataclass(frozen=True, slots=True)
class Events:
    """Attributed events: how many, and their values by currency in millionths."""

    events: int = 0
    values: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CampaignCost:
    """Tells what messages cost in one currency; `per_conversion` and `revenue` in millionths of its unit.

    `gain` is (revenue - cost) / cost. All three are None without events, `revenue` and `gain` also without values.
    """

    figures: CostFigures
    per_conversion: int | None
    revenue: int | None
    gain: float | None


@dataclass(frozen=True, slots=True)
class PricedGroup:
    """The costs of a campaign, or of a variant of it, by currency."""

    costs: Costs
    rows: list[CampaignCost]


@dataclass(frozen=True, slots=True)
class CampaignCosts:
    """The costs of a campaign, and of each of its variants ('' for messages without one)."""

    whole: PricedGroup
    variants: Mapping[str, PricedGroup]


def campaign_costs(campaign: Campaign, query: StatisticsQuery, payer: Payer, *, with_events: bool) -> CampaignCosts:
    """Return the costs of a campaign's messages; `query` is that of all its days.

    `with_events` is False for readers who may not see conversions.
    """
    found = {str(key[0]): one for key, one in costs(replace(query, group_by=("variant",)), payer).items()}
    events = _events(campaign) if with_events else {}
    values: Counter[str] = Counter()
    for one in events.values():
        values.update(one.values)
    all_events = Events(sum(one.events for one in events.values()), values)
    return CampaignCosts(
        _priced(sum(found.values(), Costs()), all_events),
        {name: _priced(one, events.get(name, Events())) for name, one in sorted(found.items())},
    )


def _priced(found: Costs, events: Events) -> PricedGroup:
    rows = []
    for figures in cost_figures(found):
        cost = found.by_currency[figures.currency]
        revenue = events.values.get(figures.currency)
        gain = None if revenue is None else return_on_cost(revenue, cost)
        rows.append(CampaignCost(figures, per(cost, events.events), revenue, gain))
    return PricedGroup(found, rows)


def _events(campaign: Campaign) -> dict[str, Events]:
    """Return the campaign's attributed events by the variant of their messages."""
    rows = (
        ConversionEvent.objects.filter(
            tenant_id=campaign.tenant_id,
            attributed_campaign_id__in=ids_shown_as(campaign),
            attributed_message_id__isnull=False,
        )
        .values("attributed_variant", "currency")
        .annotate(n=Count("*"), micros=Sum("value"))
    )
    counts: Counter[str] = Counter()
    values: dict[str, Counter[str]] = {}
    for row in rows:
        variant = row["attributed_variant"] or ""
        counts[variant] += row["n"]
        if row["micros"] is not None:
            values.setdefault(variant, Counter())[row["currency"]] += int(row["micros"])
    return {variant: Events(n, values.get(variant, {})) for variant, n in counts.items()}


@dataclass(frozen=True, slots=True)
class VariantRow:
    """A variant's cost in one currency, with the name that is shown; '' for messages without a variant."""

    variant: str
    cost: CampaignCost


def listed_costs(query: StatisticsQuery, campaigns: Collection[Campaign], payer: Payer) -> dict[int, list[CostFigures]]:
    """Return the costs of these campaigns in the query's days, by campaign."""
    if not campaigns:
        return {}
    names = sorted({one.name for one in campaigns})
    of_rows = replace(query, group_by=("tenant", "campaign"), filters={**query.filters, "campaign": names})
    found = costs(of_rows, payer)
    return {one.pk: cost_figures(found.get((one.tenant.slug, one.name), Costs())) for one in campaigns}


@dataclass(frozen=True, slots=True)
class ShownCosts:
    """Costs of a campaign as its pages show them."""

    rows: list[VariantRow]
    totals: list[CampaignCost]
    unpriced: Uncharged
    with_events: bool
    table_query: str

    @property
    def whole_table(self) -> str:
        """The table's name as a file; '' where the campaign's name finds nothing."""
        return "campaign_costs" if self.table_query else ""

    @property
    def is_average(self) -> bool:
        """Tells whether prices by quantity are in any of the costs."""
        return any(one.figures.is_average for one in self.totals)


def shown_costs(campaign: Campaign, query: StatisticsQuery, access: Access) -> ShownCosts | None:
    """Return the costs that a request may see; None without the right or a price list."""
    payer = seen_payer(access)
    if payer is None:
        return None
    with_events = access.may("see_conversions")
    found = campaign_costs(campaign, query, payer, with_events=with_events)
    rows = [
        VariantRow(access.masking.text(variant), cost)
        for variant, group in found.variants.items()
        for cost in group.rows
    ]
    is_found = bool(campaign.name) and not access.masking.hides(campaign.name)
    narrowed = {"campaign": campaign.name, "tenant": campaign.tenant.slug}
    table_query = urlencode(narrowed) if is_found else ""
    return ShownCosts(rows, found.whole.rows, found.whole.costs.unpriced, with_events, table_query)
