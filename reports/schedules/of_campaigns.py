"""Kinds of a campaign: its figures in the period, and its A/B test."""

from typing import Any

from campaigns.models import Campaign
from portal.common.masking import Masking
from reports.campaigns.ab_figures import Metric
from reports.campaigns.ab_result import DEFAULT_WITHIN, AbQuery, AbResult, ab_result
from reports.campaigns.ab_selectors import TooManyVariants
from reports.campaigns.ab_texts import headline, notes
from reports.campaigns.life import life_of
from reports.figures.kpis import Kpis
from reports.figures.statistics import total
from reports.figures.volume import Volume
from reports.monthly.tables import Column, Table
from reports.schedules.figure_tables import COUNTRY, country_cells, cut
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
    query = type(query)(
        tenant_ids=[found.tenant_id], first=query.first, last=query.last, filters=query.filters, timezone=query.timezone
    )
    tables = [*tables_by(_TABLES, reading, query, masking), errors_table(reading, query)]
    return Content(tables, total(query), (("Campaign", masking.text(found.name)),))


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
        result = ab_result(found, query, masking=masking, now=reading.now, timezone=zone)
    except TooManyVariants as error:
        raise TooLarge(str(error)) from error
    life = life_of(found)
    volume = sum((one.volume for one in result.variants), Volume())
    lines = [("Campaign", masking.text(found.name)), ("Result", headline(result.verdict))]
    lines += [("Note", note) for note in notes(result.verdict, planned=result.planned, tz=zone)]
    lines.append(("Messages without a variant", str(result.without)))
    return Content(
        [_variants(result, reading), _comparisons(result, reading), _places(result, reading, masking)],
        Kpis(volume, None),
        tuple(lines),
        days=(life.first, life.last) if life else None,
    )


def _campaign(reading: Reading) -> Campaign:
    """Return the definition's campaign, or the one that it is merged into. Raises SubjectGone."""
    campaigns = Campaign.objects.select_related("tenant").filter(tenant_id__in=reading.tenant_ids)
    found = campaigns.filter(id=reading.parameters["campaign"]).first()
    if found is not None and found.merged_into_id is not None:
        found = campaigns.filter(id=found.merged_into_id).first()
    if found is None:
        raise SubjectGone("the campaign does not exist")
    return found


def _variants(result: AbResult, reading: Reading) -> Table:
    columns = (
        Column("Variant", "text"),
        *_COUNTS,
        Column("Counted", "int"),
        Column("Reached", "int"),
        Column("Rate", "percent"),
        Column("95% from", "percent"),
        Column("95% to", "percent"),
    )
    rows = [
        (one.label, *_counts(one.volume), rate.n, rate.d, rate.share, *(rate.interval or (None, None)))
        for one, rate in zip(result.variants, result.verdict.rates, strict=True)
    ]
    return cut("Variants", columns, rows, language=reading.language)


def _comparisons(result: AbResult, reading: Reading) -> Table:
    columns = (
        Column("Better", "text"),
        Column("Other", "text"),
        Column("Messages", "int"),
        Column("Difference", "percent"),
        Column("95% from", "percent"),
        Column("95% to", "percent"),
        Column("P-value", "ratio"),
        Column("Sure", "term"),
    )
    rows = [
        (
            pair.better, pair.other, pair.messages, pair.difference, pair.low, pair.high, pair.p_value,
            "yes" if pair.is_sure else "no",
        )
        for pair in result.verdict.pairs
    ]  # fmt: skip
    return cut("Comparisons", columns, rows, language=reading.language)


def _places(result: AbResult, reading: Reading, masking: Masking) -> Table:
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
        place: tuple[Any, ...] = (None, None, None)
        if row.place is not None:
            place = (*country_cells(row.place[0], reading.language), masking.text(row.place[1]))
        rows.append((*place, row.label, *_counts(row.volume), row.of, row.reached))
    return cut("Places", columns, rows, language=reading.language)


def _counts(volume: Volume) -> tuple[int, ...]:
    return volume.messages, volume.delivered, volume.failed, volume.pending, volume.unknown
