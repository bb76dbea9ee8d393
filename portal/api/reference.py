"""The API's description in the order that people read it: by subject, with shapes and example requests. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from portal.api.problem_types import PROBLEM_TYPES
from portal.api.samples import samples


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer. `shape` is the shape that its type leads to, '' where none."""

    name: str
    type: str
    text: str
    place: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    limits: str = ""
    default: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of bodies and answers."""

    name: str
    text: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    scope: str | None  # "" any key, None no key
    parameters: tuple[Field, ...]
    body: Shape | None
    status: str
    answer_text: str
    also: tuple[tuple[str, str], ...]
    answer_shape: str
    answer_example: str
    headers: tuple[tuple[str, str], ...]
    problems: tuple
    samples: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """Operations about one thing."""

    name: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        return "subject-" + re.sub(r"\W+", "-", self.name.lower())


def subjects(document: Mapping) -> list[Subject]:
    """Return all operations of an OpenAPI document by their tag, both in the document's order."""
    found: dict[str, Subject] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            subject = found.setdefault(operation["tags"][0], Subject(operation["tags"][0]))
            subject.entries.append(_entry(document, path, method.upper(), operation))
    return list(found.values())


def shapes(document: Mapping) -> list[Shape]:
    """Return the objects of bodies and answers, by name."""
    return [_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]


def _entry(document: Mapping, path: str, method: str, operation: Mapping) -> Entry:
    parameters = tuple(_parameter(parameter) for parameter in operation.get("parameters", ()))
    security = operation.get("security")
    scope = None if not security else next(iter(next(iter(security[0].values()))), "")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    (status, good), *also = [(s, r) for s, r in operation["responses"].items() if s.startswith("2")]
    media, content = next(iter(good["content"].items()))
    example = content.get("example")
    return Entry(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        text=operation["description"],
        scope=scope,
        parameters=parameters,
        body=_resolved(document, body["schema"]) if body else None,
        status=status,
        answer_text=good["description"],
        also=tuple((s, r["description"]) for s, r in also),
        answer_shape=_name(content["schema"]),
        answer_example="" if example is None else json.dumps(example, indent=2, ensure_ascii=False),
        headers=tuple((name, head["description"]) for name, head in good["headers"].items() if "RateLimit" not in name),
        problems=tuple(
            PROBLEM_TYPES[slug]
            for response in operation["responses"].values()
            for slug in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
        ),
        samples=samples(
            server=document["servers"][0]["url"],
            method=method,
            path=_filled(path, operation),
            query=operation.get("x-sample", {}),
            body=body["example"] if body else None,
            needs_key=scope is not None,
            is_file=media not in ("application/json",),
        ),
    )


def _filled(path: str, operation: Mapping) -> str:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(parameter["example"]))
    return path


def _parameter(parameter: Mapping) -> Field:
    return _field(
        parameter["name"],
        parameter["schema"] | {"description": parameter["description"]},
        required=parameter.get("required", False),
        place=parameter["in"],
    )


def _resolved(document: Mapping, schema: Mapping) -> Shape:
    name = _name(schema)
    return _shape(name, document["components"]["schemas"][name])


def _shape(name: str, schema: Mapping) -> Shape:
    required = schema.get("required", ())
    fields = (_field(key, value, required=key in required) for key, value in schema.get("properties", {}).items())
    return Shape(name, schema.get("description", ""), tuple(fields))


def _field(name: str, schema: Mapping, *, required: bool, place: str = "") -> Field:
    parts = list(_parts(schema))
    item = next((part.get("items", part) for part in parts if part.get("type") != "null"), {})
    words = [_type(part) for part in parts]
    return Field(
        name=name,
        type=" or ".join(dict.fromkeys(word for word in words if word)),
        text=schema.get("description", ""),
        place=place,
        required=required,
        choices=tuple(str(choice) for choice in item.get("enum", ()) if choice is not None),
        limits=_limits(item),
        default="" if schema.get("default") is None else str(schema["default"]),
        shape=next((found for part in parts if (found := _name(part.get("items", part)))), ""),
    )


def _parts(schema: Mapping) -> Iterator[Mapping]:
    """Yield what a value may be, each by itself."""
    several = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if several:
        for part in several:
            yield from _parts(part)
    elif isinstance(schema.get("type"), list):
        for kind in schema["type"]:
            yield {**schema, "type": kind}
    else:
        yield schema


def _type(schema: Mapping) -> str:
    if name := _name(schema):
        return name
    kind = schema.get("type", "")
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    return {
        ("string", "date"): "date",
        ("string", "date-time"): "time (UTC)",
        ("string", None): "text",
        ("number", "double"): "number",
        ("integer", None): "whole number",
        ("boolean", None): "true or false",
        ("object", None): "object",
        ("null", None): "null",
    }.get((kind, schema.get("format")), kind)


def _limits(schema: Mapping) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None or most is None:
        return ""
    return f"{least} to {most:,}" if most < 2**31 - 1 else f"{least} or more"


def _name(schema: Mapping) -> str:
    several = schema.get("allOf") or schema.get("oneOf") or ()
    for part in (schema, *several):
        if "$ref" in part:
            return part["$ref"].rsplit("/", 1)[1]
    return ""
