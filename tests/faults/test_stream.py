"""The stream over real sockets: complete and in order through kills, resumed, ended, and beside a slow reader."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass

import httpx
import pytest

from tests.faults.checker import is_applied
from tests.faults.load import Load
from tests.faults.portal import TOKEN, Portal
from tests.faults.victims import kill_postgres
from tests.running import in_time, until
from tests.stream.listener import PATH, Listener

EVENT = b"event: delivery_report"

pytestmark = [pytest.mark.timeout(3600), pytest.mark.any_python]


@dataclass
class Key:
    """A key of the tenant whose reports a load sends."""

    portal: Portal
    id: int
    text: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}

    def listener(self, **query: object) -> Listener:
        return Listener(self.portal.url, self.text, **query)

    def page(self, **query: object) -> dict:
        answer = httpx.get(self.portal.url + PATH, params=query, headers=self.headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def key(portal) -> Key:
    id_, text = portal.inspector.ask(
        "from django.utils import timezone\n"
        "from portal.tenants import api_keys\n"
        "from portal.tenants.models import Tenant\n"
        "key, text = api_keys.create_key(tenant=Tenant.objects.get(slug='nordic'), name='stream', scopes=['read'],"
        " created_by='tests', now=timezone.now())\n"
        "result = [key.id, text]"
    )
    return Key(portal, id_, text)


def in_order(portal: Portal, load: Load) -> list[tuple]:
    """Return (message id, code) of the load's new reports, in the order in which they were applied."""
    with portal.database() as database:
        return database.execute(
            "SELECT e.message_id, r.result_code FROM event_log e JOIN delivery_report r"
            " ON r.message_id = e.message_id AND r.account_id = e.account_id AND r.inbox_id = e.inbox_id"
            " WHERE e.message_id LIKE %s ORDER BY e.xid, e.inbox_id",
            [f"{load.seed}-%"],
        ).fetchall()


def heard(listener: Listener, load: Load) -> list[tuple]:
    reports = [report for _cursor, report in listener.events]
    return [
        (report["message_id"], report["result_code"])
        for report in reports
        if report["message_id"].startswith(f"{load.seed}-")
    ]


def check(portal: Portal, load: Load, *listeners: Listener) -> None:
    """Everything that was applied has been heard, once, in that order."""
    until(lambda: is_applied(portal), "everything is applied", within=in_time(60), pause=0.2)
    applied = in_order(portal, load)
    assert applied
    for each in listeners:
        until(lambda each=each: len(heard(each, load)) >= len(applied), "all is heard", within=in_time(60), pause=0.2)
        found = heard(each, load)
        assert [key for key, count in Counter(found).items() if count > 1] == []
        assert found == applied


def test_listeners_hear_everything_once_in_order_through_kills(portal, load, key):
    """kill -9 of the process that streams, then of PostgreSQL."""
    start = key.page()["next_cursor"]
    with key.listener(after=start) as one, key.listener(after=start) as two, load(per_body=10, pause=0.05) as load:
        until(lambda: len(one.events) > 200 and len(two.events) > 200, "events arrive")
        connections = one.connections
        portal.kill("web")
        portal.start("web")
        until(lambda: one.connections > connections, "the listener is back", within=in_time(60))
        goal = len(one.events) + 200
        until(lambda: len(one.events) > goal, "events arrive again", within=in_time(60))
        kill_postgres(portal)
        until(load.failed(), "the kill is felt")
        until(load.grown(100), "work is taken again", within=in_time(120))
        goal = len(one.events) + 200
        until(lambda: len(one.events) > goal, "events arrive again", within=in_time(120))
        load.ended.set()
        check(portal, load, one, two)


def test_page_waits_until_there_is_an_event(portal, key):
    start = key.page()["next_cursor"]
    empty = key.page(after=start, wait=1)
    assert (empty["data"], empty["has_more"]) == ([], False)

    pages: list[dict] = []
    waiting = threading.Thread(target=lambda: pages.append(key.page(after=start, wait=30)))
    waiting.start()
    until(lambda: sleeping(portal), "the request waits")
    name = f"waited-for-{time.time_ns()}"
    post(portal, name)
    waiting.join(60)

    (page,) = pages
    assert [event["report"]["message_id"] for event in page["data"]] == [name]
    assert key.page(after=start) == page  # what Django answers without waiting is the same
    assert key.page(after=page["next_cursor"])["data"] == []


def sleeping(portal: Portal) -> bool:
    """Tell whether somebody waits for events: the process listens from the first request on."""
    with portal.database() as database:
        return database.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portal stream'"
        ).fetchone() == (1,)


def post(portal: Portal, name: str, **fields: object) -> None:
    body = {"id": name, "resultCode": 1001, "gateCustomParameters": {"platformPartnerId": "nr-fi"}} | fields
    assert httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=json.dumps(body)).is_success


def revoke(portal: Portal, key: Key) -> None:
    portal.inspector.ask(
        "from django.utils import timezone\n"
        "from portal.tenants.models import ApiKey\n"
        f"ApiKey.objects.filter(id={key.id}).update(revoked_at=timezone.now())\n"
        "result = None"
    )


def test_revoked_key_ends_its_streams(portal, key):
    with key.listener() as listener:
        until(lambda: listener.connections == 1, "it listens")
        revoke(portal, key)
        until(lambda: listener.answer is not None, "it is turned away", within=in_time(60))

    assert listener.ends == ["The key is no longer valid, or reaches other tenants now."]
    assert (listener.answer.status_code, listener.answer.json()["title"]) == (401, "Key revoked")


def test_slow_reader_holds_up_nobody_and_gets_everything_later(portal, load, key):
    start = key.page()["next_cursor"]
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # before it connects: the window stays small
        slow.connect(("127.0.0.1", portal.port))
        head = f"GET {PATH}?after={start} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key.text}\r\n"
        slow.sendall(f"{head}Accept: text/event-stream\r\n\r\n".encode())
        assert slow.recv(12) == b"HTTP/1.1 200"  # and reads no more
        with key.listener(after=start) as listener, load(threads=2, per_body=20, pause=0.05) as load:
            until(lambda: len(listener.events) > 500, "the other one hears", within=in_time(60))
            load.ended.set()
            check(portal, load, listener)
        assert slow.recv(1 << 20, socket.MSG_PEEK).count(EVENT) < len(listener.events) / 4  # the rest waits
        slow.settimeout(30)
        got = bytearray()
        while got.count(EVENT) < len(listener.events):
            data = slow.recv(1 << 20)
            assert data
            got += data


def test_web_that_ends_in_order_ends_its_streams_and_they_go_on(portal, load, key):
    start = key.page()["next_cursor"]
    with key.listener(after=start) as listener, load(per_body=10, pause=0.05) as load:
        until(lambda: len(listener.events) > 100, "events arrive")
        assert portal.end("web") == 0
        portal.start("web")
        until(lambda: listener.connections == 2, "the listener is back", within=in_time(60))
        until(load.grown(100), "work is taken again")
        load.ended.set()
        check(portal, load, listener)


def test_more_streams_of_a_key_than_may_be_are_refused(portal, key):
    listeners = [key.listener() for _ in range(21)]
    try:
        for listener in listeners:
            listener.start()
        until(lambda: sum(each.connections for each in listeners) >= 20, "they listen", within=in_time(60))
        until(lambda: any(each.answer for each in listeners), "one is refused", within=in_time(60))
        (refused,) = {each.answer.status_code for each in listeners if each.answer}
    finally:
        for listener in listeners:
            listener.__exit__()

    assert refused == 429
