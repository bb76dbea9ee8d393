"""A key's right to listen: to a page that waits, or to server-sent events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from deliveries.stream.exchange import Exchange
from deliveries.stream.opening import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyGranted(ABC):
    """The base of such rights. `wait` is in seconds; `is_events`: server-sent events."""

    stream: ClassVar[str]  # of deliveries/stream/figures.py

    key_id: int
    wait: int
    is_events: bool

    @property
    def holder(self) -> Holder:
        """Return whose right it is."""
        return "key", self.key_id

    async def serve(self, exchange: Exchange) -> None:
        """Send the page, or events until the client leaves."""
        await (self.send_events(exchange) if self.is_events else self.send_page(exchange))

    @abstractmethod
    async def send_page(self, exchange: Exchange) -> None:
        """Answer with a page, after waiting for news where there are none."""

    @abstractmethod
    async def send_events(self, exchange: Exchange) -> None:
        """Send events until the client leaves or the right ends."""
