"""Merged campaigns: several campaigns of a tenant that are shown as one.

Merging only sets `merged_into`; messages and counts keep their own campaign. So the figures of every day stay exact, a
merge is undone at once, and a recount changes nothing about it. Readers map a campaign to the one that it is shown as
by the functions below; `shown_name` and `merged_in` serve their own statements.
"""

from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.db.models.functions import Coalesce
from django.dispatch import Signal
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from portal.accounts.models import record
from portal.common.masking import Masking

# Sent with the tenant in the transaction that merges or separates a campaign.
shown_otherwise = Signal()

# The campaigns of some names with those merged into them. The name of a merged one stands for the campaign that it is
# shown as, unless another tenant shows a campaign of that name.
_OF_NAMES = """
WITH named AS MATERIALIZED (
    SELECT tenant_id, id, name, merged_into_id FROM campaigns_campaign
    WHERE tenant_id = ANY (%(tenants)s) AND name = ANY (%(names)s)
), shown AS MATERIALIZED (
    SELECT tenant_id, coalesce(merged_into_id, id) AS id FROM named
    WHERE merged_into_id IS NULL
       OR NOT EXISTS (SELECT 1 FROM named same WHERE same.name = named.name AND same.merged_into_id IS NULL)
)
SELECT tenant_id, id FROM shown
UNION
SELECT c.tenant_id, c.id FROM shown
JOIN campaigns_campaign c ON c.tenant_id = shown.tenant_id AND c.merged_into_id = shown.id
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('portal.campaign_merges'), %s)"


class MergeError(ValueError):
    """The campaigns cannot be merged; `text` is the reason in the page's language."""

    def __init__(self, text: str | Promise) -> None:
        super().__init__(str(text))
        self.text = text


def ids_of_names(tenant_ids: Collection[int], names: Iterable[str]) -> set[tuple[int, int]]:
    """Return (tenant id, campaign id) of the campaigns shown by these names, merged ones included."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_NAMES, {"tenants": sorted(tenant_ids), "names": list(names)})
        return set(cursor.fetchall())


def ids_shown_as(campaign: Campaign) -> list[int]:
    """Return the ids of the campaign and of those merged into it."""
    return [campaign.id, *merged_in(campaign).values_list("id", flat=True)]


def merged_in(campaign: Campaign):
    """Return the campaigns that are merged into this one, by name."""
    return Campaign.objects.filter(tenant_id=campaign.tenant_id, merged_into_id=campaign.id).order_by("name")


def shown_name() -> Coalesce:
    """Return the expression for the name that a row of Campaign is shown by."""
    return Coalesce("merged_into__name", "name")


def shown_names(campaign_ids: Collection[int]) -> dict[int, str]:
    """Return campaign id → the name that the campaign is shown by."""
    rows = Campaign.objects.filter(id__in=sorted(campaign_ids)).annotate(shown=shown_name())
    return dict(rows.values_list("id", "shown"))


def merge(*, campaign: Campaign, into: Campaign, actor: str) -> Campaign:
    """Show `campaign` as part of `into`, or of the campaign that `into` is merged into; return that one.

    Raises MergeError for campaigns of two tenants, for a campaign and itself, and for one that has others merged into
    it: moving those along could not be undone row by row.
    """
    with transaction.atomic():
        _lock(campaign.tenant_id)
        campaign, into = (Campaign.objects.get(id=one.id) for one in (campaign, into))
        target = into.merged_into or into
        if target.tenant_id != campaign.tenant_id:
            raise MergeError(_("Both campaigns must belong to the same customer."))
        if target.id == campaign.id:
            raise MergeError(_("A campaign cannot be merged into itself."))
        if campaign.merged_into_id == target.id:
            raise MergeError(_("The campaign is merged into that one already."))
        if merged_in(campaign).exists():
            raise MergeError(_("Other campaigns are merged into this one. Separate them first."))
        Campaign.objects.filter(id=campaign.id).update(merged_into=target)
        _record("campaign.merged", campaign, target, actor)
        shown_otherwise.send(Campaign, tenant_id=campaign.tenant_id)
    return target


def separate(*, campaign: Campaign, actor: str) -> bool:
    """Show a merged campaign by itself again; return False if it was not merged."""
    with transaction.atomic():
        _lock(campaign.tenant_id)
        campaign = Campaign.objects.get(id=campaign.id)
        if campaign.merged_into is None:
            return False
        Campaign.objects.filter(id=campaign.id).update(merged_into=None)
        _record("campaign.separated", campaign, campaign.merged_into, actor)
        shown_otherwise.send(Campaign, tenant_id=campaign.tenant_id)
    return True


def _lock(tenant_id: int) -> None:
    """Let one merge of a tenant be decided after the other: two at once could make a chain."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [tenant_id])


def _record(action: str, campaign: Campaign, target: Campaign, actor: str) -> None:
    masking = Masking(in_full=False)
    record(
        action,
        actor=actor,
        tenant=campaign.tenant,
        subject=masking.text(campaign.name),
        details={"into": masking.text(target.name)},
    )
