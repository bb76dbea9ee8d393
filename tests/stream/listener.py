"""A client of the streams: it listens in a thread, and goes on with its last cursor whenever the stream ends."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import httpx

PATH = "/api/v1/delivery-reports/stream/"


class Listener(threading.Thread):
    """Collects (id, data) of events in the order in which they come.

    `events` is what came, `beats` the number of heartbeats, `ends` the texts by which the portal ended a stream.
    """

    def __init__(self, url: str, key: str, *, path: str = PATH, after: str = "", **query: object) -> None:
        super().__init__(daemon=True)
        self.events: list[tuple[str, dict]] = []
        self.ends: list[str] = []
        self.beats = self.connections = 0
        self.last_id = after
        self.answer: httpx.Response | None = None  # the last one that was no stream
        self._url, self._key, self._query = url + path, key, query
        self._stopping = threading.Event()
        self._socket: socket.socket | None = None

    def __enter__(self) -> Listener:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopping.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # which wakes the thread that reads
        self.join(30)

    def run(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(httpx.TransportError):
                self._connect()
            self._stopping.wait(0.1)

    def _connect(self) -> None:
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "text/event-stream"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        timeout = httpx.Timeout(30, read=20)  # a heartbeat comes every 15 seconds
        with (
            httpx.Client(timeout=timeout) as client,
            client.stream("GET", self._url, params=self._query, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
                self.answer = answer
                return
            self._socket = answer.extensions["network_stream"].get_extra_info("socket")
            self.connections += 1
            for block in _blocks(answer):
                self._take(block)
                if self._stopping.is_set():
                    return

    def _take(self, block: list[str]) -> None:
        fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
        if fields.get("event") == "end":
            self.ends.append(json.loads(fields["data"])["detail"])
        elif "event" in fields:
            self.events.append((fields["id"], json.loads(fields["data"])))
        elif block[0].startswith(":"):
            self.beats += 1
        self.last_id = fields.get("id", self.last_id)


def _blocks(answer: httpx.Response) -> Iterator[list[str]]:
    """Yield the lines of each whole event; what a broken connection cut off is none."""
    lines: list[str] = []
    for line in answer.iter_lines():
        if line:
            lines.append(line)
        elif lines:
            yield lines
            lines = []
