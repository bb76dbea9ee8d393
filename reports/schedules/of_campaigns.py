"""Kinds of a campaign: its figures in the period, and its A/B test."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from campaigns.models import Campaign
from deliveries.message_pages.forms import ANY_TIME
from portal.common.masking import Masking
from reports.campaigns.ab_figures import Metric, Place
from reports.campaigns.ab_headlines import headline
from reports.campaigns.ab_result import DEFAULT_WITHIN, AbQuery, AbResult, ab_result
from reports.campaigns.ab_selectors import TooManyVariants
from reports.campaigns.ab_texts import notes
from reports.campaigns.life import life_of
from reports.figures.kpis import Kpis
from reports.figures.statistics import total
from reports.figures.volume import Volume
from reports.monthly.found import search_text
from reports.monthly.tables import Column, Found, Kind, Table
from reports.monthly.texts import translate
from reports.pricing.costing import Payer
from reports.schedules.cost_tables import costs_by
from reports.schedules.figure_tables import COUNTRY, country_cells, cut, without_links
from reports.schedules.found import filters_of
from reports.schedules.of_counts import errors_table, tables_by
from reports.schedules.reading import Content, Reading, SubjectGone, TooLarge

_TABLES = (
    ("Variants", ("variant",)),
    ("Countries", ("country",)),
    ("Operators", ("country", "operator")),
    ("Days", ("day",)),
)
_COUNTS = (
    Column("Messages", "int"),
    Column("Delivered", "int"),
    Column("Failed", "int"),
    Column("Pending", "int"),
    Column("Unknown", "int"),
)


def campaign(reading: Reading, masking: Masking) -> Content:
    """Build the figures of one campaign, with those of the campaigns that are merged into it."""
    found = _campaign(reading)
    query = reading.query(campaign=[found.name])
    query = replace(query, tenant_ids=[found.tenant_id])
    tables = [*tables_by(_TABLES, reading, query, masking), errors_table(reading, query)]
    links = filters_of(reading, query).of({})
    if masking.hides(found.name):
        tables, links = [without_links(table) for table in tables], None
    return Content(tables, total(query), (("Campaign", masking.text(found.name)),), found=links)


def ab_test(reading: Reading, masking: Masking) -> Content:
    """Build the A/B test of a campaign's variants: of all its messages, whatever the days of the run."""
    found = _campaign(reading)
    parameters = reading.parameters
    query = AbQuery(
        metric=Metric(parameters.get("metric", Metric.DELIVERED)),
        within=parameters.get("within", DEFAULT_WITHIN),
        by_plan=True,
        chosen={},
    )
    zone = found.tenant.timezone
    try:
        result = ab_result(found, query, masking=masking, now=reading.now)
    except TooManyVariants as error:
        raise TooLarge(str(error)) from error
    life = life_of(found)
    volume = sum((one.volume for one in result.variants), Volume())
    lines = [("Campaign", masking.text(found.name)), ("Result", headline(result.verdict))]
    lines += [("Note", note) for note in notes(result.verdict, planned=result.planned, tz=zone)]
    if result.verdict.currency:
        lines.append(("Currency", result.verdict.currency))
    lines.append(("Messages without a variant", str(result.without)))
    find = partial(_found, found, masking)
    return Content(
        [_variants(result, reading, find), _comparisons(result, reading), _places(result, reading, masking, find)],
        Kpis(volume, None),
        tuple(lines),
        days=(life.first, life.last) if life else None,
        found=None if result.without else find({}),
    )


def costs_of_campaign(reading: Reading, masking: Masking, payer: Payer) -> list[Table]:
    """Build the costs of one campaign in the period, by variant and by country."""
    found = _campaign(reading)
    query = replace(reading.query(campaign=[found.name]), tenant_ids=[found.tenant_id])
    wanted = (("variant",), ("country",))
    return [costs_by(reading, query, names, masking=masking, payer=payer) for names in wanted]


