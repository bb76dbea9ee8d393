"""Campaigns by what is typed, and by whether they are archived."""

from collections.abc import Collection

from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce

from campaigns.models import Campaign
from portal.common.masking import Masking

STATES: dict[str, bool | None] = {"active": False, "archived": True, "all": None}


def in_state(rows: QuerySet[Campaign], state: str) -> QuerySet[Campaign]:
    """Keep to the campaigns of a state of STATES."""
    archived = STATES[state]
    return rows if archived is None else rows.filter(archived_at__isnull=not archived)


def matching_ids(*, tenant_ids: Collection[int], text: str, masking: Masking) -> set[int]:
    """Return the campaigns, as they are shown, with `text` anywhere in a name, a title or a tag, whatever its case.

    The name of a merged campaign finds the one that it is shown as. People who see masked numbers find a campaign only
    by what they see of it: a number that is hidden could be found digit by digit.
    """
    tags = Func(F("tags"), Value("\n"), function="array_to_string", output_field=TextField(db_collation="C"))
    rows = Campaign.objects.filter(tenant_id__in=tenant_ids).annotate(
        tag_text=tags, shown_id=Coalesce(F("merged_into_id"), F("id"))
    )
    rows = rows.filter(Q(name__icontains=text) | Q(title__icontains=text) | Q(tag_text__icontains=text))
    found = set()
    for shown_id, *texts in rows.values_list("shown_id", "name", "title", "tag_text"):
        if masking.in_full or any(text.casefold() in masking.text(one).casefold() for one in texts if one):
            found.add(shown_id)
    return found
