"""The Overview's figures with phone numbers masked in names."""

from dataclasses import replace

from portal.common.masking import Masking
from reports.figures.statistics import Group
from reports.figures.top_campaigns import CampaignRow
from reports.overview.highlight_selectors import Highlights
from reports.overview.selectors import Overview


def masked_overview(found: Overview, masking: Masking) -> Overview:
    """Return the figures of the page without numbers in names; two campaigns may be called the same then.

    The key of an operator whose name is masked has `is_masked`: nothing is found by that name.
    """
    if masking.in_full:
        return found
    return replace(
        found,
        campaigns=masked_campaigns(found.campaigns, masking),
        operators=[_masked_operator(group, masking) for group in found.operators],
    )


def masked_campaigns(rows: list[CampaignRow], masking: Masking) -> list[CampaignRow]:
    """Return the rows without numbers in names."""
    if masking.in_full:
        return rows
    return [replace(row, name=masking.text(row.name), is_masked=masking.hides(row.name)) for row in rows]


def _masked_operator(group: Group, masking: Masking) -> Group:
    name = group.key["operator"]
    if not masking.hides(name):
        return group
    return replace(group, key=group.key | {"operator": masking.text(name), "is_masked": True})


def masked_highlights(found: Highlights, masking: Masking) -> Highlights:
    """Return the highlights without numbers in the names of operators, campaigns and variants."""
    if masking.in_full:
        return found
    slow_days = [
        replace(slow, operator=masking.text(slow.operator), is_masked=masking.hides(slow.operator))
        for slow in found.slow_days
    ]
    winners = [
        replace(
            winner,
            campaign=masking.text(winner.campaign),
            variant=masking.text(winner.variant),
            others=tuple((masking.text(name), rate) for name, rate in winner.others),
            is_masked=masking.hides(winner.campaign),
        )
        for winner in found.winners
    ]
    return replace(found, slow_days=slow_days, winners=winners)
