"""Resources, lists and streams of the asynchronous client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sms_portal import jobs
from sms_portal.calls import path_of
from sms_portal.kinds import Kind
from sms_portal.shapes import Page
from sms_portal.stream import Follower

if TYPE_CHECKING:
    from sms_portal.async_client import AsyncClient

Row = TypeVar("Row")
One = TypeVar("One")
Item = TypeVar("Item")


class AsyncStream(Generic[Item]):
    """A stream over any number of connections; iterate over it with `async for`.

    `cursor` is that of the last event. Of delivery reports, store it after you have processed the event, and begin
    there after a restart.
    """

    def __init__(self, client: AsyncClient, follower: Follower[Item]) -> None:
        self._client, self._follower = client, follower

    @property
    def cursor(self) -> str | None:
        """The position of the reading."""
        return self._follower.cursor

    @property
    def connections(self) -> int:
        """Number of connections that were opened so far."""
        return self._follower.connections

    async def __aiter__(self) -> AsyncGenerator[Item, None]:
        while True:
            async with aclosing(self._client.listen(self._follower)) as events:  # closed at once, not by the collector
                async for event in events:
                    yield event
            await asyncio.sleep(self._follower.pause())


class AsyncRows(Generic[Row]):
    """A list, read page by page while you iterate over it with `async for`.

    `data_as_of` is that of the last page read: of a list of changes, the next `updated_since`.
    """

    def __init__(self, client: AsyncClient, kind: Kind[Row, Any], query: Mapping[str, Any]) -> None:
        self._client, self._kind, self._query = client, kind, query
        self.data_as_of: datetime | None = None

    async def __aiter__(self) -> AsyncIterator[Row]:
        async for page in self.pages():
            for row in page.data:
                yield row

    async def pages(self) -> AsyncIterator[Page[Row]]:
        """Yield the list's pages."""
        query = dict(self._query)
        while True:
            page = await self._client.send(self._kind.page(query))
            self.data_as_of = page.data_as_of
            yield page
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor


class AsyncResource(Generic[Row, One]):
    """One resource of the API: its list, and its things by their ids. Names of parameters are the API's own."""

    def __init__(self, client: AsyncClient, kind: Kind[Row, One]) -> None:
        self._client, self._kind = client, kind

    def list(self, **query: Any) -> AsyncRows[Row]:
        """Return all rows that match, read page by page while they are used."""
        return AsyncRows(self._client, self._kind, query)

    def changes(self, since: datetime | str | None = None, **query: Any) -> AsyncRows[Row]:
        """Return what changed since an instant, oldest change first; all for None. Go on with its `data_as_of`."""
        return AsyncRows(self._client, self._kind, {**query, "updated_since": jobs.since(since)})

    async def get(self, *ids: object, **query: Any) -> One:
        """Return one by its id, or its ids along the path."""
        return await self._client.send(self._kind.ask("GET", ids, query=query))

    async def create(self, body: Mapping[str, Any], *, idempotency_key: str | None = None, **query: Any) -> One:
        """Create one; the idempotency key makes a repetition harmless, also in another process."""
        return await self._client.send(
            self._kind.ask("POST", (), query=query, body=body, idempotency_key=idempotency_key)
        )

    async def update(self, *ids: object, **fields: Any) -> One:
        """Change the given fields of one."""
        return await self._client.send(self._kind.ask("PATCH", ids, body=fields))

    async def delete(self, *ids: object, **query: Any) -> One:
        """Delete, cancel, retire or revoke one, as the resource has it."""
        return await self._client.send(self._kind.ask("DELETE", ids, query=query))

    async def act(self, *ids_and_action: object, **body: Any) -> Any:
        """Do something with one: `gates.act("a1b2", "pause")`."""
        return await self._client.request("POST", self._kind.path + path_of(*ids_and_action), body=body)
