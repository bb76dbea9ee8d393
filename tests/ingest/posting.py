"""Many senders at once, with a list of what was acknowledged to them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx

from tests.ingest.conftest import PLAIN
from tests.servers import Server


class Senders:
    """Threads that post one numbered delivery report after the other until the server is gone."""

    def __init__(self, server: Server, count: int) -> None:
        self.acknowledged: set[bytes] = set()
        self.sent: set[bytes] = set()
        self.other_answers: set[int] = set()
        self._server = server
        self._numbers = itertools.count()
        self._news = threading.Condition()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> None:
        """Wait until `count` reports are acknowledged."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.acknowledged) >= count, timeout=120)

    def join(self) -> None:
        """Wait until every sender has found the server gone."""
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()

    def _run(self) -> None:
        with httpx.Client(base_url=self._server.url, timeout=10) as client:
            while True:
                body = b'{"id":"n%d","resultCode":1001}' % next(self._numbers)
                self.sent.add(body)
                try:
                    status = client.post(f"/dlr/{PLAIN}/", content=body).status_code
                except httpx.TransportError:
                    return
                with self._news:
                    if status == 200:
                        self.acknowledged.add(body)
                        self._news.notify_all()
                    else:
                        self.other_answers.add(status)


@contextmanager
def posted_at_once(server: Server, count: int) -> Iterator[list[Future[httpx.Response]]]:
    """Post `count` numbered reports at the same time; yield their answers to come."""
    with ThreadPoolExecutor(count) as pool, httpx.Client(base_url=server.url, timeout=15) as client:
        yield [
            pool.submit(client.post, f"/dlr/{PLAIN}/", content=b'{"id":"p%d","resultCode":1001}' % number)
            for number in range(count)
        ]
