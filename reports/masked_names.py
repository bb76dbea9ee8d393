"""Names of campaigns and variants for people who see phone numbers masked: a refId may hold one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from portal.common.msisdn import mask_numbers
from reports.selectors.top_campaigns import CampaignRow
from reports.standouts import Winner

NAMES = ("campaign", "variant")  # of the things to group by


def masked_campaigns(rows: Iterable[CampaignRow]) -> list[CampaignRow]:
    """Return the rows without numbers in their names; two may be called the same then."""
    return [replace(row, name=name, is_masked=name != row.name) for row in rows for name in [mask_numbers(row.name)]]


def masked_winners(winners: Iterable[Winner]) -> list[Winner]:
    """Return the winners without numbers in the names of campaign and variants."""
    return [
        replace(
            winner,
            campaign=campaign,
            variant=mask_numbers(winner.variant),
            others=tuple((mask_numbers(name), rate) for name, rate in winner.others),
            is_masked=campaign != winner.campaign,
        )
        for winner in winners
        for campaign in [mask_numbers(winner.campaign)]
    ]


def masked_key(key: Mapping[str, object]) -> dict[str, object]:
    """Return a group's key without numbers in campaign and variant."""
    return {name: mask_numbers(value) if name in NAMES and value else value for name, value in key.items()}
