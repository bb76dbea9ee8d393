"""No parameter of a page or an API operation becomes part of a statement's text."""

import json
import re
from http.cookies import SimpleCookie
from urllib.parse import quote

import pytest
from django.test import Client

from portal.api.schema import document
from tests.api.conftest import call, messages, mine, whole_account
from tests.pages.conftest import plain_storages
from tests.pages.test_url_matrix import POSTED, ROUTES, address_of, ids
from tests.wall.sql_probe import (
    MARK,
    PAYLOADS,
    all_at_once,
    cases,
    fields_of,
    names_asked_for,
    names_of_links,
    undone,
    watched,
)

__all__ = ["call", "ids", "messages", "mine", "plain_storages", "whole_account"]

pytestmark = pytest.mark.django_db

OPERATIONS = [
    (path, method, operation) for path, methods in document()["paths"].items() for method, operation in methods.items()
]
GROUPS = {
    "anonymous": [route for route in ROUTES if route.address.startswith(("/accounts/", "/language", "/look"))],
    "stranger": [route for route in ROUTES if not route.address.startswith(("/admin/", "/api/v1/"))],
    "staff_user": [route for route in ROUTES if route.address.startswith("/admin/")],
}


class Prober:
    """Asks as one person, and keeps what was wrong: a statement with the mark, an answer of 500 or more."""

    def __init__(self, user) -> None:
        self.client = Client(raise_request_exception=False)
        if user is not None:
            self.client.force_login(user)
        self.cookies = self.client.cookies.output(header="", sep=";").split(";")[0].strip() if user else ""
        self.wrong: list[str] = []
        self.asked = 0

    def ask(self, method: str, address: str, data: dict | None = None):
        self.client.cookies = SimpleCookie(self.cookies)  # what signs out is undone
        with undone(), watched() as found:
            answer = getattr(self.client, method)(address, data or {})
            answer.body = answer.getvalue() if answer.streaming else answer.content
        self.asked += 1
        if found or (answer.status_code >= 500 and answer.status_code != 503):
            self.wrong.append(f"{method} {address} {data}: {answer.status_code} {found[:1]}")
        return answer

    def probe(self, route, ids: dict) -> None:
        address = address_of(route, ids)
        with names_asked_for() as names:
            page = self.ask("get", address)
        html = page.body.decode(errors="replace") if page.status_code < 400 else ""
        fields = fields_of(html)
        # A form cleans each of its fields, whatever is in the others: those of the admin's many forms in one request.
        one_by_one = cases if route.model is None or route.page == "changelist" else all_at_once
        for query in one_by_one(names | set(fields) | names_of_links(html), {}, PAYLOADS[:1]):
            self.ask("get", address, query)
        given = fields | POSTED.get(route.name, {})
        with names_asked_for() as names:
            posted = self.ask("post", address, given)
        if posted.status_code != 405:
            for form in one_by_one(names | set(given), given, PAYLOADS[:1]):
                self.ask("post", address, form)
        for name in re.findall(r"<(?:\w+:)?(\w+)>", route.address):
            for payload in PAYLOADS:
                self.ask("get", address_of(route, _with_payload(ids, name, payload)))


def _with_payload(ids: dict, name: str, payload: str) -> dict:
    text = quote(payload, safe="")
    replaced = ids | {name: text}
    if name == "object_id":  # of a model's page: what address_of takes it from
        replaced["rows"] = dict.fromkeys(ids["rows"], type("Row", (), {"pk": text}))
    return replaced


