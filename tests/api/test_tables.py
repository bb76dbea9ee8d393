"""Lists and statistics as CSV and NDJSON, times in a zone, and ETags."""

import csv
import io
import json

import pytest

from deliveries.models import DailyCount
from tests.api.conftest import CANARY, sent
from tests.api.test_changes import PAST
from tests.api.test_manners import links
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db

CSV, NDJSON = "text/csv", "application/x-ndjson"


@pytest.fixture
def ask(mine):
    """Return a function that asks the tenant's key for a path, with more headers."""

    def get(path: str, accept: str = "*/*", **headers: str):
        return mine.client.get(f"/api/v1/{path}", headers=mine.headers | {"Accept": accept} | headers)

    return get


def table(answer, separator: str = ",") -> list[dict[str, str]]:
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator))


@pytest.mark.parametrize(
    "path", ["messages/?size=2", f"delivery-reports/?size=2&updated_since={PAST}", "partner-ids/", "audit-log/?size=2",
             "countries/", "result-codes/", "members/", "operators/?from=2026-11-01&to=2026-11-30"]
)  # fmt: skip
def test_lines_are_the_rows_of_the_json(ask, messages, path):
    as_json, lines = ask(path), ask(path, NDJSON)

    data = as_json.json()["data"]
    assert lines.headers["Content-Type"] == NDJSON
    assert [json.loads(line) for line in lines.content.splitlines()] == data
    assert links(lines).keys() == links(as_json).keys()
    assert len(data) > 0 or path.startswith(("audit-log", "members"))


def test_csv_of_messages(ask, messages):
    answer = ask("messages/?message_id=a", "text/csv;q=0.9, */*;q=0.1")
    message = ask("messages/?message_id=a").json()["data"][0]

    row = table(answer)[0]
    assert (row["id"], row["campaign_id"], row["campaign_name"]) == ("a", str(message["campaign"]["id"]), "sale")
    assert (row["custom_parameters"], row["labels"], row["final"]) == ('{"shop":"7"}', "", "true")
    assert row["destination"] == "+358401234567"
    assert row["sent_at"] == "2026-11-02T10:00:00Z"
    assert answer.headers["Data-As-Of"].endswith("Z")
    assert "Accept" in answer.headers["Vary"]


def test_csv_for_finland_and_times_in_a_zone(ask, messages):
    answer = ask("messages/?message_id=a&lang=fi&timezone=Europe/Helsinki", CSV)
    as_json = ask("messages/?message_id=a&timezone=Europe/Helsinki").json()["data"][0]

    row = table(answer, ";")[0]
    assert (row["sent_at"], row["day"]) == ("2.11.2026 12:00:00", "2.11.2026")
    assert (as_json["sent_at"], as_json["day"]) == ("2026-11-02T12:00:00+02:00", "2026-11-02")


def test_single_object_has_its_times_in_a_zone(ask, messages):
    shown = ask("messages/link-main/a/?timezone=Europe/Helsinki").json()

    assert (shown["sent_at"], shown["reports"][0]["sent_at"]) == ("2026-11-02T12:00:00+02:00",) * 2
    assert ask("messages/link-main/a/?timezone=Nowhere").json()["errors"][0]["parameter"] == "timezone"
    assert ask("statistics/?period=7d&timezone=Asia/Kolkata").json()["data_as_of"].endswith("Z")


def test_next_page_of_a_csv_is_in_its_head(ask, messages):
    seen, path = [], "/api/v1/messages/?size=2"
    while path:
        answer = ask(path.removeprefix("/api/v1/"), CSV)
        seen += [row["id"] for row in table(answer)]
        path = links(answer).get("next")

    assert seen == [message["id"] for message in ask("messages/").json()["data"]]


def test_formulas_and_numbers_are_safe_in_csv(call, tenant, feed):
    apply(feed, sent("a", 1001, "nr-fi", refId='=HYPERLINK("x")', customParameters={"destination": "+358401234567"}))
    reader = call(tenant, "read")

    answer = reader.client.get("/api/v1/messages/", headers=reader.headers | {"Accept": CSV})

    assert table(answer)[0]["ref_id"] == '\'=HYPERLINK("x")'
    assert "401234567" not in answer.content.decode()


@pytest.mark.parametrize("media", [CSV, NDJSON])
def test_tables_are_of_the_own_tenant(ask, messages, media):
    for path in ("messages/", "delivery-reports/", "partner-ids/"):
        assert CANARY not in ask(path, media).content.decode(), path


def test_errors_are_problems_in_every_media_type(ask):
    answer = ask("messages/?size=0", CSV)

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("zone", ["Nowhere/Town", "", "../etc/passwd", "+02:00"])
def test_unknown_zones_are_refused(ask, zone):
    answer = ask(f"messages/?timezone={zone}")

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "timezone")


def test_statistics_as_lines_and_for_finland(ask, messages):
    query = "statistics/?from=2026-11-01&to=2026-11-30&group_by=country,day&"
    groups = ask(query).json()["groups"]

    assert [json.loads(line) for line in ask(f"{query}format=ndjson").content.splitlines()] == groups
    assert [json.loads(line) for line in ask(query, NDJSON).content.splitlines()] == groups
    rows = table(ask(f"{query}lang=fi", CSV), ";")
    assert {row["day"] for row in rows} == {"2.11.2026"}
    assert [row["delivery_rate"] for row in rows] == [str(group["delivery_rate"]).replace(".", ",") for group in groups]


def test_hours_of_statistics_are_in_the_requested_zone(ask, messages):
    query = "statistics/?from=2026-11-02&to=2026-11-02&group_by=hour"

    keys = {}
    for zone in ("", "&timezone=Asia/Kolkata"):
        body = ask(query + zone).json()
        keys[body["timezone"]] = [(group["key"]["hour"], group["messages"]) for group in body["groups"]]
    assert keys == {
        "Europe/Helsinki": [("2026-11-02T12:00:00+02:00", 3)],
        "Asia/Kolkata": [("2026-11-02T15:00:00+05:30", 3)],
    }


@pytest.mark.parametrize("path", ["messages/", "statistics/?from=2026-11-01&to=2026-11-30", "partner-ids/",
                                  "countries/", "messages/link-main/a/"])  # fmt: skip
def test_answer_that_is_known_is_304(ask, feed, messages, path):
    first = ask(path)
    again = ask(path, **{"If-None-Match": f'"other", {first.headers["ETag"]}'})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert "RateLimit" in again.headers
    assert ask(path, **{"If-None-Match": '"other"'}).status_code == 200


def test_etag_changes_with_the_answer(ask, feed, messages):
    paths = ["messages/", "statistics/?from=2026-11-01&to=2026-11-30", "messages/link-main/a/"]
    tags = {path: ask(path).headers["ETag"] for path in paths}

    apply(feed, sent("a", 1006, "nr-fi", 9))

    assert DailyCount.objects.exists()
    for path, tag in tags.items():
        assert ask(path, **{"If-None-Match": tag}).status_code == 200, path


def test_etag_is_of_one_key_and_one_form(call, tenant, mine, messages):
    masked = call(tenant, "read")
    tags = {
        (caller is masked, accept): caller.client.get(
            "/api/v1/messages/", headers=caller.headers | {"Accept": accept}
        ).headers["ETag"]
        for caller in (mine, masked)
        for accept in ("*/*", CSV, NDJSON)
    }

    assert len(set(tags.values())) == 6
