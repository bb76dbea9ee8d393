"""Tells what looks odd about a draft, for the person who issues it."""

from collections.abc import Mapping
from typing import Any

from campaigns.statistics import MATURE
from portal.common.periods import Month
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import finality, statistics
from reports.models import Statement
from reports.pricing.costs import Uncharged

JUMP = 3  # times the month before

Remark = dict[str, Any]
"""`kind` and its numbers: unpriced (messages, parts), immature (permille), jump (before, in minor units), negative."""


def remarks_of(statement: Statement, *, unpriced: Uncharged, kpis: Kpis) -> list[Remark]:
    """Return the remarks about a draft whose lines are summed up."""
    found: list[Remark] = []
    if unpriced.messages:
        found.append({"kind": "unpriced", "messages": unpriced.messages, "parts": unpriced.parts})
    if kpis.volume.messages and kpis.maturity is not None and kpis.maturity < MATURE:
        found.append({"kind": "immature", "share": round(kpis.maturity, 6)})
    before = _month_before(statement)
    if before is not None and before > 0 and statement.net >= JUMP * before:
        found.append({"kind": "jump", "before": before})
    if statement.net + statement.vat < 0:
        found.append({"kind": "negative"})
    return found


def kpis_of_tenants(tenants: Mapping[int, str], month: Month) -> dict[int, Kpis]:
    """Return the figures of a month, with the share of final messages, of tenants (slugs by id) that have messages."""
    query = StatisticsQuery(
        tenant_ids=sorted(tenants),
        first=month.first_day,
        last=month.last_day,
        group_by=("tenant",),
        with_latency=False,
    )
    ids = {slug: pk for pk, slug in tenants.items()}
    return {ids[str(group.key["tenant"])]: group.kpis for group in statistics(query, final=finality())}


def _month_before(statement: Statement) -> int | None:
    earlier = Statement.objects.filter(
        issuer=statement.issuer_id,
        customer=statement.customer_id,
        currency=statement.currency,
        kind=Statement.Kind.INVOICE,
        state__in=Statement.LIVE,
        month=Month.of(statement.month).previous().first_day,
    )
    return earlier.values_list("net", flat=True).first()
