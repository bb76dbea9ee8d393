"""Conversions by what messages are grouped by: recipients with an event of those that got a message, and revenue."""

from collections.abc import Mapping, Sequence

from deliveries.models import ConversionTenant
from reports.campaigns.conversions import Converted, revenue_of
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.segments import from_messages
from reports.segments.from_messages import Values


def conversions_of(
    query: StatisticsQuery, names: Sequence[str], kpis: Mapping[Values, Kpis], total: Kpis, *, kind: str = ""
) -> dict[Values | None, Converted]:
    """Return the conversions of each group by these names and (None) of all; empty where the tenants have no events.

    `kpis` are the figures of the groups. `kind` is the name of the only kind of events that counts, '' for all. An
    account's query gets none: recipients of several accounts cannot be told apart. Raises SearchTooSlow.
    """
    has_events = ConversionTenant.objects.filter(tenant_id__in=query.tenant_ids).exists()
    if query.account_id is not None or not has_events:
        return {}
    reached = from_messages.reached_recipients(query, names)
    converted, values = from_messages.converted_of(query, names, kind)
    of: dict[Values | None, Kpis] = {None: total}
    of.update(kpis)
    return {
        group: Converted(
            converted=min(converted.get(group, 0), reached.get(group, 0)),  # read at two moments
            recipients=reached.get(group, 0),
            revenue=[
                revenue_of(
                    currency,
                    micros,
                    delivered_messages=one.volume.delivered,
                    recipients=reached.get(group, 0),
                )
                for currency, micros in sorted(values.get(group, {}).items())
            ],
        )
        for group, one in of.items()
    }
