"""`bin/portal run_dispatcher`: send what gates forward, until it is stopped."""

import asyncio
import gc
import signal

import uvloop
from django.core.management.base import BaseCommand

from deliveries.gates.dispatcher import Dispatcher
from deliveries.gates.egress import egress

_COLLECT_AFTER = 100_000  # objects; aiohttp's are in cycles


class Command(BaseCommand):
    help = (
        "Send delivery reports to the tenants' own URLs. Several dispatchers may run. SIGTERM ends one after the"
        " requests that are under way."
    )

    def handle(self, **options) -> None:
        # As in the applier: what is made here ends with its delivery, and collections would walk through all of Django.
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        sent = uvloop.run(self._run())
        self.stdout.write(f"sent {sent:,} requests")

    async def _run(self) -> int:
        dispatcher, loop = Dispatcher(egress), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, dispatcher.stop)
        await dispatcher.run()
        return dispatcher.sent
