"""Delivery reports to one who listens: as a page that waits, or as server-sent events.

Each chunk is read in its own short transaction behind the wall. The next one is read once the client has taken the
last, so nothing piles up here.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from time import monotonic

import orjson
from django.db import DatabaseError

from deliveries.stream import server_sent
from deliveries.stream.exchange import AWAY, HEARTBEAT, Exchange
from deliveries.stream.figures import FIGURES, REPORTS
from deliveries.stream.key_granted import KeyGranted
from deliveries.stream.reading import Asked, Chunk, Ended, StreamError, read_chunk
from deliveries.stream.rights import GONE, access_now, closing
from deliveries.stream.waking import Sleeper
from portal.tenants.scope import web_scope

logger = logging.getLogger(__name__)

PATH = "/api/v1/delivery-reports/stream"
MAX_SIZE = 1000  # events of a chunk
# Readings begin at common instants so many seconds apart, the more listeners the fewer. So those who ask for the same
# are at the same place after the first one, and share each reading.
STEP, STEP_EACH, MAX_STEP = 0.2, 0.004, 1.2
MAX_SLEEP = 5.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsGranted(KeyGranted):
    """A key's right to listen, with the first chunk."""

    stream = REPORTS

    asked: Asked
    chunk: Chunk
    size: int

    async def send_page(self, exchange: Exchange) -> None:
        """Answer with a page; one without events waits for some."""
        until, chunk = monotonic() + self.wait, self.chunk
        with exchange.waking.sleeper(self.asked.tenant_ids) as sleeper:
            while not chunk.events and not exchange.is_over:
                if (seconds := until - monotonic()) <= 0:
                    break
                if not chunk.has_more:
                    await exchange.first(sleeper.wait(min(seconds, MAX_SLEEP)))
                try:
                    chunk = await exchange.readings.run(_chunk, self.asked, chunk.cursor, self.size)
                except (StreamError, DatabaseError) as error:  # the next request gets the error
                    logger.warning("stream: %s", str(error).splitlines()[:1])
                    break
        await exchange.answer(orjson.dumps(page_of(chunk)) if chunk is not self.chunk else None)

    async def send_events(self, exchange: Exchange) -> None:
        """Send the first chunk and all that follow."""
        await exchange.start_events(events_of(self.chunk))
        asked, cursor, has_more = self.asked, self.chunk.cursor, self.chunk.has_more
        seen = monotonic()
        with exchange.waking.sleeper(asked.tenant_ids) as sleeper:
            while not exchange.is_over:
                if not has_more:
                    await _pause(sleeper, exchange, seen + HEARTBEAT)
                try:
                    if monotonic() - seen >= HEARTBEAT:
                        asked = await exchange.readings.run(_again, self.key_id, asked)
                        seen = monotonic()
                        await exchange.send(server_sent.beat(cursor))
                    chunk, body = await exchange.readings.share((asked, cursor), _chunk_and_text, asked, cursor)
                except StreamError as error:
                    await exchange.end_events(str(error))
                    return
                except DatabaseError as error:
                    logger.warning("stream: %s", str(error).splitlines()[:1])
                    await exchange.pause(AWAY)
                    continue
                if chunk.events or chunk.has_more:
                    await exchange.send(body)
                    FIGURES.events[REPORTS] += len(chunk.events)
                cursor, has_more = chunk.cursor, chunk.has_more
        await exchange.end_events()


def page_of(chunk: Chunk) -> dict:
    """Return a chunk as a page."""
    events = [{"cursor": event.cursor, "report": event.report} for event in chunk.events]
    return {"data": events, "next_cursor": chunk.cursor, "has_more": chunk.has_more}


def events_of(chunk: Chunk) -> bytes:
    """Return a chunk as server-sent events; a heartbeat with its cursor where the filter left none."""
    if not chunk.events:
        return server_sent.beat(chunk.cursor)
    return server_sent.messages(((event.cursor, event.report) for event in chunk.events), event="delivery_report")


async def _pause(sleeper: Sleeper, exchange: Exchange, beat: float) -> None:
    """Wait for an event or the next heartbeat, due at the instant `beat`, and then for that at which all read."""
    await exchange.first(sleeper.wait(max(beat - monotonic(), 0)))
    step = min(MAX_STEP, STEP + STEP_EACH * FIGURES.listeners[REPORTS])
    await exchange.pause(step - monotonic() % step)


def _chunk(asked: Asked, cursor: str, limit: int = MAX_SIZE) -> Chunk:
    with closing(), web_scope(asked.tenant_ids):
        return read_chunk(asked, cursor, limit=limit)


def _chunk_and_text(asked: Asked, cursor: str) -> tuple[Chunk, bytes]:
    chunk = _chunk(asked, cursor)
    return chunk, events_of(chunk)


def _again(key_id: int, asked: Asked) -> Asked:
    """Return what the key may read by now of what was asked for. Raises Ended if that is nothing."""
    access = access_now(key_id)
    if not (tenant_ids := asked.tenant_ids & access.tenant_ids):
        raise Ended(GONE)
    return replace(asked, tenant_ids=tenant_ids, masking=access.masking)
