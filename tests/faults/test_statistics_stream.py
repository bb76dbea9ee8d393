"""The stream of statistics over real sockets: right totals through a kill, waiting pages, a revoked key."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
import pytest

from tests.faults.checker import is_applied
from tests.faults.portal import Portal
from tests.faults.test_stream import Key, key, post, revoke, sleeping
from tests.running import in_time, until
from tests.stream.listener import Listener

__all__ = ["key"]

pytestmark = [pytest.mark.timeout(3600), pytest.mark.any_python]

LEFT_OUT = {"before", "changes", "costs", "recipients", "conversions"}  # of the statistics
STATISTICS, PATH = "/api/v1/statistics/", "/api/v1/statistics/stream/"


def totals(key: Key) -> dict:
    """Return today's totals by the statistics."""
    (found,) = asked(key, STATISTICS, period="today", group_by="day")["groups"]
    return {name: value for name, value in found.items() if name not in LEFT_OUT}


def asked(key: Key, path: str, **query: object) -> dict:
    answer = httpx.get(key.portal.url + path, params=query, headers=key.headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def last(listener: Listener) -> dict | None:
    """Return what the listener knows by now of today."""
    groups = [group for _id, data in listener.events for group in data["groups"]]
    return groups[-1] if groups else None


def has_right_totals(portal: Portal, key: Key, listener: Listener) -> Callable[[], bool]:
    return lambda: is_applied(portal) and last(listener) == totals(key)


def test_totals_are_right_after_a_kill_of_the_process_that_streams(portal, load, key):
    today = load(per_body=10, pause=0.05, days=0)
    with key.listener(path=PATH) as one, key.listener(path=PATH) as two, today as load:
        until(lambda: len(one.events) > 2 and len(two.events) > 2, "totals arrive")
        connections = one.connections
        portal.kill("web")
        portal.start("web")
        until(lambda: one.connections > connections, "the listener is back", within=in_time(60))
        first = len(one.events)
        until(lambda: len(one.events) > first + 1, "totals arrive again", within=in_time(60))
        load.ended.set()
        for each in (one, two):
            until(has_right_totals(portal, key, each), "it has the right totals", within=in_time(60), pause=0.2)

    began_with = [data["whole"] for _id, data in one.events]
    assert began_with[0] is True
    assert began_with.count(True) == one.connections  # each connection begins with all


def test_page_waits_until_the_totals_change(portal, key):
    post(portal, "there-is-one")
    until(lambda: is_applied(portal) and asked(key, PATH)["groups"], "it is counted", pause=0.2)
    start = asked(key, PATH)["next_cursor"]
    while late := asked(key, PATH, after=start, wait=1):  # what was sent by the test before may still change
        start = late["next_cursor"]
        if not late["groups"]:
            break

    pages: list[dict] = []
    waiting = threading.Thread(target=lambda: pages.append(asked(key, PATH, after=start, wait=30)))
    waiting.start()
    until(lambda: sleeping(portal), "the request waits")
    post(portal, "waited-for-by-totals")
    waiting.join(60)

    (page,) = pages
    assert (page["whole"], page["groups"]) == (True, [totals(key)])
    fresh = asked(key, PATH)  # what Django answers without waiting has the same form
    assert fresh | {"data_as_of": None} == page | {"data_as_of": None}
    assert page["data_as_of"].endswith("Z")


def test_revoked_key_ends_its_stream(portal, key):
    with key.listener(path=PATH) as listener:
        until(lambda: listener.events or listener.connections, "it listens")
        revoke(portal, key)
        until(lambda: listener.answer is not None, "it is turned away", within=in_time(60))

    assert listener.ends == ["The key is no longer valid, or reaches other tenants now."]
    assert listener.answer.status_code == 401
