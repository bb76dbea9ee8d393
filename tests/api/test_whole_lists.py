"""Whole lists as CSV and NDJSON: all pages as one answer, read page by page behind the wall."""

import json
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign
from portal.api import views, whole_lists
from portal.api.whole_lists import MAX_OPEN, ListCut
from portal.tenants import api_keys
from tests.api.conftest import CANARY, sent
from tests.api.test_changes import PAST
from tests.api.test_manners import links
from tests.api.test_tables import CSV, NDJSON, table
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db

PATHS = ("messages/", f"messages/?updated_since={PAST}", "delivery-reports/", "campaigns/")


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch):
    monkeypatch.setattr(views, "MAX_PAGE", 2)


@pytest.fixture
def seven(feed, messages, tenant):
    """Four more messages of the tenant, and two more campaigns."""
    apply(feed, *(sent(f"more-{n}", 1001, "nr-fi", n, refId=f"autumn {n % 2}") for n in range(4)))
    assert Campaign.objects.filter(tenant=tenant).count() > 2


@pytest.fixture
def ask(mine):
    def get(path: str, accept: str, **headers: str):
        return mine.client.get(f"/api/v1/{path}", headers=mine.headers | {"Accept": accept} | headers)

    return get


def rows_of(answer) -> list[dict]:
    return [json.loads(line) for line in answer.getvalue().splitlines()]


def test_lines_are_all_rows_of_the_pages(ask, mine, seven):
    for path in PATHS:
        seen, page = [], f"/api/v1/{path}{'&' if '?' in path else '?'}size=2"
        while page:
            answer = mine.client.get(page, headers=mine.headers)
            seen += answer.json()["data"]
            page = links(answer).get("next")

        answer = ask(path, NDJSON)
        assert answer.streaming, path
        assert rows_of(answer) == seen, path
        assert "Link" not in answer.headers, path
        assert "ETag" not in answer.headers, path


def test_csv_has_one_head(ask, mine, seven):
    answer = ask("messages/?lang=fi&timezone=Europe/Helsinki", CSV)

    rows = table(SimpleNamespace(content=answer.getvalue()), ";")
    as_json = mine.get("messages/", timezone="Europe/Helsinki").json()["data"]
    assert [row["id"] for row in rows] == [row["id"] for row in as_json]
    assert {row["day"] for row in rows} == {"2.11.2026"}
    assert answer.headers["Data-As-Of"].endswith("+02:00")


def test_list_begins_at_a_cursor(ask, mine, seven):
    first = mine.get("messages/", size=3).json()

    rest = rows_of(ask(f"messages/?cursor={first['next_cursor']}", NDJSON))

    assert first["data"] + rest == mine.get("messages/").json()["data"]


def test_short_list_is_one_page_with_its_etag(ask, messages):
    answer = ask("messages/?message_id=a", NDJSON)

    assert not answer.streaming
    assert ask("messages/?message_id=a", NDJSON, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_head_reads_one_page(mine, seven):
    answer = mine.client.head("/api/v1/messages/", headers=mine.headers | {"Accept": CSV})

    assert (answer.status_code, answer.streaming, answer.content) == (200, False, b"")


def test_each_page_costs_the_same_queries(ask, seven):
    answer = ask("messages/", NDJSON)
    counts, parts = [], iter(answer.streaming_content)
    next(parts)
    for _page in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert len(next(parts).splitlines()) == 2  # memory holds one page
        counts.append(len(queries))
    answer.getvalue()

    assert counts[0] == counts[1] < 20


def test_list_ends_at_once_when_its_key_is_revoked(ask, mine, seven):
    answer = ask("messages/", NDJSON)
    parts = iter(answer.streaming_content)
    seen = [json.loads(line) for line in next(parts).splitlines()]
    api_keys.revoke_key(key=mine.key, now=timezone.now())

    problem = json.loads(next(parts))
    with pytest.raises(ListCut):
        next(parts)

    assert len(seen) == 2
    assert (problem["status"], problem["type"]) == (401, "/api/v1/docs/#revoked-key")
    assert not whole_lists._places._by_holder


def test_cut_csv_has_no_line_of_an_error(ask, mine, seven):
    answer = ask("messages/", CSV)
    parts = iter(answer.streaming_content)
    next(parts)
    api_keys.revoke_key(key=mine.key, now=timezone.now())

    with pytest.raises(ListCut):
        next(parts)


def test_key_has_few_lists_under_way(ask, mine, seven):
    answers = [ask("messages/", NDJSON) for _n in range(MAX_OPEN)]

    refused = ask("messages/", NDJSON)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert refused.json()["detail"].startswith(f"This key has {MAX_OPEN} whole lists under way.")
    assert ask("messages/?size=2", NDJSON).status_code == 200
    assert len(rows_of(answers.pop())) > 2
    answers.append(ask("messages/", NDJSON))
    assert [answer.status_code for answer in answers] == [200] * MAX_OPEN
    for answer in answers:
        answer.getvalue()
    assert not whole_lists._places._by_holder


def test_pages_are_of_the_own_tenant_and_masked(call, tenant, seven):
    reader = call(tenant, "read")

    for path in PATHS:
        answer = reader.client.get(f"/api/v1/{path}", headers=reader.headers | {"Accept": NDJSON})
        content = answer.getvalue().decode()
        assert CANARY not in content, path
        assert "401234567" not in content, path
