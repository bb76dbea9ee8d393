"""Totals to one who listens: as a page that waits for a change, or as server-sent events.

Only the newest totals count: one who is slow gets the differences to them, and nothing piles up here.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from math import floor
from time import monotonic

import orjson
from django.db import DatabaseError

from deliveries.counts.notices import CHANNEL
from deliveries.stream import server_sent
from deliveries.stream.exchange import AWAY, HEARTBEAT, Exchange
from deliveries.stream.figures import FIGURES, TOTALS
from deliveries.stream.key_granted import KeyGranted
from deliveries.stream.reading import Ended, StreamError
from deliveries.stream.rights import GONE, access_now, closing
from portal.common.period_picker import PeriodError
from portal.tenants.scope import web_scope
from reports.statistics_stream.totals import Asked, Totals, read_totals

logger = logging.getLogger(__name__)

PATH = "/api/v1/statistics/stream"
STEP = 1.0  # seconds between two readings for the same totals, which begin at common instants
READ_AFTER = 60.0  # seconds without a change: the day may have ended


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsGranted(KeyGranted):
    """A key's right to listen, with the first totals.

    `reached` are all tenants that the key reaches, `after` is the cursor of the totals that the client has.
    """

    stream = TOTALS

    reached: frozenset[int]
    asked: Asked
    totals: Totals
    after: str

    async def send_page(self, exchange: Exchange) -> None:
        """Answer with a page; one for a client that has these totals already waits for others."""
        until, totals = monotonic() + self.wait, self.totals
        with exchange.waking.sleeper(self.asked.tenant_ids, channel=CHANNEL) as sleeper:
            # A change may have come between the first reading and this.
            while totals.cursor == self.after and not exchange.is_over and monotonic() < until:
                try:
                    totals = await self._newest(exchange)
                except (StreamError, PeriodError, DatabaseError) as error:  # the next request gets the error
                    logger.warning("statistics stream: %s", str(error).splitlines()[:1])
                    break
                if totals.cursor == self.after and (seconds := until - monotonic()) > 0:
                    await exchange.first(sleeper.wait(seconds))
        page = orjson.dumps(page_of(totals, self.after), option=orjson.OPT_UTC_Z)
        await exchange.answer(None if totals is self.totals else page)

    async def send_events(self, exchange: Exchange) -> None:
        """Send the first totals, then what changes."""
        sent, seen, read = self.totals, monotonic(), 0.0
        await exchange.start_events(sent.event())
        with exchange.waking.sleeper(self.asked.tenant_ids, channel=CHANNEL) as sleeper:
            sleeper.woken.set()  # a change may have come since the first reading
            while not exchange.is_over:
                was_woken = await exchange.first(sleeper.wait(max(seen + HEARTBEAT - monotonic(), 0)))
                try:
                    if monotonic() - seen >= HEARTBEAT:
                        await exchange.readings.run(self._check)
                        seen = monotonic()
                        await exchange.send(server_sent.beat(sent.cursor))
                    if not was_woken and monotonic() - read < READ_AFTER:
                        continue
                    totals, read = await self._newest(exchange), monotonic()
                except (StreamError, PeriodError) as error:
                    await exchange.end_events(str(error))
                    return
                except DatabaseError as error:
                    logger.warning("statistics stream: %s", str(error).splitlines()[:1])
                    sleeper.woken.set()
                    await exchange.pause(AWAY)
                    continue
                if totals.cursor != sent.cursor:
                    await exchange.send(totals.event(sent))
                    FIGURES.events[TOTALS] += 1
                    sent = totals
        await exchange.end_events()

    async def _newest(self, exchange: Exchange) -> Totals:
        """Return the totals of the next common instant: later than the change that woke this one."""
        instant = floor(monotonic() / STEP) + 1
        await exchange.pause(instant * STEP - monotonic())
        return await exchange.slow_readings.share((self.asked, instant), _read, self.asked)

    def _check(self) -> None:
        """Raise Ended if the key reaches other tenants by now: its totals would be others."""
        if access_now(self.key_id).tenant_ids != self.reached:
            raise Ended(GONE)


def page_of(totals: Totals, after: str) -> dict:
    """Return totals as a page for a client that has those of the cursor `after`."""
    return totals.unchanged() if totals.cursor == after else totals.whole()


def _read(asked: Asked) -> Totals:
    with closing(), web_scope(asked.tenant_ids):
        return read_totals(asked)
