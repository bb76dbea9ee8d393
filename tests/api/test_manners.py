"""Manners of every address: final slashes, the index, HEAD, OPTIONS, and links between pages."""

import re

import pytest

from portal.api.schema import document

pytestmark = pytest.mark.django_db


def test_address_without_its_final_slash_answers_like_the_one_with_it(mine, client, messages):
    for path in ("messages", "statistics", "key", "messages/link-main/a", "schema", "docs"):
        with_slash, without = (client.get(f"/api/v1/{path}{end}", headers=mine.headers) for end in ("/", ""))

        assert (without.status_code, with_slash.status_code) == (200, 200), path
        if path not in ("key", "docs"):  # which hold the time of the last use, and a nonce
            assert told(without) == told(with_slash), path


def told(answer) -> dict:
    """Return the answer without the instant up to which it is complete, which goes on."""
    return {name: value for name, value in answer.json().items() if name != "data_as_of"}


def test_body_reaches_an_address_without_its_final_slash(mine, client):
    answer = client.post("/api/v1/reports", {"month": "2026-09"}, content_type="application/json", headers=mine.headers)

    assert (answer.status_code, answer.json()["month"]) == (202, "2026-09")


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/"])
def test_index_lists_every_operation(client, path):
    answer = client.get(path)

    listed = {(one["method"].lower(), one["path"]): one for one in answer.json()["operations"]}
    described = {(method, path) for path, methods in document()["paths"].items() for method in methods}
    assert listed.keys() == described
    assert listed["post", "/api/v1/reports/"]["scope"] == "reports"
    assert [listed["get", f"/api/v1/{name}/"]["scope"] for name in ("key", "schema")] == ["", None]
    for name in ("documentation", "schema"):
        assert client.get(answer.json()[name]).status_code == 200


def test_head_is_get_without_a_body(mine, client, messages):
    for path in ("messages/", "statistics/", "key/"):
        got, headed = (ask(f"/api/v1/{path}", headers=mine.headers) for ask in (client.get, client.head))

        assert (headed.status_code, headed.content) == (200, b"")
        assert headed.headers["Content-Type"] == got.headers["Content-Type"]


def test_options_tells_the_methods_without_a_key(mine, client):
    allowed = {path: client.options(f"/api/v1/{path}/") for path in ("messages", "statistics", "conversions/1")}

    assert {
        path: (answer.status_code, answer.headers["Allow"], answer.content) for path, answer in allowed.items()
    } == {
        "messages": (204, "GET, HEAD, OPTIONS, POST", b""),
        "statistics": (204, "GET, HEAD, OPTIONS", b""),
        "conversions/1": (204, "GET, HEAD, OPTIONS, DELETE", b""),
    }


def test_links_lead_through_all_pages_and_back(mine, client, messages):
    seen, address, answer = [], "/api/v1/messages/?size=1&status=delivered&status=failed", None
    while address:
        answer = client.get(address, headers=mine.headers)
        seen += [message["id"] for message in answer.json()["data"]]
        address = links(answer).get("next")

    before = client.get(links(answer)["prev"], headers=mine.headers)
    assert sorted(seen) == ["a", "b", "second-1"]
    assert [message["id"] for message in before.json()["data"]] == seen[-2:-1]


def test_answer_without_pages_has_no_link(mine):
    assert "Link" not in mine.get("statistics/").headers
    assert "Link" not in mine.get("reports/").headers  # the last page


def links(answer) -> dict[str, str]:
    """Return the addresses of a Link header by their relation."""
    found = re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers.get("Link", ""))
    return {relation: address for address, relation in found}
