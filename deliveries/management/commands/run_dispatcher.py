"""`bin/portal run_dispatcher`: send what gates forward, until it is stopped."""

import asyncio
import signal

from django.core.management.base import BaseCommand

from deliveries.gates.dispatcher import Dispatcher
from deliveries.gates.egress import egress


class Command(BaseCommand):
    help = (
        "Send delivery reports to the tenants' own URLs. Several dispatchers may run. SIGTERM ends one after the"
        " requests that are under way."
    )

    def handle(self, **options) -> None:
        sent = asyncio.run(self._run())
        self.stdout.write(f"sent {sent:,} requests")

    async def _run(self) -> int:
        dispatcher, loop = Dispatcher(egress), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, dispatcher.stop)
        await dispatcher.run()
        return dispatcher.sent
