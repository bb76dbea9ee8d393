"""The largest campaigns of a period, and what the others are together, so that a table of them sums."""

from dataclasses import dataclass, replace

from django.db.models import Case, CharField, Count, Q, QuerySet, Sum, Value, When

from campaigns.models import NO_CAMPAIGN, OTHER_CAMPAIGNS, Campaign
from deliveries.models import CampaignCount, LatencyCount
from portal.tenants.models import Tenant
from reports.kpis import Kpis
from reports.selectors.statistics import OTHER, count_rows, finality, kpis_of, sums
from reports.statistics_query import StatisticsQuery

TOP_CAMPAIGNS = 10


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A tenant's campaign; `name` is `(other)` for what is over the daily limit of new ones.

    One with `is_masked` is found by its name nowhere: a number in it is hidden.
    """

    campaign_id: int
    name: str
    tenant: str  # its slug
    tenant_id: int
    kpis: Kpis
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class OtherCampaigns:
    """The campaigns that are not shown one by one, and the messages without a campaign."""

    campaigns: int
    kpis: Kpis
    without: Kpis


def top_campaigns(query: StatisticsQuery, *, limit: int = TOP_CAMPAIGNS, final: Q | None = None) -> list[CampaignRow]:
    """Return the campaigns with the most messages, the largest first."""
    rows = count_rows(query, CampaignCount).exclude(campaign_id=NO_CAMPAIGN).values("tenant_id", "campaign_id")
    rows = (
        rows.annotate(**sums(finality() if final is None else final))
        .filter(n_messages__gt=0)
        .order_by("-n_messages", "tenant_id", "campaign_id")
    )
    rows = list(rows[:limit])
    ids = sorted({row["campaign_id"] for row in rows})
    names = dict(Campaign.objects.filter(id__in=ids).values_list("id", "name")) | {OTHER_CAMPAIGNS: OTHER}
    tenants = dict(Tenant.objects.filter(id__in=[row["tenant_id"] for row in rows]).values_list("id", "slug"))
    latency: dict[tuple, dict[int, int]] = {(row["tenant_id"], row["campaign_id"]): {} for row in rows}
    counted = count_rows(query, LatencyCount).filter(campaign_id__in=ids).values("tenant_id", "campaign_id", "bucket")
    for row in counted.annotate(n=Sum("messages")).filter(n__gt=0):
        if (key := (row["tenant_id"], row["campaign_id"])) in latency:
            latency[key][row["bucket"]] = row["n"]
    return [
        CampaignRow(
            campaign_id=row["campaign_id"],
            name=names[row["campaign_id"]],
            tenant=tenants[row["tenant_id"]],
            tenant_id=row["tenant_id"],
            kpis=replace(kpis_of(row), latency=latency[row["tenant_id"], row["campaign_id"]]),
        )
        for row in rows
    ]


def other_campaigns(query: StatisticsQuery, shown: list[CampaignRow], *, final: Q | None = None) -> OtherCampaigns:
    """Return what `shown` leaves out; added to it, it makes all messages of the query."""
    rest = _sorted_out(count_rows(query, CampaignCount), shown)
    found = {"none": Kpis(latency={}), "rest": Kpis(latency={})}
    for row in rest.values("kind").annotate(**sums(finality() if final is None else final)).filter(n_messages__gt=0):
        found[row["kind"]] = replace(kpis_of(row), latency={})
    latency = _sorted_out(count_rows(query, LatencyCount), shown).values("kind", "bucket")
    for row in latency.annotate(n=Sum("messages")).filter(n__gt=0):
        found[row["kind"]].latency[row["bucket"]] = row["n"]
    groups = rest.filter(kind="rest").values("tenant_id", "campaign_id").annotate(n=Sum("messages")).filter(n__gt=0)
    number = groups.aggregate(campaigns=Count("*"))["campaigns"]
    return OtherCampaigns(campaigns=number, kpis=found["rest"], without=found["none"])


def _sorted_out(rows: QuerySet, shown: list[CampaignRow]) -> QuerySet:
    """Return the rows of other campaigns, marked with whether they have one (`rest`) or not (`none`)."""
    for campaign in shown:
        rows = rows.exclude(tenant_id=campaign.tenant_id, campaign_id=campaign.campaign_id)
    kind = Case(When(campaign_id=NO_CAMPAIGN, then=Value("none")), default=Value("rest"), output_field=CharField())
    return rows.annotate(kind=kind)
