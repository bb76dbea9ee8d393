"""What looks odd about a draft, for the person who issues it."""

from collections.abc import Collection
from typing import Any

from campaigns.statistics import MATURE
from portal.common.periods import Month
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import finality, total
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


def kpis_of(tenant_ids: Collection[int], month: Month) -> Kpis:
    """Return the figures of a customer's month, with its share of final messages."""
    query = StatisticsQuery(tenant_ids=tenant_ids, first=month.first_day, last=month.last_day, with_latency=False)
    return total(query, final=finality())


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
