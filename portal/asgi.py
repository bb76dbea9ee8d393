"""One composite ASGI app: the ingest first, Django for the rest; INGEST_PORT splits the ingest off.

With INGEST_PORT set, `granian --port $INGEST_PORT portal.asgi:ingest` takes the delivery reports and
`portal.asgi:application` serves pages and API alone.
"""

import asyncio
import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_DB_POOL", "true")

from django.conf import settings
from django.core.asgi import get_asgi_application

from portal.common.logs import prepare_process

prepare_process()
django_application = get_asgi_application()

from deliveries.ingest.app import Ingest, is_feed_path  # noqa: E402
from deliveries.stream.app import Stream  # noqa: E402
from deliveries.stream.sending import PATH as REPORTS_STREAM  # noqa: E402
from portal.connections import Guard  # noqa: E402 (these need the settings)
from portal.page_deadline import PageDeadline  # noqa: E402
from portal.warming import load_pages  # noqa: E402
from reports.statistics_stream.page_signals import PATH as PAGE_SIGNALS  # noqa: E402
from reports.statistics_stream.sending import PATH as STATISTICS_STREAM  # noqa: E402

_COLLECT_AFTER = 20_000
_PROBES = ("/healthz", "/readyz")
_STREAMS = (REPORTS_STREAM, STATISTICS_STREAM, PAGE_SIGNALS)


class Application:
    """Sends each request to the app that it is for, and runs the ingest's lifespan."""

    def __init__(self, *, serves_ingest: bool, serves_pages: bool) -> None:
        self.guard = Guard(settings.CONNECTIONS)
        self.ingest = Ingest(self.guard, takes_reports=serves_ingest)
        self.pages = PageDeadline(django_application, self.guard)
        self.stream = Stream(self.pages, self.guard, paths=_STREAMS)
        self.serves_pages = serves_pages
        self._watching: asyncio.Task | None = None
        self._loading: asyncio.Task | None = None

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            path = scope["path"]
            if path in _PROBES or not self.serves_pages or is_feed_path(path):
                await self.ingest(scope, receive, send)
            elif self.stream.takes(path):
                await self.stream(scope, receive, send)
            else:
                await self.pages(scope, receive, send)
        else:
            raise ValueError(f"unknown scope {scope['type']}")

    async def _lifespan(self, receive, send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.ingest.start()
                self._watching = asyncio.create_task(self.guard.watch())
                # What is there by now stays: walking through it in search of cycles, again and again, finds none.
                gc.freeze()
                gc.set_threshold(_COLLECT_AFTER)
                if self.serves_pages:
                    self._loading = asyncio.create_task(_load_pages())
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._watching.cancel()
                self.stream.stop()
                await self.ingest.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _load_pages() -> None:
    """Load pages beside the first delivery reports: a start that took longer would let senders wait."""
    await asyncio.to_thread(load_pages)
    gc.freeze()


application = Application(serves_ingest="INGEST_PORT" not in os.environ, serves_pages=True)
ingest = Application(serves_ingest=True, serves_pages=False)
