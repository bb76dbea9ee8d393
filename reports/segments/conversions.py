"""Conversions by the values of a key: recipients with an event of those that got a message, and revenue."""

from collections.abc import Mapping

from deliveries.models import ConversionTenant
from reports.campaigns.conversions import Converted, revenue_of
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.segments import from_messages


def conversions_of(
    query: StatisticsQuery,
    key: str,
    kpis: Mapping[str, Kpis],
    total: Kpis,
    reached: Mapping[str | None, int],
    *,
    kind: str = "",
) -> dict[str | None, Converted]:
    """Return the conversions of each value and (None) of all; empty where the tenants have no events.

    `reached` are the recipients that got a message, in the same way. `kind` is the name of the only kind of events that
    counts, '' for all. An account's query gets none: recipients of several accounts cannot be told apart. Raises
    SearchTooSlow.
    """
    has_events = ConversionTenant.objects.filter(tenant_id__in=query.tenant_ids).exists()
    if query.account_id is not None or not has_events:
        return {}
    converted, values = from_messages.converted_of(query, key, kind)
    of: dict[str | None, Kpis] = {None: total}
    of.update(kpis)
    return {
        value: Converted(
            converted=min(converted.get(value, 0), reached.get(value, 0)),  # read at two moments
            recipients=reached.get(value, 0),
            revenue=[
                revenue_of(
                    currency,
                    micros,
                    delivered_messages=one.volume.delivered,
                    recipients=reached.get(value, 0),
                )
                for currency, micros in sorted(values.get(value, {}).items())
            ],
        )
        for value, one in of.items()
    }
