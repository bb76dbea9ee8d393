"""Changes between two descriptions of an API: each kind of break is found, and an addition is none."""

import copy
import json

import pytest

from portal.common.openapi_promise import compare, promised, written


def text(**more) -> dict:
    return {"type": "string", **more}


def shape(*required: str, **properties) -> dict:
    return {"type": "object", "properties": properties, "required": list(required)}


BASE = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1"},
    "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Thing": shape(
                "id",
                "state",
                id={"type": "integer"},
                state=text(enum=["new", "done"]),
                at=text(format="date-time"),
                owner={"oneOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "null"}]},
                tags={"type": "array", "items": text()},
            ),
            "Owner": shape("name", name=text()),
            "NewThing": shape(
                "name",
                name=text(maxLength=10),
                kind=text(enum=["a", "b"]),
                size={"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
                note={"type": ["string", "null"]},
            ),
        },
    },
    "paths": {
        "/things/": {
            "get": {
                "operationId": "list_things",
                "security": [{"key": ["read"]}],
                "parameters": [
                    {"in": "query", "name": "state", "schema": text(enum=["new", "done"])},
                    {"in": "query", "name": "q", "schema": text(maxLength=5)},
                ],
                "responses": {
                    "200": {
                        "description": "Things.",
                        "headers": {"Link": {"schema": text()}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                            "text/csv": {"schema": {"$ref": "#/components/schemas/Thing"}},
                        },
                    },
                    "400": {"description": "Bad."},
                },
            },
            "post": {
                "operationId": "add_thing",
                "security": [{"key": ["write"]}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewThing"}}}},
                "responses": {
                    "201": {
                        "description": "The thing.",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    }
                },
            },
        }
    },
}
GET, POST = ("paths", "/things/", "get"), ("paths", "/things/", "post")
THING, NEW = ("components", "schemas", "Thing"), ("components", "schemas", "NewThing")
GONE = object()

BREAKS = [
    ([(GET, GONE)], "GET /things/: the operation was removed"),
    ([((*GET, "operationId"), "things")], "GET /things/: operationId list_things is now things"),
    ([((*GET, "security"), [{"key": ["all"]}])], "GET /things/: needs a key with all, not a key with read"),
    ([((*GET, "parameters", 1), GONE)], "GET /things/ parameter q: was removed"),
    ([((*GET, "parameters", 1, "required"), True)], "GET /things/ parameter q: is required now"),
    ([((*GET, "parameters", 1, "schema", "maxLength"), 4)], "GET /things/ parameter q: maxLength 5 is now 4"),
    ([((*GET, "parameters", 1, "schema", "pattern"), "x")], "GET /things/ parameter q: pattern none is now x"),
    (
        [((*GET, "parameters", 1, "schema", "type"), "integer")],
        "GET /things/ parameter q: type string no longer taken",
    ),
    ([((*GET, "parameters", 0, "schema", "enum"), ["new"])], "GET /things/ parameter state: done no longer taken"),
    (
        [((*GET, "parameters", 2), {"in": "query", "name": "n", "required": True, "schema": text()})],
        "GET /things/ parameter n: is new and required",
    ),
    ([((*GET, "responses", "200", "headers", "Link"), GONE)], "GET /things/ 200 header Link: was removed"),
    ([((*GET, "responses", "200", "content", "text/csv"), GONE)], "GET /things/ 200 text/csv: was removed"),
    ([((*GET, "responses", "206"), {"description": "Some."})], "GET /things/ 206: is a new status of success"),
    ([((*POST, "responses", "201"), GONE)], "POST /things/ 201: was removed"),
    ([((*POST, "requestBody", "required"), True)], "POST /things/ body: is required now"),
    ([((*NEW, "properties", "kind"), GONE)], "NewThing (sent) kind: was removed"),
    ([((*NEW, "properties", "kind", "enum"), ["a"])], "NewThing (sent) kind: b no longer taken"),
    ([((*NEW, "properties", "name", "enum"), ["a"])], "NewThing (sent) name: must be one of a now"),
    ([((*NEW, "properties", "name", "format"), "date")], "NewThing (sent) name: format None is now date"),
    ([((*NEW, "properties", "size", "minimum"), 2)], "NewThing (sent) size: minimum 1 is now 2"),
    ([((*NEW, "properties", "size", "default"), 4)], "NewThing (sent) size: default 3 is now 4"),
    ([((*NEW, "properties", "note", "type"), "string")], "NewThing (sent) note: type null no longer taken"),
    ([((*NEW, "required"), ["name", "kind"])], "NewThing (sent) kind: is required now"),
    (
        [((*NEW, "properties", "more"), text()), ((*NEW, "required"), ["name", "more"])],
        "NewThing (sent) more: is new and required",
    ),
    ([((*NEW, "additionalProperties"), False)], "NewThing (sent): further fields are restricted now"),
    ([((*THING, "properties", "at"), GONE)], "Thing (answered) at: was removed"),
    ([((*THING, "properties", "at", "format"), GONE)], "Thing (answered) at: format date-time is now None"),
    ([((*THING, "properties", "id", "type"), "string")], "Thing (answered) id: type string may come now"),
    ([((*THING, "properties", "id", "type"), ["integer", "null"])], "Thing (answered) id: type null may come now"),
    ([((*THING, "properties", "state", "enum"), GONE)], "Thing (answered) state: may be any value now"),
    ([((*THING, "properties", "tags", "items"), GONE)], "Thing (answered) tags[]: is not described any more"),
    ([((*THING, "required"), ["id"])], "Thing (answered) state: may be missing now"),
    ([((*THING, "properties", "owner", "oneOf", 0), text())], "Thing (answered) owner: type string may come now"),
    (
        [(("components", "schemas", "Owner", "properties", "name"), {"type": "integer"})],
        "Thing (answered) owner name: type integer may come now",
    ),
]
ADDITIONS = [
    ([(("paths", "/others/"), {"get": BASE["paths"]["/things/"]["get"]})], "GET /others/: new operation"),
    ([((*GET, "security"), [])], "GET /things/: needs no key any more"),
    (
        [((*GET, "parameters", 2), {"in": "query", "name": "n", "schema": text()})],
        "GET /things/ parameter n: new parameter",
    ),
    ([((*GET, "parameters", 0, "schema", "enum"), ["new", "done", "x"])], "GET /things/ parameter state: new value x"),
    ([((*GET, "responses", "429"), {"description": "Too many."})], "GET /things/ 429: new status"),
    ([((*GET, "responses", "200", "headers", "ETag"), {"schema": text()})], "GET /things/ 200 header ETag: new header"),
    ([((*NEW, "properties", "more"), text())], "NewThing (sent) more: new field"),
    ([((*NEW, "properties", "kind", "enum"), ["a", "b", "c"])], "NewThing (sent) kind: new value c"),
    ([((*NEW, "properties", "size", "type"), ["integer", "string"])], "NewThing (sent) size: type string is taken too"),
    ([((*THING, "properties", "more"), text())], "Thing (answered) more: new field"),
    ([((*THING, "properties", "state", "enum"), ["new", "done", "lost"])], "Thing (answered) state: new value lost"),
]
NEITHER = [
    [((*GET, "summary"), "Other words")],
    [((*GET, "responses", "400"), GONE)],
    [((*GET, "parameters", 1, "schema", "maxLength"), 6)],
    [((*GET, "parameters", 1, "example"), "x")],
    [((*NEW, "properties", "name", "maxLength"), GONE)],
    [((*NEW, "required"), [])],
    [((*THING, "required"), ["id", "state", "at"])],
    [((*THING, "properties", "state", "enum"), ["new"])],
    [((*THING, "properties", "owner"), {"$ref": "#/components/schemas/Owner"})],
]


