"""Comparison of two descriptions of the API: changes that break clients of v1, and changes that only add to it.

A client sends requests and reads answers. So a request may only become more tolerant, and an answer may only tell more.
docs/api-changelog.md states the same rules in words.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Json = Mapping[str, Any]
Way = Literal["request", "answer"]

METHODS = ("get", "post", "put", "patch", "delete")
TEXTS = ("description", "example", "examples", "links", "summary", "x-sample", "title")
# Limits of requests, with the direction in which each becomes narrower.
NARROWER_ABOVE = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
NARROWER_BELOW = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
KEYED_BY_NAMES = ("properties", "schemas", "headers", "responses", "content")
FIXED = ("pattern", "multipleOf", "uniqueItems", "const")
ALL_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


@dataclass
class Changes:
    """Changes from one description to another, each listed once with its place."""

    breaks: list[str] = field(default_factory=list)
    additions: list[str] = field(default_factory=list)

    def breaking(self, place: str, text: str) -> None:
        self._add(self.breaks, f"{place}: {text}")

    def adding(self, place: str, text: str) -> None:
        self._add(self.additions, f"{place}: {text}")

    def take(self, other: Changes) -> None:
        for text in other.breaks:
            self._add(self.breaks, text)
        for text in other.additions:
            self._add(self.additions, text)

    @staticmethod
    def _add(texts: list[str], text: str) -> None:
        if text not in texts:
            texts.append(text)


def promised(document: Json) -> Json:
    """Return what a description promises: it without texts and examples, which may change at any time."""
    kept = {name: document[name] for name in ("openapi", "info")}
    shapes = {name: _bare(shape) for name, shape in document["components"]["schemas"].items()}
    kept["components"] = {"schemas": shapes, "securitySchemes": _bare(document["components"]["securitySchemes"])}
    paths: dict[str, dict[str, Json]] = defaultdict(dict)
    for name, operation in _operations(document).items():
        method, path = name.split(" ")
        bare = _bare({key: value for key, value in operation.items() if key != "tags"})
        for response in bare["responses"].values():
            response["description"] = ""  # OpenAPI asks for one
        paths[path][method.lower()] = bare
    return kept | {"paths": dict(paths)}


def written(promise: Json) -> str:
    """Return a promise as JSON, each operation and each shape in a line of its own, in the order of their names."""
    paths = {path: _lines(operations) for path, operations in promise["paths"].items()}
    components = {name: _lines(shapes) for name, shapes in promise["components"].items()}
    rest = {name: _json(value) for name, value in promise.items() if name not in ("paths", "components")}
    return _object(rest | {"components": _object(components), "paths": _object(paths)}) + "\n"


def _lines(values: Json) -> str:
    return _object({name: _json(value) for name, value in values.items()})


def _object(written_values: Mapping[str, str]) -> str:
    return "{\n" + ",\n".join(f"{_json(name)}: {text}" for name, text in sorted(written_values.items())) + "\n}"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _bare(value: Any, *, has_names: bool = False) -> Any:
    """Return a part without texts; `has_names` where the keys are names, of properties or headers."""
    if isinstance(value, Mapping):
        return {
            str(key): _bare(one, has_names=key in KEYED_BY_NAMES and not has_names)
            for key, one in value.items()
            if has_names or key not in TEXTS
        }
    return [_bare(one) for one in value] if isinstance(value, list | tuple) else value


def compare(old: Json, new: Json) -> Changes:
    """Return what changed between two whole descriptions (OpenAPI 3.1)."""
    comparison = _Comparison(old["components"]["schemas"], new["components"]["schemas"])
    before, after = _operations(old), _operations(new)
    for name in before:
        if name not in after:
            comparison.changes.breaking(name, "the operation was removed")
        else:
            comparison.operation(name, before[name], after[name])
    for name in after:
        if name not in before:
            comparison.changes.adding(name, "new operation")
    return comparison.changes


def _operations(document: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {path}": operations[method]
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations
    }


class _Comparison:
    """One comparison; a pair of shapes that is used in many places is compared once for each direction."""

    def __init__(self, old: Json, new: Json, seen: frozenset[tuple[str, str, Way]] = frozenset()) -> None:
        self.changes = Changes()
        self._old, self._new = old, new
        self._seen = set(seen)

    def operation(self, name: str, old: Json, new: Json) -> None:
        if old["operationId"] != new["operationId"]:
            self.changes.breaking(name, f"operationId {old['operationId']} is now {new['operationId']}")
        self._security(name, old, new)
        self._parameters(name, old.get("parameters", []), new.get("parameters", []))
        self._body(name, old.get("requestBody"), new.get("requestBody"))
        self._responses(name, old["responses"], new["responses"])

    def _security(self, name: str, old: Json, new: Json) -> None:
        before, after = old.get("security", []), new.get("security", [])
        if before == after:
            return
        if not after:
            self.changes.adding(name, "needs no key any more")
        else:
            self.changes.breaking(name, f"needs {_scopes(after)}, not {_scopes(before)}")

    def _parameters(self, name: str, old: list[Json], new: list[Json]) -> None:
        before = {(one["in"], one["name"]): one for one in old}
        after = {(one["in"], one["name"]): one for one in new}
        for key, one in before.items():
            place = f"{name} parameter {key[1]}"
            if (now := after.get(key)) is None:
                self.changes.breaking(place, "was removed")
                continue
            if now.get("required") and not one.get("required"):
                self.changes.breaking(place, "is required now")
            for what in ("style", "explode"):
                if one.get(what) != now.get(what):
                    self.changes.breaking(place, f"{what} {one.get(what)} is now {now.get(what)}")
            self._schema(place, one["schema"], now["schema"], "request")
        for key, now in after.items():
            if key not in before:
                place = f"{name} parameter {key[1]}"
                if now.get("required"):
                    self.changes.breaking(place, "is new and required")
                else:
                    self.changes.adding(place, "new parameter")

    def _body(self, name: str, old: Json | None, new: Json | None) -> None:
        place = f"{name} body"
        if old is None or new is None:
            if old is not None:
                self.changes.breaking(place, "was removed")
            if new is not None:
                if new.get("required"):
                    self.changes.breaking(place, "is new and required")
                else:
                    self.changes.adding(place, "new body")
            return
        if new.get("required") and not old.get("required"):
            self.changes.breaking(place, "is required now")
        self._content(place, old.get("content", {}), new.get("content", {}), "request")

    def _responses(self, name: str, old: Json, new: Json) -> None:
        for status, one in old.items():
            is_good = status < "400"
            if (now := new.get(status)) is None:
                if is_good:
                    self.changes.breaking(f"{name} {status}", "was removed")
                continue
            headers, present = one.get("headers", {}), now.get("headers", {})
            for header in headers.keys() - present.keys():
                self.changes.breaking(f"{name} {status} header {header}", "was removed")
            for header in sorted(present.keys() - headers.keys()):
                self.changes.adding(f"{name} {status} header {header}", "new header")
            self._content(f"{name} {status}", one.get("content", {}), now.get("content", {}), "answer")
        for status in new.keys() - old.keys():
            if "200" <= status < "300":
                self.changes.breaking(f"{name} {status}", "is a new status of success")
            else:
                self.changes.adding(f"{name} {status}", "new status")

    def _content(self, place: str, old: Json, new: Json, way: Way) -> None:
        for media, one in old.items():
            if media not in new:
                self.changes.breaking(f"{place} {media}", "was removed")
            else:
                self._schema(place, one.get("schema", {}), new[media].get("schema", {}), way)
        for media in new:
            if media not in old:
                self.changes.adding(f"{place} {media}", "new media type")

    def _schema(self, place: str, old: Json, new: Json, way: Way) -> None:
        names = [str(schema.get("$ref", "")).rpartition("/")[2] for schema in (old, new)]
        if all(names):
            if (pair := (names[0], names[1], way)) in self._seen:
                return
            self._seen.add(pair)
            place = f"{names[0]} ({'sent' if way == 'request' else 'answered'})"
        before = _branches(self._resolved(old, self._old), self._old)
        after = _branches(self._resolved(new, self._new), self._new)
        if len(before) == len(after) == 1:
            self._branch(place, before[0], after[0], way)
            return
        must_fit, offered = (before, after) if way == "request" else (after, before)
        for one in must_fit:
            pairs = [(one, other) if way == "request" else (other, one) for other in offered]
            nearest = min((self._tried(place, pair, way) for pair in pairs), key=lambda found: len(found.breaks))
            self.changes.take(nearest)

    def _tried(self, place: str, pair: tuple[Json, Json], way: Way) -> Changes:
        """Compare one pair of alternatives by itself."""
        trial = _Comparison(self._old, self._new, frozenset(self._seen))
        trial._branch(place, *pair, way)
        return trial.changes

    @staticmethod
    def _resolved(schema: Json, shapes: Json) -> Json:
        while "$ref" in schema:
            schema = shapes[schema["$ref"].rpartition("/")[2]]
        return schema

    def _branch(self, place: str, old: Json, new: Json, way: Way) -> None:
        self._types(place, _types(old), _types(new), way)
        self._values(place, old, new, way)
        if old.get("format") != new.get("format") and (way == "answer" or "format" in new):
            self.changes.breaking(place, f"format {old.get('format')} is now {new.get('format')}")
        if way == "request":
            self._limits(place, old, new)
        self._properties(place, old, new, way)
        if "items" in new and ("items" in old or way == "request"):
            self._schema(f"{place}[]", old.get("items", {}), new["items"], way)
        elif "items" in old and way == "answer":
            self.changes.breaking(f"{place}[]", "is not described any more")

    def _types(self, place: str, old: frozenset[str], new: frozenset[str], way: Way) -> None:
        lost = old - new if way == "request" else new - old
        if "integer" in lost and "number" in (new if way == "request" else old):
            lost -= {"integer"}
        if lost:
            text = "no longer taken" if way == "request" else "may come now"
            self.changes.breaking(place, f"type {', '.join(sorted(lost))} {text}")
        elif way == "request" and new > old:
            self.changes.adding(place, f"type {', '.join(sorted(new - old))} is taken too")

    def _values(self, place: str, old: Json, new: Json, way: Way) -> None:
        if "enum" not in new:
            if "enum" in old and way == "answer":
                self.changes.breaking(place, "may be any value now")
            return
        if "enum" not in old:
            if way == "request":
                self.changes.breaking(place, f"must be one of {_shown(new['enum'])} now")
            return
        if way == "request" and (lost := [one for one in old["enum"] if one not in new["enum"]]):
            self.changes.breaking(place, f"{_shown(lost)} no longer taken")
        if added := [one for one in new["enum"] if one not in old["enum"]]:
            self.changes.adding(place, f"new value {_shown(added)}")

    def _limits(self, place: str, old: Json, new: Json) -> None:
        for name in NARROWER_ABOVE:
            if name in new and new[name] > old.get(name, float("-inf")):
                self.changes.breaking(place, f"{name} {old.get(name, 'none')} is now {new[name]}")
        for name in NARROWER_BELOW:
            if name in new and new[name] < old.get(name, float("inf")):
                self.changes.breaking(place, f"{name} {old.get(name, 'none')} is now {new[name]}")
        for name in FIXED:
            if name in new and new[name] != old.get(name):
                self.changes.breaking(place, f"{name} {old.get(name, 'none')} is now {new[name]}")
        if "default" in old and old["default"] != new.get("default"):
            self.changes.breaking(place, f"default {old['default']} is now {new.get('default', 'none')}")

    def _properties(self, place: str, old: Json, new: Json, way: Way) -> None:
        before, after = old.get("properties", {}), new.get("properties", {})
        required, needed = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            if name not in after:
                self.changes.breaking(f"{place} {name}", "was removed")
                continue
            if way == "request" and name in needed - required:
                self.changes.breaking(f"{place} {name}", "is required now")
            if way == "answer" and name in required - needed:
                self.changes.breaking(f"{place} {name}", "may be missing now")
            self._schema(f"{place} {name}", before[name], after[name], way)
        for name in after:
            if name not in before:
                if way == "request" and name in needed:
                    self.changes.breaking(f"{place} {name}", "is new and required")
                else:
                    self.changes.adding(f"{place} {name}", "new field")
        self._further(place, old.get("additionalProperties", True), new.get("additionalProperties", True), way)

    def _further(self, place: str, old: bool | Json, new: bool | Json, way: Way) -> None:
        if old == new:
            return
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            self._schema(f"{place}{{}}", old, new, way)
        elif way == "request" and new is not True and old is not False:
            self.changes.breaking(place, "further fields are restricted now")


def _branches(schema: Json, shapes: Json) -> list[Json]:
    """Return the alternatives of a schema, each resolved; one where it has none."""
    for name in ("oneOf", "anyOf"):
        if name in schema:
            common = {key: value for key, value in schema.items() if key != name}
            return [
                {**common, **branch}
                for one in schema[name]
                for branch in _branches(_Comparison._resolved(one, shapes), shapes)
            ]
    if "allOf" in schema:
        merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        for one in schema["allOf"]:
            merged |= _Comparison._resolved(one, shapes)
        return _branches(merged, shapes)
    return [schema]


def _types(schema: Json) -> frozenset[str]:
    given = schema.get("type", ALL_TYPES)
    return frozenset([given] if isinstance(given, str) else given)


def _scopes(security: list[Json]) -> str:
    names = [scope for one in security for scopes in one.values() for scope in scopes]
    return f"a key with {', '.join(names)}" if names else "a key" if security else "no key"


def _shown(values: list[Any]) -> str:
    return ", ".join(map(str, values))
