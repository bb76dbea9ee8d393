"""GET /api/v1/leaks/: the figures of the page, in pages, masked by the key's scopes."""

import re
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.leaks import repeats, window
from tests.api.conftest import call, mine
from tests.money_leaks.conftest import NUMBER

__all__ = ["call", "mine"]

pytestmark = pytest.mark.django_db

PAGE = "/t/nordic-retail/leaks/"
KINDS = ("numbers", "parts", "repeats", "countries")
FIELDS = ("messages", "parts", "recipients", "extra_parts")


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_those_of_the_page(mine, client, manager, leaks, kind):
    client.force_login(manager)
    found = client.get(f"{PAGE}{kind}/").context
    answer = mine.get("leaks/", kind=kind).json()

    assert [[row[name] for name in FIELDS] for row in answer["data"]] == [
        [getattr(row, name) for name in FIELDS] for row in found["rows"]
    ]
    card = found["card"]
    assert (answer["rows"], answer["messages"], answer["parts"]) == (len(card.rows), card.messages, card.parts)
    assert (answer["rows"], answer["has_history"], answer["next_cursor"]) == (1, True, None)
    assert answer["first"] == found["window"].first.isoformat()


def test_what_each_kind_tells(mine, leaks, now):
    rows = {kind: mine.get("leaks/", kind=kind).json()["data"][0] for kind in KINDS}
    told = {kind: {name for name, value in row.items() if value is not None} for kind, row in rows.items()}
    always = {"messages", "parts"}
    assert told == {
        "numbers": always | {"leak", "number", "result_code", "last_at", "country"},
        "parts": always | {"leak", "campaign", "first_at", "parts_before", "parts_after", "extra_parts"},
        "repeats": always | {"leak", "ref_id", "recipients", "first_at", "last_at"},
        "countries": always | {"country", "first_day"},
    }
    assert (rows["parts"]["campaign"], rows["parts"]["parts_before"], rows["parts"]["parts_after"]) == ("autumn", 1, 2)
    assert (now - datetime.fromisoformat(rows["parts"]["first_at"])).total_seconds() == 55 * 60
    assert (rows["numbers"]["result_code"], rows["countries"]["country"]) == (2106, "LV")


def test_numbers_are_masked_without_the_scope(tenant, leaks, call):
    for scopes, is_shown in ((("read",), False), (("read", "numbers"), True)):
        key = call(tenant, *scopes)
        text = "".join(key.get("leaks/", kind=kind).content.decode() for kind in ("numbers", "repeats"))
        assert (NUMBER in text, NUMBER[-6:] in text) == (is_shown, is_shown)
        assert re.search(r'"number": ?"[^"]+"', text)


@pytest.mark.parametrize("kind", KINDS[:3])
def test_messages_of_a_leak_are_those_of_the_page(mine, client, manager, leaks, kind):
    client.force_login(manager)
    [row] = client.get(f"{PAGE}{kind}/").context["rows"]
    [leak] = mine.get("leaks/", kind=kind).json()["data"]
    shown = client.get(f"{PAGE}messages/{row.opens.seal()}/").context["rows"]

    found, cursor = [], None
    while not found or cursor:
        answer = mine.get(
            "leaks/messages/", leak=leak["leak"], size=20, **({"cursor": cursor} if cursor else {})
        ).json()
        found, cursor = found + answer["data"], answer["next_cursor"]

    assert len({one["id"] for one in found}) == len(found) == row.messages
    assert [one["id"] for one in found][:50] == [one.message_id for one in shown]


def test_messages_of_a_leak_cost_the_same_queries_for_one_and_for_many(mine, leaks):
    leak, counts = mine.get("leaks/", kind="parts").json()["data"][0]["leak"], {}
    mine.get("leaks/messages/", leak=leak)  # which notes that the key is used
    for size in (1, 50):
        with CaptureQueriesContext(connection) as queries:
            assert len(mine.get("leaks/messages/", leak=leak, size=size).json()["data"]) == size
        counts[size] = len(queries)
    assert counts[1] == counts[50]


def test_messages_of_a_leak_are_of_the_keys_tenants_alone(call, tenant, other_tenant, account, leaks):
    leak = call(tenant).get("leaks/", kind="numbers").json()["data"][0]["leak"]
    masked = call(tenant, "read").get("leaks/messages/", leak=leak)

    assert NUMBER[-6:] not in masked.content.decode()
    assert {one["destination"] for one in call(tenant).get("leaks/messages/", leak=leak).json()["data"]} == {NUMBER}
    for caller, text in (
        (call(other_tenant), leak), (call(account.pool, account=account), leak), (call(tenant), "x"),
    ):  # fmt: skip
        answer = caller.get("leaks/messages/", leak=text)
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "leak")
    assert call(tenant).get("leaks/messages/", leak=leak, cursor="x").status_code == 400


def test_pages_look_at_the_same_messages(mine, send):
    for n in range(5):
        for ago in (30, 29):
            send(f"+35840222222{n}", ago, ref_id=f"order {n}")
    first = mine.get("leaks/", kind="repeats", size=2).json()
    for ago in (-3, -4):  # sent after the first page
        send("+358402222229", ago, ref_id="later", parts=9)
    found, cursor, until = first["data"], first["next_cursor"], first["until"]
    while cursor:
        page = mine.get("leaks/", kind="repeats", size=2, cursor=cursor).json()
        assert page["until"] == until
        found, cursor = found + page["data"], page["next_cursor"]
    assert sorted(row["ref_id"] for row in found) == [f"order {n}" for n in range(5)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"kind": "number"}, "kind"),
        ({"kind": "parts", "days": "8"}, "days"),
        ({"kind": "parts", "tenant": "baltic-parcel"}, "tenant"),
        ({"kind": "parts", "cursor": "x"}, "cursor"),
        ({"kind": "parts", "account": "link-main"}, "account"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(mine, other_tenant, query, field):
    answer = mine.get("leaks/", **query)
    assert (answer.status_code, [error["parameter"] for error in answer.json()["errors"]]) == (400, [field])


def test_cursor_of_another_list_is_refused(mine, send):
    for n in range(2):
        for ago in (30, 29):
            send(f"+35840222222{n}", ago, ref_id=f"order {n}")
    cursor = mine.get("leaks/", kind="repeats", size=1).json()["next_cursor"]
    assert mine.get("leaks/", kind="parts", size=1, cursor=cursor).status_code == 400
    assert mine.get("leaks/", kind="repeats", days=14, cursor=cursor).status_code == 400


def test_too_much_to_look_through_is_a_problem(mine, leaks, monkeypatch):
    monkeypatch.setattr(repeats, "_REPEATS", repeats._REPEATS.replace("FROM (", "FROM pg_sleep(60), (", 1))
    monkeypatch.setattr(window, "SECONDS", 0.1)
    answer = mine.get("leaks/", kind="repeats")
    assert (answer.status_code, answer.json()["type"].rsplit("#")[-1]) == (422, "too-slow")
