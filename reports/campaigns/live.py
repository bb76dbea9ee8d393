"""Live figures of a campaign while it runs: how long they are followed, and what their changes tell.

What was counted at the last looks is kept in the cache for a few minutes, by campaign and for all who look. A lost
cache only makes the estimate begin again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.core.cache import cache

from campaigns.models import Campaign
from portal.common.periods import local_day
from reports.campaigns.live_estimate import WINDOW, Estimate, Sample, estimate
from reports.figures.kpis import Kpis

EVERY = 2  # seconds from one look of a page to the next one, at most
QUIET = 600  # seconds without a change, after which a campaign is not followed any more
_APART = 5  # seconds between samples that are kept
_KEPT = 900  # seconds


class State(StrEnum):
    """State of a campaign's figures: whether they still change."""

    RUNNING = "running"
    QUIET = "quiet"  # messages are pending, but nothing has changed for a while
    DONE = "done"  # no message is pending


@dataclass(frozen=True, slots=True)
class Live:
    """A campaign that runs, or has just ended, and when it may be done (None: unknown so far)."""

    state: State
    results: int
    messages: int
    pending: int
    estimate: Estimate | None

    @property
    def share(self) -> float:
        return self.results / self.messages if self.messages else 0.0

    @property
    def every(self) -> int:
        """Seconds after which a page asks again that receives no signals."""
        return EVERY


def followed(campaign: Campaign, last_day: date, kpis: Kpis, *, now: datetime) -> Live | None:
    """Return what is shown of a campaign that runs: it sent messages today or yesterday, and some are pending.

    None for any other campaign.
    """
    is_recent = last_day >= local_day(now, campaign.tenant.timezone) - timedelta(days=1)
    return look(campaign, kpis, now=now) if is_recent and kpis.volume.pending else None


def look(campaign: Campaign, kpis: Kpis, *, now: datetime) -> Live:
    """Note the campaign's counts, and return what they and those of earlier looks tell."""
    volume = kpis.volume
    sample = Sample(now.timestamp(), volume.messages, volume.pending)
    samples, changed_at = _noted(campaign, sample, (volume.delivered, volume.failed, volume.unknown))
    state = State.RUNNING
    if not volume.pending:
        state = State.DONE
    elif sample.at - changed_at > QUIET:
        state = State.QUIET
    latency: Mapping[int, int] = kpis.latency or {}
    return Live(
        state=state,
        results=sample.results,
        messages=sample.messages,
        pending=sample.pending,
        estimate=estimate(samples, latency) if state is State.RUNNING else None,
    )


def _noted(campaign: Campaign, sample: Sample, others: tuple[int, ...]) -> tuple[Sequence[Sample], float]:
    """Keep a sample, and return those of the last minutes with it, and when the counts were last seen to change."""
    key = f"campaign-live:{campaign.id}"
    counts = [sample.messages, sample.pending, *others]
    known = cache.get(key) or {"counts": counts, "changed_at": sample.at, "samples": []}
    changed_at = known["changed_at"] if known["counts"] == counts else sample.at
    kept = [Sample(*one) for one in known["samples"] if 0 <= sample.at - one[0] <= WINDOW]
    if not kept or sample.at - kept[-1].at >= _APART:
        values = [(one.at, one.messages, one.pending) for one in (*kept, sample)]
        cache.set(key, {"counts": counts, "changed_at": changed_at, "samples": values}, _KEPT)
    elif known["counts"] != counts:
        cache.set(key, known | {"counts": counts, "changed_at": changed_at}, _KEPT)
    return [*kept, sample], changed_at
