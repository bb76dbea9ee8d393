"""Title, note, tags, owner, plan and archive of a campaign: what people say about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from campaigns.models import Campaign
from portal.accounts.models import record
from portal.common.masking import Masking

FIELDS = ("title", "note", "tags", "owner", "planned_start", "planned_split", "day_notes")
MAX_TITLE, MAX_NOTE = 200, 2000
MAX_TAGS, MAX_TAG = 20, 40
MAX_VARIANTS, MAX_VARIANT, MAX_WEIGHT = 26, 256, 10_000
MAX_DAY_NOTES, MAX_DAY_NOTE = 100, 200


def possible_owners(campaign: Campaign) -> QuerySet[Any]:
    """Return the people who are members of the campaign's tenant."""
    return get_user_model().objects.filter(memberships__tenant_id=campaign.tenant_id, is_active=True).order_by("email")


def save_details(*, campaign: Campaign, values: Mapping[str, Any], archived: bool, actor: str, now: datetime) -> bool:
    """Save `values` by the names of FIELDS and whether the campaign is archived; return whether anything changed."""
    with transaction.atomic():
        stored = Campaign.objects.select_for_update(of=("self",)).get(id=campaign.id)
        changed = []
        for name in FIELDS:
            column = "owner_id" if name == "owner" else name
            value = values[name].id if name == "owner" and values[name] else values[name]
            if getattr(stored, column) != value:
                setattr(stored, column, value)
                changed.append(name)
        if archived != (stored.archived_at is not None):
            stored.archived_at = now if archived else None
            changed.append("archived_at")
        if changed:
            stored.save(update_fields=changed)
            record(
                "campaign.changed",
                actor=actor,
                tenant=stored.tenant,
                subject=Masking(in_full=False).text(stored.name),
                details={"fields": ["archived" if name == "archived_at" else name for name in changed]},
            )
    return bool(changed)
