"""No parameter of an API operation becomes part of a statement's text."""

import json
import re
from urllib.parse import quote

import pytest

from portal.api.schema import document
from tests.api.conftest import call, messages, mine, plain_storages, whole_account
from tests.pages.test_url_matrix import ROUTES, expected
from tests.wall.sql_probe import ODD_NAME, PAYLOADS, cases, undone, watched

__all__ = ["call", "messages", "mine", "plain_storages", "whole_account"]

pytestmark = [pytest.mark.django_db, pytest.mark.any_python]

OPERATIONS = [
    (path, method, operation) for path, methods in document()["paths"].items() for method, operation in methods.items()
]


def test_all_addresses_that_ask_for_a_key_are_tried():
    with_key = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.address)
        for route in ROUTES
        if expected(route, "stranger") == 401 and not route.address.startswith("/gate/")  # tests/gates/ tries those
    }

    assert with_key <= {path for path, _method, _operation in OPERATIONS}


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("caller", ["mine", "whole_account"])
def test_no_parameter_of_an_api_operation_becomes_sql(client, request, messages, path, method, operation, caller):
    """A key of the whole account differs by the rows that it sees alone: one payload each will do, but with --long."""
    payloads = PAYLOADS if caller == "mine" or request.config.getoption("--long") else PAYLOADS[:1]
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
    for query in (needed | ODD_NAME, *cases(queries, needed, payloads)):
        ask(address, query, given)
    for payload in payloads:
        for name in in_path:
            ask(_filled(path, in_path | {name: payload}), needed, given)
    if method != "get":
        for body in _bodies(given, payloads):
            ask(address, needed, body)

    assert wrong == []
    assert asked >= len(parameters) * len(payloads)


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


def _bodies(given: object, payloads: tuple[str, ...]) -> list:
    """Return the body with each of its fields replaced by each payload, and in lists and as a name by the first."""
    found: list = []
    for payload in payloads:
        shapes = (payload, [payload], {payload: payload}) if payload == PAYLOADS[0] else (payload,)
        found += shapes
        rows = given if isinstance(given, list) else [given]
        for name in rows[0] if rows and isinstance(rows[0], dict) else ():
            for value in shapes:
                row = rows[0] | {name: value}
                found.append([row] if isinstance(given, list) else row)
    return found
