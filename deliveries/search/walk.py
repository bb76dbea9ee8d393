"""All messages of a search, in the order of Message Search, with bounded memory; and their exact number.

Each tenant is read by itself, as a page is (docs/search.md), and the lists are merged: a page of several tenants reads
as many rows of each as it shows in all, which would multiply the work of a whole walk.
"""

from collections.abc import Iterator
from dataclasses import replace
from heapq import merge
from itertools import islice
from time import monotonic

from deliveries.messages.row import StoredMessage
from deliveries.search.find import Position, fetch, messages_after, plan_search, position_of
from deliveries.search.query import MessageQuery, tenants_with_campaigns
from deliveries.search.sql import count_matches, listed_columns

STEP = 5000  # messages held in memory, of all tenants together
_LEAST = 200  # that are read of a tenant at a time


def count(query: MessageQuery, *, seconds: float | None = None) -> int:
    """Count the messages that match, one by one. Raises BadFilter and, where it takes longer than so, SearchTooSlow."""
    until = None if seconds is None else monotonic() + seconds
    return fetch(count_matches(plan_search(query, limit=1)), until)[0][0]


def walk(query: MessageQuery, *, step: int = STEP, with_parameters: bool = True) -> Iterator[list[StoredMessage]]:
    """Yield all messages that match, newest first, in lists of `step`: what lists show of them. Raises BadFilter.

    The pages agree with each other only within one snapshot, which the caller opens.
    """
    columns = listed_columns(with_parameters=with_parameters)
    tenant_ids = sorted({tenant_id for tenant_id, _campaign in tenants_with_campaigns(query)})
    size = max(_LEAST, step // max(1, len(tenant_ids)))
    lists = [_of_tenant(replace(query, tenant_ids=frozenset([tenant_id])), size, columns) for tenant_id in tenant_ids]
    messages = lists[0] if len(lists) == 1 else merge(*lists, key=position_of, reverse=True)
    while found := list(islice(messages, step)):
        yield found


def _of_tenant(query: MessageQuery, size: int, columns: str) -> Iterator[StoredMessage]:
    after: Position | None = None
    while True:
        found = messages_after(query, after, limit=size, columns=columns)
        yield from found
        if len(found) < size:
            return
        after = position_of(found[-1])
