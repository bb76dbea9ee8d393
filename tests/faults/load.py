"""Numbered delivery reports posted from several threads, with a log of what was answered 200."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import httpx

from tests.faults.corpus import POISON

FINAL_CODES = (1001, 1001, 1001, 1002, 1010, 2104)

Key = tuple[str, int]  # the report's id and its result code


@dataclass
class Load:
    """Posts without pause, like a gateway; the ids of all its reports begin with its seed.

    A message's reports go in bodies of their own; a body that got no answer is sent again like a gateway does, or
    (every third) forgotten, so that some reports are sent and never acknowledged. With `poison` a body of the corpus
    goes along with each of the others. The messages were sent within the last `days`, or just now with none.
    """

    url: str
    seed: int
    pause: float = 0.02
    threads: int = 4
    per_body: int = 40
    poison: bool = False
    partner_id: str = "nr-fi"
    days: int = 41
    sent: set[Key] = field(default_factory=set)
    acknowledged: set[Key] = field(default_factory=set)
    answers: Counter = field(default_factory=Counter)
    slowest: float = 0.0  # seconds until an answer of any kind
    accepted: list[float] = field(default_factory=list)  # seconds until each answer of 200
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: int = 0

    def __enter__(self) -> Load:
        self.running = [threading.Thread(target=self._post, args=(n,)) for n in range(self.threads)]
        for thread in self.running:
            thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self.ended.set()
        for thread in self.running:
            thread.join(60)

    def grown(self, by: int) -> Callable[[], bool]:
        """Return what tells whether so many more reports were acknowledged since now."""
        goal = len(self.acknowledged) + by
        return lambda: len(self.acknowledged) >= goal

    def failed(self) -> Callable[[], bool]:
        """Return what tells whether a body was not answered 200 since now."""
        before = self.answers.total() - self.answers[200]
        return lambda: self.answers.total() - self.answers[200] > before

    def refused(self) -> Callable[[], bool]:
        """Return what tells whether a body was answered 503 since now."""
        before = self.answers[503]
        return lambda: self.answers[503] > before

    def _post(self, thread: int) -> None:
        random = Random(f"{self.seed} {thread}")
        poison = list(POISON.values()) if self.poison else []
        random.shuffle(poison)
        with httpx.Client(timeout=10, trust_env=False) as http:
            while not self.ended.is_set():
                for body in self._bodies(random):
                    keys = {(dlr["id"], dlr["resultCode"]) for dlr in body}
                    with self.lock:
                        self.sent |= keys
                    content = json.dumps(body).encode()
                    while not self._is_taken(http, content, keys) and random.random() > 0.33:
                        self.ended.wait(0.1)
                    if poison:
                        self._answer(http, poison.pop().body)
                    self.ended.wait(self.pause)

    def _bodies(self, random: Random) -> Iterator[list[dict]]:
        """Yield two bodies about the same messages: what began, and how it ended."""
        with self.lock:
            first, self.numbers = self.numbers, self.numbers + self.per_body
        sent_at = datetime.now(UTC) - timedelta(days=self.days) * random.random()
        for codes in ((1000,), FINAL_CODES):
            at = sent_at + timedelta(seconds=random.randrange(1, 100))
            yield [
                dlr(f"{self.seed}-{n}", random.choice(codes), sent_at, at, self.partner_id)
                for n in range(first, first + self.per_body)
            ]

    def _is_taken(self, http: httpx.Client, content: bytes, keys: set[Key]) -> bool:
        answer = self._answer(http, content)
        if answer is None or answer.status_code != 200:
            assert answer is None or answer.status_code == 503
            return False
        assert answer.json() == {"received": len(keys)}
        with self.lock:
            self.acknowledged |= keys
        return True

    def _answer(self, http: httpx.Client, content: bytes) -> httpx.Response | None:
        began = time.monotonic()
        try:
            answer = http.post(self.url, content=content)
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            return None
        self.note(answer.status_code, time.monotonic() - began)
        return answer

    def note(self, status: int, seconds: float) -> None:
        """Take down an answer and how long it took."""
        self.answers[status] += 1
        self.slowest = max(self.slowest, seconds)
        if status == 200:
            self.accepted.append(seconds)

    @property
    def p99(self) -> float:
        """Return the seconds within which 99% of the answers of 200 came."""
        return sorted(self.accepted)[math.ceil(len(self.accepted) * 0.99) - 1]


def dlr(id_: str, code: int, sent_at: datetime, at: datetime, partner_id: str = "nr-fi") -> dict:
    """Return a report as LINK sends it."""
    return {
        "id": id_,
        "resultCode": code,
        "sentTimestamp": sent_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "operator": "fi.elisa",
        "refId": f"campaign-{len(id_)}",
        "gateCustomParameters": {"platformPartnerId": partner_id},
        "customParameters": {"destination": "+358401234567"},
    }
