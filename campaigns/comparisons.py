"""Saved A/B tests of a campaign: variants chosen by refIds, kept by a name."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from campaigns.models import Campaign
from portal.accounts.models import record
from portal.common.masking import Masking

MAX_COMPARISONS = 20
MAX_NAME = 100


class TooManyComparisons(Exception):
    """The campaign has MAX_COMPARISONS saved tests already."""


def save_comparison(*, campaign: Campaign, name: str, ref_ids: Mapping[str, Sequence[str]], actor: str) -> None:
    """Save the refIds of each variant by the name, in place of what it had. Raises TooManyComparisons."""
    with transaction.atomic():
        stored = Campaign.objects.select_for_update(of=("self",)).get(id=campaign.id)
        if name not in stored.comparisons and len(stored.comparisons) >= MAX_COMPARISONS:
            raise TooManyComparisons
        stored.comparisons[name] = {variant: list(chosen) for variant, chosen in ref_ids.items()}
        stored.save(update_fields=["comparisons"])
        record("campaign.comparison_saved", actor=actor, **_about(stored, name))


def delete_comparison(*, campaign: Campaign, name: str, actor: str) -> bool:
    """Delete the saved test of this name; return whether there was one."""
    with transaction.atomic():
        stored = Campaign.objects.select_for_update(of=("self",)).get(id=campaign.id)
        if stored.comparisons.pop(name, None) is None:
            return False
        stored.save(update_fields=["comparisons"])
        record("campaign.comparison_deleted", actor=actor, **_about(stored, name))
    return True


def _about(campaign: Campaign, name: str) -> dict[str, Any]:
    subject = Masking(in_full=False).text(campaign.name)
    return {"tenant": campaign.tenant, "subject": subject, "details": {"name": name}}
