"""One composite ASGI app: the ingest first, Django for the rest; INGEST_PORT splits the ingest off.

With INGEST_PORT set, `granian --port $INGEST_PORT portal.asgi:ingest` takes the delivery reports and
`portal.asgi:application` serves pages and API alone.
"""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_DB_POOL", "true")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from portal.ingest.app import PREFIX, Ingest  # noqa: E402 (needs the settings)

_MANY_OBJECTS = 20_000
_PROBES = ("/healthz", "/readyz")


class Application:
    """Sends each request to the app that it is for, and runs the ingest's lifespan."""

    def __init__(self, *, serves_ingest: bool, serves_pages: bool) -> None:
        self.ingest = Ingest(takes_reports=serves_ingest)
        self.serves_pages = serves_pages

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            path = scope["path"]
            # The doors' paths hold tokens: Django, which logs what it does not find, never sees one.
            if path in _PROBES or not self.serves_pages or path.startswith(PREFIX):
                await self.ingest(scope, receive, send)
            else:
                await django_application(scope, receive, send)
        else:
            raise ValueError(f"unknown scope {scope['type']}")

    async def _lifespan(self, receive, send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.ingest.start()
                # What is there by now stays: walking through it in search of cycles, again and again, finds none.
                gc.freeze()
                gc.set_threshold(_MANY_OBJECTS)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.ingest.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


application = Application(serves_ingest="INGEST_PORT" not in os.environ, serves_pages=True)
ingest = Application(serves_ingest=True, serves_pages=False)