def costs_of_ab_test(reading: Reading, masking: Masking, payer: Payer) -> list[Table]:
    """Build the costs of all messages of a campaign by variant, whatever the days of the run."""
    found = _campaign(reading)
    life = life_of(found)
    if life is None:
        return []
    query = replace(
        reading.query(campaign=[found.name]), tenant_ids=[found.tenant_id], first=life.first, last=life.last
    )
    return [costs_by(reading, query, ["variant"], masking=masking, payer=payer)]


def _campaign(reading: Reading) -> Campaign:
    """Return the definition's campaign, or the one that it is merged into. Raises SubjectGone."""
    campaigns = Campaign.objects.select_related("tenant").filter(tenant_id__in=reading.tenant_ids)
    found = campaigns.filter(id=reading.parameters["campaign"]).first()
    if found is not None and found.merged_into_id is not None:
        found = campaigns.filter(id=found.merged_into_id).first()
    if found is None:
        raise SubjectGone("the campaign does not exist")
    return found


def _found(campaign: Campaign, masking: Masking, texts: Mapping[str, str], place: Place | None = None) -> Found:
    """Return the filters for messages of an A/B test, of one country and operator where a place is given."""
    wanted = {"campaign": campaign.name, **texts, **({"operator": place[1]} if place else {})}
    if any(masking.hides(text) or search_text(name, text) is None for name, text in wanted.items()):
        return None
    country = {"country": place[0]} if place else {}
    return {"period": ANY_TIME, "tenant": campaign.tenant.slug, **country, **wanted}


def _variants(result: AbResult, reading: Reading, find: Callable[[Mapping[str, str]], Found]) -> Table:
    columns = (
        Column("Variant", "text"),
        *_COUNTS,
        Column("Counted", "int"),
        Column("Reached", "int"),
        Column("Rate", "percent"),
        Column("95% from", "percent"),
        Column("95% to", "percent"),
        *([Column("Revenue per recipient", "money")] if result.verdict.currency else []),
    )
    rows = [
        (
            one.label, *_counts(one.volume), rate.n, rate.d, rate.share, *(rate.interval or (None, None)),
            *([_money(rate.mean)] if result.verdict.currency else []),
        )
        for one, rate in zip(result.variants, result.verdict.rates, strict=True)
    ]  # fmt: skip
    found = [find({"variant": one.name}) for one in result.variants]
    return cut("Variants", columns, rows, language=reading.language, found=found)


def _comparisons(result: AbResult, reading: Reading) -> Table:
    kind: Kind = "money" if result.verdict.currency else "points"
    columns = (
        Column("Better", "text"),
        Column("Other", "text"),
        Column("Sure", "term"),
        Column("Messages", "int"),
        Column("Difference", kind),
        Column("95% from", kind),
        Column("95% to", kind),
        Column("P-value", "ratio"),
    )
    rows = [
        (
            pair.better, pair.other, "yes" if pair.is_sure else "no", pair.messages,
            *(map(_money, (pair.difference, pair.low, pair.high)) if result.verdict.currency
              else (pair.difference, pair.low, pair.high)),
            pair.p_value,
        )
        for pair in result.verdict.pairs
    ]  # fmt: skip
    return cut("Comparisons", columns, rows, language=reading.language)


def _places(result: AbResult, reading: Reading, masking: Masking, find: Callable[..., Found]) -> Table:
    columns = (
        *COUNTRY,
        Column("Operator", "text"),
        Column("Variant", "text"),
        *_COUNTS,
        Column("Counted", "int"),
        Column("Reached", "int"),
    )
    rows: list[tuple[Any, ...]] = []
    for row in result.places:
        place: tuple[Any, ...] = (None, None, translate("All others", reading.language))
        if row.place is not None:
            place = (*country_cells(row.place[0], reading.language), masking.text(row.place[1]))
        rows.append((*place, row.label, *_counts(row.volume), row.of, row.reached))
    found = [find({"variant": row.name}, row.place) if row.place else None for row in result.places]
    return cut("Places", columns, rows, language=reading.language, found=found)


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(amount).quantize(Decimal("0.000001"))


def _counts(volume: Volume) -> tuple[int, ...]:
    return volume.messages, volume.delivered, volume.failed, volume.pending, volume.unknown
