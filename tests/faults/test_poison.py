"""Poison mixed into the load: no 500, neighbours untouched, each body found in quarantine under its reason."""

from __future__ import annotations

import httpx
import pytest

from tests.faults.checker import agree, is_applied, problems
from tests.faults.corpus import POISON
from tests.faults.portal import TOKEN
from tests.running import until

GOOD = b'{"id":"good","resultCode":1001}'


def quarantined(portal) -> set[tuple[bytes, str]]:
    with portal.database() as database:
        return {(bytes(body), reason) for body, reason in database.execute("SELECT body, reason FROM quarantine")}


def test_poison_in_the_load_is_put_aside_with_its_reasons(portal, load):
    with load(poison=True, threads=2, pause=0) as load:
        until(lambda: load.answers[200] > 4 * len(POISON), "each of two threads has sent the whole corpus")

    assert problems(portal, load) == []
    assert set(load.answers) == {200}
    found = quarantined(portal)
    assert [name for name, poison in POISON.items() if (poison.stored, poison.reason) not in found] == []
    assert len(POISON) >= 60


@pytest.mark.parametrize("layout", ["array", "ndjson"])
def test_poison_beside_good_reports_in_one_body_spoils_none_of_them(portal, layout):
    broken = [poison for poison in POISON.values() if poison.body.startswith(b'{"id":"poison","resultCode"')]
    broken = [poison for poison in broken if poison.reason != "not JSON"]  # else nobody knows where it ends
    bodies = [b'{"id":"%s-%d","resultCode":1001}' % (layout.encode(), n) for n in range(len(broken))]
    mixed = [body for n, poison in enumerate(broken) for body in (bodies[n], poison.body)]
    content = b"[" + b",".join(mixed) + b"]" if layout == "array" else b"\n".join(mixed)

    answer = httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=content, timeout=10)

    assert (answer.status_code, answer.json()) == (200, {"received": len(mixed)})
    until(lambda: is_applied(portal), "everything is applied")
    with portal.database() as database:
        rows = database.execute("SELECT message_id FROM message WHERE message_id LIKE %s", [f"{layout}-%"]).fetchall()
    assert {row[0] for row in rows} == {f"{layout}-{n}" for n in range(len(broken))}
    assert len(broken) > 20
    assert agree(portal) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/html"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": ""},
        {"content-encoding": "gzip"},
        {"content-encoding": "br, gzip", "content-type": "application/json; charset=utf-16"},
        {"expect": "100-continue"},
        {"x-forwarded-for": "\xff, not an address"},
        {"authorization": "Basic \xff"},
    ],
)
def test_headers_do_not_decide_what_a_body_is(portal, headers):
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=GOOD, headers=raw, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"received": 1})
