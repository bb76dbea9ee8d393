"""A Gate API on the loopback that behaves as LINK's does (docs/link.md section 6), over real HTTP."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, unquote, urlsplit

USER, PASSWORD = "gate-user", "a long password of LINK's"
FIELDS = {
    *("type", "id", "refId", "gateType", "ttl", "acknowledge", "throttle", "destinations", "platformId"),
    *("platformPartnerId", "customParameters"),
}
DEFAULTS = {"gateType": "ONE_ORDERED", "ttl": 172800000, "acknowledge": False, "throttle": None}


class Refused(Exception):
    def __init__(self, status: int, code: int = 0, text: str = "") -> None:
        super().__init__(status)
        self.status, self.code, self.text = status, code, text


@dataclass
class LinkServer:
    """The gates by id, and switches for what goes wrong. `requests` are (method, path) as they came."""

    address: str = ""
    platform_id: str = "ACME"
    gates: dict[str, dict] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    page_size: int = 0  # 0: all gates in one list
    denied: set[str] = field(default_factory=set)  # partners without access
    refused: dict[str, Refused] = field(default_factory=dict)  # method: answer in place of the real one
    body: bytes | None = None  # in place of the next list
    hangs: set[str] = field(default_factory=set)  # methods that do their work and never answer
    before: dict = field(default_factory=dict)  # method: called once before the work
    released: threading.Event = field(default_factory=threading.Event)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def add(self, gate: dict) -> str:
        """Store a gate as LINK does: with an id, defaults, and a refId once per partner."""
        owner = gate.get("platformPartnerId")
        if not gate.get("destinations") or not gate.get("refId"):
            raise Refused(400, 103300, "missing parameters")
        if gate.get("type") != "PARTNER_GATE" or set(gate) - FIELDS or "id" in gate:
            raise Refused(400, 103302, "invalid gate")
        if gate.get("platformId") != self.platform_id:
            raise Refused(400, 103201, "invalid platform id")
        if any(one["refId"] == gate["refId"] for one in self.of(owner)):
            raise Refused(409, 103212, "duplicate refId")
        gate_id = f"G{next(self.ids):04d}"
        self.gates[gate_id] = DEFAULTS | gate | {"id": gate_id}
        return gate_id

    def of(self, owner: str | None) -> list[dict]:
        return [gate for gate in self.gates.values() if gate["platformPartnerId"] == owner]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    link: LinkServer

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *args) -> None:
        pass

    def _serve(self) -> None:
        link = self.link
        link.requests.append((self.command, self.path))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if before := link.before.pop(self.command, None):
            before()
        try:
            if self.command in link.refused:
                raise link.refused[self.command]
            status, answer, headers = self._work(json.loads(body) if body else None)
        except Refused as fault:
            text = {"status": fault.code, "description": fault.text, "translatedDescription": fault.text}
            status, answer, headers = fault.status, json.dumps(text).encode() if fault.code else b"", {}
        if self.command in link.hangs:
            link.released.wait(30)
            self.close_connection = True
            return  # the client is gone
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _work(self, gate: dict | None) -> tuple[int, bytes, dict[str, str]]:
        link = self.link
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            raise Refused(401, 103100, "invalid authentication")
        parts = urlsplit(self.path)
        path = [unquote(part) for part in parts.path.removeprefix("/gate/").split("/")]
        if self.command == "POST" and path == ["partnergate"]:
            gate_id = link.add(gate)
            return 201, b"", {"Location": f"{link.address}/gate/partnergate/id/{gate_id}"}
        if path[:2] != ["partnergate", "platform"] or path[3:4] != ["partner"]:
            raise Refused(404)
        if path[2] != link.platform_id:
            raise Refused(400, 103201, "invalid platform id")
        owner, rest = path[4], path[5:]
        if owner in link.denied:
            raise Refused(403, 103101, "access denied")
        if not rest:
            return self._list(owner, int(parse_qs(parts.query).get("page", ["0"])[0]))
        key = "refId" if rest[0] == "refid" else "id"
        found = next((one for one in link.of(owner) if one[key] == rest[1]), None)
        if self.command == "GET":
            if found is None:
                raise Refused(404, 103304, "gate not found")
            return 200, json.dumps(found).encode(), {}
        if found is None:
            raise Refused(405)
        if set(gate) - FIELDS or "id" in gate:
            raise Refused(400, 103302, "invalid gate")
        link.gates[found["id"]] = DEFAULTS | gate | {"id": found["id"]}
        return 204, b"", {}

    def _list(self, owner: str, page: int) -> tuple[int, bytes, dict[str, str]]:
        link = self.link
        if link.body is not None:
            return 200, link.body, {}
        gates = link.of(owner)
        if not gates:
            raise Refused(404, 103303, "no gates found")
        if not link.page_size:
            return 200, json.dumps(gates).encode(), {}
        first = page * link.page_size
        headers = {}
        if len(gates) > first + link.page_size:
            headers["Link"] = f'<{urlsplit(self.path).path}?page={page + 1}>; rel="next"'
        return 200, json.dumps(gates[first : first + link.page_size]).encode(), headers


@contextmanager
def serving() -> Iterator[LinkServer]:
    """Serve a Gate API without gates for the length of a `with`."""
    link = LinkServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"link": link}))
    server.daemon_threads = False  # the end waits for all of them
    link.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield link
    finally:
        link.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
