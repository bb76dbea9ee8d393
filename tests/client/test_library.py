"""The library against a running portal: both clients read and do the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from csv import DictReader
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import msgspec
import pytest

from sms_portal import AsyncClient, BadRequest, Client, FileNotMade, KeyRefused, NotFound, ScopeMissing
from sms_portal.shapes import Export
from tests.client.conftest import ACCOUNT, DAY, MESSAGES, OWN, SALE, SENT, KeyMaker, post, report

pytestmark = pytest.mark.any_python
OF_SAMPLE = {"from_": DAY, "to": DAY, "campaign": SALE}

Awaited = Callable[[Callable[[AsyncClient], Awaitable[Any]]], Any]


def test_figures_are_typed_and_equal_what_the_api_answers(client, awaited: Awaited):
    found = client.statistics(group_by=["country", "status"], **OF_SAMPLE)
    plain = client.request("GET", "statistics/", group_by="country,status", **OF_SAMPLE)

    assert [(group.key, group.messages) for group in found.groups] == [
        ({"country": "FI", "status": "failed"}, 4),
        ({"country": "FI", "status": "delivered"}, 3),
    ]
    assert (found.from_, found.total.messages, found.total.delivery_rate) == (
        DAY,
        MESSAGES,
        plain["total"]["delivery_rate"],
    )
    theirs = awaited(lambda c: c.statistics(group_by=["country", "status"], **OF_SAMPLE))
    assert (theirs.total, theirs.groups) == (found.total, found.groups)


def test_list_is_read_page_by_page_and_each_row_comes_once(client, awaited: Awaited):
    async def listed(c: AsyncClient) -> list[str]:
        return [each.id async for each in c.messages.list(size=2, **OF_SAMPLE)]

    pages = [[each.id for each in page.data] for page in client.messages.list(size=2, **OF_SAMPLE).pages()]
    found = [each.id for each in client.messages.list(size=2, **OF_SAMPLE)]

    assert ([len(page) for page in pages], sorted(found)) == (
        [2, 2, 2, 1],
        [f"m{number}" for number in range(MESSAGES)],
    )
    assert awaited(listed) == found == [id_ for page in pages for id_ in page]


def test_pages_are_asked_for_only_when_they_are_used(client):
    rows = iter(client.messages.list(size=1, **OF_SAMPLE))
    next(rows)
    left = rate_left(client)
    next(rows)

    assert left - rate_left(client) == 2  # the second page, and the second look


def rate_left(client: Client) -> int:
    """Return how many requests of this minute the key has left, after this one."""
    answer = client._http.get("/api/v1/key/")
    return int(answer.headers["RateLimit"].partition(";r=")[2].partition(";")[0])


def test_csv_of_all_pages_has_one_head(client, awaited: Awaited):
    async def joined(c: AsyncClient) -> bytes:
        return b"".join([piece async for piece in c.csv("messages/", size=3, **OF_SAMPLE)])

    text = b"".join(client.csv("messages/", size=3, **OF_SAMPLE))
    rows = list(DictReader(StringIO(text.decode("utf-8-sig"), newline="")))

    assert sorted(row["id"] for row in rows) == [f"m{number}" for number in range(MESSAGES)]
    assert awaited(joined) == text


def test_message_comes_with_its_reports(client, awaited: Awaited):
    found = client.message(ACCOUNT, "m1")

    assert (found.id, found.status, found.sent_at, found.destination) == ("m1", "delivered", SENT, "+358 •••••••67")
    assert [each.status_at for each in found.reports] == [SENT + timedelta(seconds=5)]
    later = awaited(lambda c: c.message(ACCOUNT, "m1"))
    assert msgspec.structs.replace(later, data_as_of=found.data_as_of) == found


def test_changes_go_on_where_the_last_reading_ended(client, portal):
    first = client.delivery_reports.changes(size=3)
    seen = {each.message.id for each in first}
    post(portal, report("later", 1001))

    second = client.delivery_reports.changes(first.data_as_of)
    new = {each.message.id for each in second}

    assert {f"m{number}" for number in range(MESSAGES)} <= seen
    assert ("later" in new, "theirs" in seen | new, second.data_as_of > first.data_as_of) == (True, False, True)


def test_many_partner_ids_have_a_result_each_in_their_order(client, awaited: Awaited):
    items = [{"account": OWN, "value": f"shop-{number}", "tenant": "child"} for number in range(201)]
    items[200] = {"account": OWN, "value": "shop 200", "tenant": "nobody"}

    found = client.declare(items)
    again = awaited(lambda c: c.declare(items[:8]))

    assert (found.declared, found.refused, [each.item for each in found.data]) == (200, 1, list(range(201)))
    assert {each.field for each in found.data[200].errors} == {"tenant"}
    assert [(each.result, each.partner_id.tenant) for each in again.data] == [("unchanged", "child")] * 8
    listed = client.partner_ids.list(account=OWN, value="shop-7")
    assert [each.id for each in listed] == [again.data[7].partner_id.id]


def test_partner_id_is_moved_and_retired(client, awaited: Awaited):
    declared = client.partner_ids.create({"account": OWN, "value": "moves", "tenant": "nordic"})

    moved = awaited(lambda c: c.partner_ids.act(declared.id, "move", tenant="child"))
    retired = client.partner_ids.delete(declared.id)

    assert (moved["tenant"], retired.id) == ("child", declared.id)
    with pytest.raises(NotFound):  # it is the pool's again
        client.partner_ids.get(declared.id)


def test_export_is_queued_awaited_and_downloaded_whole(client, awaited: Awaited, exporter, tmp_path):
    states: list[Export] = []
    sizes: list[int] = []

    asked = client.request_export("csv", columns=["message_id"], **OF_SAMPLE)
    with pytest.raises(FileNotMade, match="queued"):
        client.download(asked, tmp_path / "early.csv")
    done = client.wait_for_export(asked.id, every=0.2, within=120, told=states.append)
    path = client.download(done, tmp_path / "export.csv", told=sizes.append)

    assert (states[-1].state, done.rows, sizes[-1], path.stat().st_size) == ("done", MESSAGES, done.bytes, done.bytes)
    awaited(lambda c: c.download(done, tmp_path / "again.csv"))
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()
    ids = path.read_text("utf-8-sig").replace('"', "").splitlines()[1:]
    assert sorted(ids) == [f"m{number}" for number in range(MESSAGES)]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["again.csv", "export.csv"]


def test_submissions_are_accepted_and_refused_by_row(client):
    rows = [
        {"message_id": f"sent-{number}", "submitted_at": SENT, "partner_id": "nr-fi", "destination": number_}
        for number, number_ in enumerate(("+358401234567", "nonsense"))
    ]
    found = client.submit(rows)
    assert (found.accepted, [(each.item, each.pointer) for each in found.refused]) == (1, [(1, "#/destination")])


def test_problems_are_typed_and_name_the_field(portal, make_key: KeyMaker, awaited: Awaited):
    with Client(portal.url, make_key("read")) as client:
        with pytest.raises(BadRequest) as bad:
            client.statistics(country="XX", period="30d")
        with pytest.raises(NotFound):
            client.message(ACCOUNT, "theirs")
        with pytest.raises(ScopeMissing):
            client.request_export("csv")
    assert [each.field for each in bad.value.errors] == ["country"]
    with Client(portal.url, "srk_unknown") as stranger, pytest.raises(KeyRefused):
        stranger.key()


def test_other_resources_are_dictionaries(client):
    assert {"code": "FI", "name": "Finland"}.items() <= next(
        each for each in client.resource("countries").list() if each["code"] == "FI"
    ).items()
    names = {each["id"] for each in client.request("GET", "")["operations"]}
    assert {"get_statistics", "stream_delivery_reports"} <= names
    assert client.key().tenant == "nordic"


def test_repeated_creation_with_one_key_is_one(client):
    first = client.exports.create({"format": "csv"}, idempotency_key="export-of-the-tests")
    again = client.exports.create({"format": "csv"}, idempotency_key="export-of-the-tests")
    assert first.id == again.id


def test_client_speaks_for_itself(portal, client):
    assert client._http.headers["User-Agent"].startswith("sms-portal-client/0.")
    assert httpx.get(f"{portal.url}/api/v1/key/").status_code == 401
