"""Campaigns that a campaign's page can compare it with: the previous one of a tag, the newest, those of a search."""

from dataclasses import dataclass

from django.db.models import QuerySet

from campaigns.models import Campaign
from portal.common.masking import Masking
from reports.campaigns.selectors import matching_ids

MAX_CHOICES = 50  # in the list, and of a search


@dataclass(frozen=True, slots=True)
class Matches:
    """The newest campaigns that a search found, each with its id and texts, and how many more there are."""

    rows: list[tuple[int, str, str]]
    others: int


def compared_with(campaign: Campaign, wanted: str) -> tuple[Campaign | None, bool]:
    """Return the campaign to compare with, the previous one of a tag by default, and whether `wanted` is wrong."""
    others = _others(campaign).select_related("tenant")
    if wanted == "none":
        return None, False
    if wanted:
        is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) < 10
        found = others.filter(id=int(wanted)).first() if is_number else None
        return found, found is None
    if not campaign.tags:
        return None, False
    earlier = others.filter(tags__overlap=campaign.tags, created_at__lt=campaign.created_at)
    return earlier.order_by("-created_at", "-id").first(), False


def choices(campaign: Campaign, chosen: Campaign | None, masking: Masking) -> list[tuple[int, str]]:
    """Return the chosen campaign and the newest ones to compare with, those of the same tags first."""
    newest = _others(campaign).order_by("-created_at", "-id")
    of_tags = list(newest.filter(tags__overlap=campaign.tags)[:MAX_CHOICES]) if campaign.tags else []
    every = {one.id: one for one in (*of_tags, *newest[:MAX_CHOICES])}
    listed = list(every.items())[:MAX_CHOICES]
    if chosen and chosen.id not in dict(listed):
        listed.insert(0, (chosen.id, chosen))
    return [(id_, masking.text(one.title or one.name)) for id_, one in listed]


def matches(campaign: Campaign, text: str, masking: Masking) -> Matches:
    """Return the campaigns with `text` in a name, a title or a tag."""
    ids = matching_ids(tenant_ids=[campaign.tenant_id], text=text, masking=masking)
    found = _others(campaign).filter(id__in=ids)
    newest = found.order_by("-created_at", "-id")[:MAX_CHOICES]
    rows = [(one.id, masking.text(one.title), masking.text(one.name)) for one in newest]
    return Matches(rows, found.count() - len(rows))


def _others(campaign: Campaign) -> QuerySet[Campaign]:
    return Campaign.objects.filter(tenant_id=campaign.tenant_id, merged_into=None).exclude(id=campaign.id)
