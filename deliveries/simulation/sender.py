"""DLRs over HTTP, as a gateway sends them: until each body is acknowledged, over connections kept alive."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, cycle
from time import monotonic
from urllib.parse import urlsplit

import httpx

MIB = 1024 * 1024
MAX_PAUSE = 10.0  # seconds between two tries, whatever Retry-After says
_BRACKETS = len('{"events":[]}')  # of a body around its DLRs, at most
NDJSON, JSON = "application/x-ndjson", "application/json"

# The bodies' kinds in turn: (name, most DLRs in a body). Of 1,546 mixed DLRs 46 go alone, 3%.
ARRAY, LINES, SINGLE, EVENTS = ("array", 500), ("ndjson", 1000), ("single", 1), ("events", 100)
SHAPES = {
    "mixed": (ARRAY, *[SINGLE] * 23, LINES, *[SINGLE] * 23),
    "single": (SINGLE,),
    "array": (ARRAY,),
    "ndjson": (LINES,),
    "events": (EVENTS,),  # MyLINK Multichannel's
}


@dataclass(frozen=True, slots=True)
class Result:
    """Result of sending. ``sent`` and ``acknowledged`` count DLRs; ``retries`` are among the ``requests``."""

    sent: int
    acknowledged: int
    requests: int
    retries: int
    seconds: float


class SendError(Exception):
    """The server rejected a body, or was away for too long; ``result`` has the acknowledged number."""

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.result = result


@dataclass(frozen=True, slots=True)
class Body:
    """One request's content; ``count`` is the number of DLRs in it."""

    count: int
    content: bytes
    content_type: str


def send(
    dlrs: Iterable[bytes],
    *,
    url: str,
    concurrency: int = 8,
    shape: str = "mixed",
    attempts: int = 60,
    pause: float = 1.0,
    timeout: float = 30.0,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Post every DLR to ``url`` (a feed's ``…/dlr/<token>/``) and return when all are acknowledged.

    At most ``concurrency`` bodies are in flight, taken in the DLRs' order. A body is tried ``attempts`` times
    on 503 (after Retry-After, in seconds), a time-out (``timeout`` seconds) or a broken connection (after
    ``pause`` seconds). ``progress`` is called with the number of DLRs after each acknowledged body.
    Raises SendError when a body is refused, its tries are used up, or the answer is not
    ``{"received": n}``; ValueError for a DLR over 1 MiB or an unknown shape. Starts an event loop of its own.
    """
    if shape not in SHAPES:
        raise ValueError(f"unknown shape {shape!r}: one of {', '.join(SHAPES)}")
    sending = _Sending(url, attempts, pause, progress)
    try:
        asyncio.run(sending.run(bodies(dlrs, shape=shape), concurrency, timeout))
    except _RefusedError as refused:
        raise SendError(str(refused), sending.result()) from None
    return sending.result()


def bodies(dlrs: Iterable[bytes], *, shape: str) -> Iterator[Body]:
    """Cut DLRs into bodies of at most 1 MiB, in their order; the kinds take turns as ``SHAPES`` says."""
    kinds = cycle(SHAPES[shape])
    kind, most = next(kinds)
    batch: list[bytes] = []
    size = _BRACKETS  # each DLR brings a comma or a line's end
    for dlr in chain(dlrs, (None,)):
        over = dlr is not None and size + len(dlr) + 1 > MIB
        if batch and (dlr is None or over or len(batch) == most):
            yield _join(batch, kind)
            kind, most = next(kinds)
            batch, size = [], _BRACKETS
        if dlr is None:
            return
        if len(dlr) > MIB:
            raise ValueError(f"a DLR of {len(dlr)} bytes is over 1 MiB")
        batch.append(dlr)
        size += len(dlr) + 1


def _join(batch: list[bytes], kind: str) -> Body:
    if kind == "ndjson":
        return Body(len(batch), b"\n".join(batch) + b"\n", NDJSON)
    if kind == "events":
        return Body(len(batch), b'{"events":[' + b",".join(batch) + b"]}", JSON)
    if kind == "array":
        return Body(len(batch), b"[" + b",".join(batch) + b"]", JSON)
    return Body(1, batch[0], JSON)


class _RefusedError(Exception):
    pass


class _Sending:
    """One call of ``send``: its figures, and how one body gets through."""

    def __init__(self, url: str, attempts: int, pause: float, progress: Callable[[int], None] | None) -> None:
        self.url = url
        self.attempts = attempts
        self.pause = pause
        self.progress = progress or (lambda count: None)
        self.began = monotonic()
        self.sent = self.acknowledged = self.requests = self.retries = 0

    def result(self) -> Result:
        return Result(self.sent, self.acknowledged, self.requests, self.retries, round(monotonic() - self.began, 3))

    async def run(self, waiting: Iterator[Body], concurrency: int, timeout: float) -> None:
        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        # proxies of the environment are for the world outside, not for a portal on this machine
        async with httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False) as client:

            async def work() -> None:
                for body in waiting:  # shared: each worker takes the next one
                    self.sent += body.count
                    await self._deliver(client, body)

            try:
                async with asyncio.TaskGroup() as workers:
                    for _ in range(concurrency):
                        workers.create_task(work())
            except ExceptionGroup as group:  # the first to fail has stopped the others
                raise group.exceptions[0] from None

    async def _deliver(self, client: httpx.AsyncClient, body: Body) -> None:
        """Post a body until it is acknowledged."""
        for attempt in range(1, self.attempts + 1):
            self.requests += 1
            self.retries += attempt > 1
            try:
                answer = await client.post(self.url, content=body.content, headers={"Content-Type": body.content_type})
            except httpx.TransportError as error:
                trouble, pause = str(error) or type(error).__name__, self.pause
            else:
                if answer.status_code == 200:
                    self._check(answer, body)
                    return
                if answer.status_code != 503:
                    raise _RefusedError(f"{self._place()} answered {answer.status_code}: {answer.text[:200]}")
                trouble, pause = "503", _retry_after(answer, self.pause)
            if attempt < self.attempts:
                await asyncio.sleep(pause)
        raise _RefusedError(f"{self._place()} took nothing in {self.attempts} tries, at last: {trouble}")

    def _check(self, answer: httpx.Response, body: Body) -> None:
        try:
            received = answer.json()
        except ValueError:
            received = answer.text[:200]
        if received != {"received": body.count}:
            raise _RefusedError(f"{self._place()} answered {received!r} to {body.count} DLRs")
        self.acknowledged += body.count
        self.progress(body.count)

    def _place(self) -> str:
        """Name the server without the token in the path."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _retry_after(answer: httpx.Response, otherwise: float) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), MAX_PAUSE) if text.isdecimal() else otherwise