@pytest.mark.parametrize("person", GROUPS)
def test_no_parameter_of_a_page_becomes_sql(request, ids, person):
    prober = Prober(None if person == "anonymous" else request.getfixturevalue(person))
    for route in GROUPS[person]:
        prober.probe(route, ids)

    assert prober.wrong == []
    assert prober.asked > 4 * len(GROUPS[person])


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("caller", ["mine", "whole_account"])
def test_no_parameter_of_an_api_operation_becomes_sql(client, request, messages, path, method, operation, caller):
    headers = request.getfixturevalue(caller).headers
    given = _examples(operation)
    wrong, asked = [], 0

    def ask(address: str, query: dict, body: object) -> None:
        nonlocal asked
        send = {"headers": headers}
        if method != "get":
            text = json.dumps(body)
            send |= {"data": text, "content_type": "application/json", "query_params": query}
        else:
            send |= {"data": query}
        with undone(), watched() as found:
            answer = getattr(client, method)(address, **send)
        asked += 1
        if found or answer.status_code >= 500:
            wrong.append((address, query, body, answer.status_code, found[:1]))

    parameters = operation.get("parameters", [])
    in_path = {
        p["name"]: str(p.get("example", p["schema"].get("example", "1"))) for p in parameters if p["in"] == "path"
    }
    queries = [_query_name(p) for p in parameters if p["in"] == "query"]
    needed = {p["name"]: _needed(p) for p in parameters if p["in"] == "query" and p.get("required")}
    address = _filled(path, in_path)
    for query in cases(queries, needed):
        ask(address, query, given)
    for payload in PAYLOADS:
        for name in in_path:
            ask(_filled(path, in_path | {name: payload}), needed, given)
    if method != "get":
        for body in _bodies(given):
            ask(address, needed, body)

    assert wrong == []
    assert asked >= len(parameters) * len(PAYLOADS)


def _filled(path: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: quote(values[match[1]], safe=""), path)


def _query_name(parameter: dict) -> str:
    return f"{parameter['name']}[shop]" if parameter["schema"]["type"] == "object" else parameter["name"]


def _needed(parameter: dict) -> str:
    return str(parameter.get("example", parameter["schema"].get("example", "2026-11-01")))


def _examples(operation: dict) -> object:
    """Return a body that the operation takes, of the fields that its shape names."""
    content = operation.get("requestBody", {}).get("content", {})
    return _example(content["application/json"]["schema"]) if content else {}


def _example(schema: dict) -> object:
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return _example(schema[several][-1])
    if "array" in schema.get("type", ""):
        return [_example(schema["items"])]
    if "properties" in schema:
        return {name: _example(part) for name, part in schema["properties"].items() if not part.get("readOnly")}
    if "object" in schema.get("type", ""):
        return {"shop": "7"}
    return schema.get("example", "nr-fi" if "string" in schema.get("type", "string") else 1)


def _bodies(given: object) -> list:
    """Return the body with each of its fields, names and all, replaced by each payload."""
    found: list = []
    for payload in PAYLOADS:
        found += [payload, [payload], {payload: payload}]
        rows = given if isinstance(given, list) else [given]
        for name in rows[0] if rows and isinstance(rows[0], dict) else ():
            for value in (payload, [payload], {payload: payload}):
                row = rows[0] | {name: value}
                found.append([row] if isinstance(given, list) else row)
    return found


@pytest.mark.parametrize(
    "header", ["User-Agent", "Accept-Language", "X-Request-ID", "Authorization", "Referer", "Cookie"]
)
def test_no_header_becomes_sql(client, header):
    for payload in PAYLOADS:
        value = {"Authorization": f"Bearer {payload}", "Cookie": f'language="{payload}"; sessionid={payload}'}
        with undone(), watched() as found:
            for address in ("/", "/accounts/login/", "/api/v1/key/", "/t/nordic-retail/"):
                assert client.get(address, headers={header: value.get(header, payload)}).status_code < 500
        assert found == []


@pytest.mark.urls("tests.wall.views")
def test_probe_finds_a_page_that_makes_sql_of_a_parameter(client):
    with names_asked_for() as names, undone(), watched() as found:
        client.get("/careless/", {"name": MARK})

    assert "name" in names
    assert found == [f"SELECT '{MARK}'"]