def changed(edits: list) -> dict:
    """Return BASE with values set, added or removed at their places."""
    document = copy.deepcopy(BASE)
    for place, value in edits:
        target = document
        for name in place[:-1]:
            target = target[name]
        if value is GONE:
            del target[place[-1]]
        elif isinstance(target, list) and place[-1] == len(target):
            target.append(value)
        else:
            target[place[-1]] = value
    return document


@pytest.mark.parametrize(("edits", "says"), BREAKS, ids=[says for _edits, says in BREAKS])
def test_change_that_breaks_clients(edits, says):
    assert says in compare(promised(BASE), promised(changed(edits))).breaks


@pytest.mark.parametrize(("edits", "says"), ADDITIONS, ids=[says for _edits, says in ADDITIONS])
def test_change_that_only_adds(edits, says):
    changes = compare(promised(BASE), promised(changed(edits)))
    assert (changes.breaks, changes.additions) == ([], [says])


@pytest.mark.parametrize("edits", NEITHER, ids=[str(edits[0][0][-1]) + str(n) for n, edits in enumerate(NEITHER)])
def test_change_that_no_client_notices(edits):
    changes = compare(promised(BASE), promised(changed(edits)))
    assert (changes.breaks, changes.additions) == ([], [])


def test_written_promise_is_the_same_whatever_the_order_and_has_a_line_for_each_part():
    promise = promised(BASE)
    other_way_round = json.loads(json.dumps(promise), object_pairs_hook=lambda pairs: dict(reversed(pairs)))

    assert json.loads(written(promise)) == promise
    assert written(other_way_round) == written(promise)
    assert sum("operationId" in line for line in written(promise).splitlines()) == 2


def test_field_that_is_named_like_a_text_stays():
    named = changed([((*THING, "properties", "title"), text(description="Its title.", title="T"))])
    assert promised(named)["components"]["schemas"]["Thing"]["properties"]["title"] == {"type": "string"}
