"""Client of LINK's Gate API (docs/link.md section 6), synchronous, with time-outs. It cannot delete gates."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote, urljoin, urlsplit

import httpx

from deliveries.gates.at_link.addresses import check_reachable
from deliveries.gates.at_link.errors import GateApiError, Problem, problem_of

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0
WHOLE_ANSWER_SECONDS = 120.0  # of an answer that drips
MAX_ANSWER = 64 * 1024 * 1024  # bytes; 5,000 gates are about 3 MB
MAX_PAGES = 1000
FIRST_CODE = 100_000  # LINK's codes have six digits; smaller ones repeat the HTTP status
Gate = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Access:
    """Address and credentials of one Gate API, decrypted; the password is in no text of it."""

    address: str
    username: str
    password: str = field(repr=False)


class GateApiClient:
    """One connection to a Gate API for the gates of one platform; use it in a `with` statement."""

    def __init__(self, access: Access, *, platform_id: str, answer_seconds: float = ANSWER_SECONDS) -> None:
        check_reachable(access.address)
        self._address, self._platform_id = access.address, platform_id
        self._client = httpx.Client(
            auth=httpx.BasicAuth(access.username, access.password),
            timeout=httpx.Timeout(answer_seconds, connect=CONNECT_SECONDS),
            headers={"Accept": "application/json", "User-Agent": "sms-report-portal"},
            follow_redirects=False,
            trust_env=False,  # neither a proxy of the environment nor credentials of a .netrc
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def gates(self, owner: str) -> list[Gate]:
        """Return all gates of a partner; further pages that a `Link` header names are read too. No gate: []."""
        url = self._url(owner)
        found: dict[str, Gate] = {}
        seen: set[str] = set()
        while url and url not in seen and len(seen) < MAX_PAGES:
            seen.add(url)
            try:
                answer, body = self._send("GET", url)
            except GateApiError as error:
                if error.problem == Problem.NO_SUCH_GATE:
                    break
                raise
            for number, gate in enumerate(_gates(body)):
                found[str(gate.get("id") or f"{len(seen)}/{number}")] = gate
            url = self._next(answer)
        return list(found.values())

    def by_ref_id(self, owner: str, ref_id: str) -> Gate | None:
        """Return a partner's gate of this refId, None if there is none."""
        try:
            _answer, body = self._send("GET", self._url(owner, "refid", ref_id))
        except GateApiError as error:
            if error.problem in (Problem.NO_SUCH_GATE, Problem.NOT_FOUND):
                return None
            raise
        gate = _parsed(body)
        if not isinstance(gate, dict):
            raise GateApiError(Problem.UNREADABLE)
        return gate

    def add(self, gate: Mapping[str, Any]) -> str:
        """Create a gate and return its id, '' if LINK does not name it."""
        url = f"{self._address}/gate/partnergate"
        answer, _body = self._send("POST", url, {k: v for k, v in gate.items() if k != "id"})
        return unquote(urlsplit(answer.headers.get("Location", "")).path.rstrip("/").rpartition("/")[2])

    def change(self, owner: str, gate_id: str, gate: Mapping[str, Any]) -> None:
        """Replace a gate as a whole."""
        self._send("PUT", self._url(owner, "id", gate_id), {k: v for k, v in gate.items() if k != "id"})

    def _url(self, owner: str, *rest: str) -> str:
        parts = ("platform", self._platform_id, "partner", owner, *rest)
        return f"{self._address}/gate/partnergate/" + "/".join(quote(part, safe="") for part in parts)

    def _next(self, answer: httpx.Response) -> str:
        """Return the URL of the next page, '' if there is none. The credentials stay at their own host."""
        link = answer.links.get("next", {}).get("url", "")
        url = urljoin(str(answer.request.url), link) if link else ""
        if url and urlsplit(url)[:2] != urlsplit(self._address)[:2]:
            raise GateApiError(Problem.REDIRECTED)
        return url

    def _send(self, method: str, url: str, body: object = None) -> tuple[httpx.Response, bytes]:
        """Send one request and read its answer; raise GateApiError for anything but a 2xx."""
        try:
            with self._client.stream(method, url, json=body) as answer:
                content = b"".join(_limited(answer))
        except httpx.TimeoutException as error:
            raise GateApiError(Problem.TIMED_OUT) from error
        except httpx.TransportError as error:
            raise GateApiError(_transport_problem(error)) from error
        except httpx.DecodingError as error:
            raise GateApiError(Problem.UNREADABLE) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise GateApiError(Problem.INVALID) from error
        if answer.is_success:
            return answer, content
        code, detail = _fault(content)
        raise GateApiError(problem_of(answer.status_code, code), detail=detail, status=answer.status_code, code=code)


def _limited(answer: httpx.Response) -> Iterator[bytes]:
    read, until = 0, time.monotonic() + WHOLE_ANSWER_SECONDS
    for part in answer.iter_bytes():
        if time.monotonic() > until:
            raise GateApiError(Problem.TIMED_OUT)
        read += len(part)
        if read > MAX_ANSWER:
            raise GateApiError(Problem.TOO_LARGE)
        yield part


def _transport_problem(error: BaseException) -> Problem:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Problem.CERTIFICATE
        cause = cause.__cause__ or cause.__context__
    return Problem.UNREACHABLE


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GateApiError(Problem.UNREADABLE) from error


def _gates(body: bytes) -> list[Gate]:
    found = _parsed(body) if body.strip() else []
    if not isinstance(found, list) or not all(isinstance(gate, dict) for gate in found):
        raise GateApiError(Problem.UNREADABLE)
    return found


def _fault(body: bytes) -> tuple[int, str]:
    """Return LINK's code and description of an error, (0, '') where the body has none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return 0, ""
    if not isinstance(said, dict):
        return 0, ""
    code, text = said.get("status"), said.get("translatedDescription") or said.get("description")
    known = code if isinstance(code, int) and code >= FIRST_CODE else 0
    return known, text if isinstance(text, str) else ""
