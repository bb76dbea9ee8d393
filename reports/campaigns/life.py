"""The days on which a campaign has messages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Max, Min

from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from deliveries.models import DailyCount
from portal.common.period_picker import MAX_DAYS
from reports.campaigns.listing import days_of
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import total
from reports.figures.volume import Volume


@dataclass(frozen=True, slots=True)
class Life:
    """The messages of each day that has some, of a campaign and of those merged into it."""

    days: Mapping[date, int]

    @property
    def first(self) -> date:
        return min(self.days)

    @property
    def last(self) -> date:
        return max(self.days)

    @property
    def first_shown(self) -> date:
        """Return the first of the days that figures of one request cover."""
        return max(self.first, self.last - timedelta(days=MAX_DAYS - 1))


def life_of(campaign: Campaign, *, account_id: int | None = None) -> Life | None:
    """Return the campaign's days, of one gateway account where it is given; None where it has no messages."""
    query = _all_days(campaign, account_id)
    if query is None:
        return None
    days = days_of(query, dict.fromkeys(ids_shown_as(campaign), campaign.id))[campaign.id]
    return Life(days) if days else None


def volume_of(campaign: Campaign) -> Volume:
    """Return the messages of all days of the campaign and of those merged into it."""
    query = _all_days(campaign)
    if query is None:
        return Volume()
    return total(replace(query, filters={"campaign": [campaign.name]}, with_latency=False)).volume


def _all_days(campaign: Campaign, account_id: int | None = None) -> StatisticsQuery | None:
    """Return the query of all days on which the tenant has messages; None where it has none."""
    counted = DailyCount.objects.filter(tenant_id=campaign.tenant_id).aggregate(first=Min("day"), last=Max("day"))
    if counted["first"] is None:
        return None
    return StatisticsQuery(tenant_ids=[campaign.tenant_id], account_id=account_id, **counted)
