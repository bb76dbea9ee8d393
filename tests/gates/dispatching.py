"""A dispatcher in a thread of the test's process, against the test's database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from deliveries.gates.dispatcher import Dispatcher
from portal.common.egress import Egress

PATIENCE = 30  # seconds


def local_egress() -> Egress:
    """Return a way out that reaches receivers on loopback."""
    return Egress(allowed_networks=["127.0.0.0/8", "::1/128"], own_addresses=[])


def patient_egress() -> Egress:
    """Return one whose requests end with their answers alone: for receivers that are held."""
    return Egress(allowed_networks=["127.0.0.0/8"], own_addresses=[], connect_s=120.0, total_s=120.0)


@contextmanager
def dispatching(egress=local_egress) -> Iterator[Dispatcher]:
    """Run a dispatcher for as long as the block; what fails in it fails the test."""
    started, failed = threading.Event(), []
    holder: dict = {}

    async def run() -> None:
        holder["loop"], holder["dispatcher"] = asyncio.get_running_loop(), Dispatcher(egress)
        started.set()
        await holder["dispatcher"].run()

    def target() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            failed.append(error)
            started.set()

    thread = threading.Thread(target=target, name="dispatcher")
    thread.start()
    assert started.wait(PATIENCE)
    try:
        yield holder["dispatcher"]
    finally:
        if not failed:
            holder["loop"].call_soon_threadsafe(holder["dispatcher"].stop)
        thread.join(PATIENCE)
        assert not thread.is_alive()
        if failed:
            raise failed[0]
