"""An HTTP server on a real socket that answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Said:
    """One answer. `cut` ends the connection in the middle of the body; without a status, before any answer."""

    status: int = 200
    body: bytes = b"{}"
    media: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False
    then: Callable[[], object] | None = None  # called before the connection ends: it may hold it open


def problem(status: int, kind: str, *headers: tuple[str, str], **members: Any) -> Said:
    """Return a problem as the portal answers it."""
    body = {"type": f"/api/v1/docs/#{kind}", "title": kind, "status": status, "detail": f"the {kind}"} | members
    return Said(status, json.dumps(body).encode(), "application/problem+json", headers)


class Scripted(ThreadingHTTPServer):
    """Gives its answers one after the other, the last one again and again; a `with` serves."""

    daemon_threads = False

    def __init__(self, *answers: Said) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.asked = list(answers), list[Asked]()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def take(self, asked: Asked) -> Said:
        self.asked.append(asked)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        names = {name.lower(): text for name, text in self.headers.items()}
        said = self.server.take(Asked(self.command, self.path, names, body))
        self.close_connection = True
        if not said.status:
            return
        self.send_response(said.status)
        for name, text in (("Content-Type", said.media), ("Connection", "close"), *said.headers):
            self.send_header(name, text)
        if not said.then or said.cut:
            self.send_header("Content-Length", str(len(said.body) + (10 if said.cut else 0)))
        self.end_headers()
        self.wfile.write(said.body)
        self.wfile.flush()
        if said.then is not None:
            said.then()

    do_GET = do_POST = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""
