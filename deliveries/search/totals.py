"""Number of a search's matches, if the counts know it: messages themselves are never counted."""

from dataclasses import replace

from django.db.models import Q, Sum

from campaigns.latency import bucket_of
from deliveries.dialects.codes import DELIVERED
from deliveries.messages.row import OTHER_LABEL
from deliveries.models import CampaignCount, DailyCount, LatencyCount
from deliveries.search.query import MessageQuery, tenants_with_campaigns


def total(query: MessageQuery) -> int | None:
    """Return the number of messages that match; None for filters without a count.

    If some messages of a PPID may be counted under `(other)`, the number is None.
    """
    if query.number or query.numbers or query.ref_id or query.ref_id_prefix or query.message_id or query.parameters:
        return None
    if query.hour is not None:
        return None
    by_campaign = bool(query.campaign or query.variant or query.campaign_id is not None)
    if by_campaign and query.partner_id:
        return None
    if query.delivered_within is not None:
        return _of_latency(query)
    wanted = _wanted(query)
    if by_campaign:
        return _sum(CampaignCount, wanted & _of_campaign(query))
    if not query.partner_id:
        return _sum(DailyCount, wanted)
    if query.partner_id != OTHER_LABEL and _sum(DailyCount, wanted & Q(partner_id=OTHER_LABEL)):
        return None
    return _sum(DailyCount, wanted & Q(partner_id=query.partner_id))


def _of_latency(query: MessageQuery) -> int | None:
    """Return the number of messages that were delivered in the time; None for what is not counted by latency."""
    if query.partner_id or query.result_code is not None:
        return None
    if query.statuses and DELIVERED not in query.statuses:
        return 0
    wanted = _wanted(replace(query, statuses=())) & _of_campaign(query)
    return _sum(LatencyCount, wanted & Q(bucket__lte=bucket_of(query.delivered_within)))


def _wanted(query: MessageQuery) -> Q:
    wanted = Q(tenant_id__in=query.tenant_ids)
    for lookup, value in (
        ("day__gte", query.first),
        ("day__lte", query.last),
        ("account_id", query.account_id),
        ("result_code", query.result_code),
    ):
        if value is not None:
            wanted &= Q(**{lookup: value})
    for lookup, value in (
        ("country", query.country),
        ("operator", query.operator),
        ("status__in", query.statuses),
    ):
        if value:
            wanted &= Q(**{lookup: value})
    return wanted


def _of_campaign(query: MessageQuery) -> Q:
    wanted = Q()
    if query.campaign:
        wanted &= Q(campaign_id__in=[campaign_id for _tenant_id, campaign_id in tenants_with_campaigns(query)])
    if query.campaign_id is not None:
        wanted &= Q(campaign_id=query.campaign_id)
    if query.variant:
        wanted &= Q(variant=query.variant)
    return wanted


def _sum(model, wanted: Q) -> int:
    return model.objects.filter(wanted).aggregate(n=Sum("messages"))["n"] or 0
