"""Signals for open pages: the figures of their tenants have changed.

A signal holds no figure. The page asks for its part again, which is let in, masked and narrowed as any page is.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from deliveries.counts.notices import CHANNEL
from deliveries.stream import server_sent
from deliveries.stream.exchange import HEARTBEAT, Exchange
from deliveries.stream.figures import FIGURES, PAGES
from deliveries.stream.opening import Holder

PATH = "/t/[^/]+/live"
EVERY = 1.0  # seconds between two signals, at least
CHECKED_EVERY = 60.0  # seconds; then Django is asked once more whether the person may see the page
SIGNAL = server_sent.message({}, event="changed")
BEAT = server_sent.beat()


@dataclass(frozen=True, slots=True)
class PageGranted:
    """A person's right to hear of changes of these tenants' figures."""

    user_id: int
    tenant_ids: frozenset[int]

    @property
    def stream(self) -> str:
        """Return the stream's name."""
        return PAGES

    @property
    def holder(self) -> Holder:
        """Return whose right it is."""
        return "person", self.user_id

    async def serve(self, exchange: Exchange) -> None:
        """Send a signal now, and whenever something has changed, until the person leaves or may not look any more."""
        checked = monotonic()
        with exchange.waking.sleeper(self.tenant_ids, channel=CHANNEL) as sleeper:
            await exchange.start_events(SIGNAL)
            while not exchange.is_over:
                await exchange.pause(EVERY)
                was_woken = await exchange.first(sleeper.wait(HEARTBEAT))
                if monotonic() - checked >= CHECKED_EVERY:
                    if not await exchange.is_granted_still():
                        break
                    checked = monotonic()
                await exchange.send(SIGNAL if was_woken else BEAT)
                FIGURES.events[PAGES] += was_woken
        await exchange.end_events()
