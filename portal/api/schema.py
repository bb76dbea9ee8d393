"""The API's description (OpenAPI 3.1), made by drf-spectacular of the operations that the views themselves read."""

from collections import defaultdict
from functools import cache

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import ListField, ListSerializer, TimeField

from portal.api import idempotency
from portal.api.operations import Operation
from portal.api.parameters import Parameter
from portal.api.problem_types import ALWAYS, PROBLEM_TYPES, WITH_BODY, WITH_KEY, WITH_RETRY
from portal.api.serializers import ProblemSerializer
from portal.api.tables import DATA_AS_OF

SECURITY_SCHEME = "key"  # in SPECTACULAR_SETTINGS
PROBLEM_MEDIA = "application/problem+json"
TIME = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"

_EXAMPLE_ERRORS = {
    "bad-parameter": [{"parameter": "to", "detail": "not before “from”"}],
    "bad-field": [{"pointer": "#/month", "detail": "enter a month such as 2026-10"}],
}
_LIMIT_HEADERS = {
    "RateLimit-Policy": 'The limit: `"key";q=600;w=60` is 600 requests in 60 seconds.',
    "RateLimit": 'What is left of the limit: `"key";r=599;t=12` is 599 requests for 12 more seconds.',
}
_LINK_HEADER = {"Link": 'The pages beside this one: `<…>; rel="next"` and `rel="prev"`, relative to the host.'}
_ETAG = {"ETag": "Changes when the answer does, apart from `data_as_of`. Send it as `If-None-Match`."}
_NOT_CHANGED = "The answer is the one with the ETag of `If-None-Match`. The response has no body."
_DATA_AS_OF = {DATA_AS_OF: "`data_as_of` of the JSON, in every form of the list."}
_REPLAYED_HEADER = {idempotency.REPLAYED: "`true`: this is the stored answer of an earlier request."}
# By the server itself, before the portal sees the request.
_TOO_LONG = {"414": {"description": "The URL is longer than the server reads. The response has no body."}}
_PROBLEM_HEADERS = {
    401: {"WWW-Authenticate": "How to present a key."},
    409: {"Retry-After": "Seconds to wait, where the same request is still in work."},
    429: {"Retry-After": "Seconds to wait."},
    503: {"Retry-After": "Seconds to wait."},
}


@cache
def document() -> dict:
    """Return the whole description; it is the same for everybody."""
    return SchemaGenerator().get_schema(request=None, public=True)


def with_tags(result: dict, **_options: object) -> dict:
    """Return the description with a list of the tags of its operations, in their order."""
    operations = (operation for methods in result["paths"].values() for operation in methods.values())
    return result | {"tags": [{"name": name} for name in dict.fromkeys(o["tags"][0] for o in operations)]}


class Schema(AutoSchema):
    """Describes one operation."""

    @property
    def operation(self) -> Operation:
        return self.view.operations[self.method]

    def get_operation_id(self) -> str:
        return self.operation.id

    def get_summary(self) -> str:
        return self.operation.summary

    def get_description(self) -> str:
        return self.operation.text

    def get_tags(self) -> list[str]:
        return [self.operation.tag]

    def get_auth(self) -> list[dict]:
        scope = self.operation.scope
        return [] if scope is None else [{SECURITY_SCHEME: [str(scope)] if scope else []}]

    def get_override_parameters(self) -> list[OpenApiParameter]:
        operation = self.operation
        places = [
            *((parameter, OpenApiParameter.PATH) for parameter in operation.path.values()),
            *((parameter, OpenApiParameter.QUERY) for parameter in operation.takes),
            *((parameter, OpenApiParameter.HEADER) for parameter in self._request_headers()),
        ]
        return [_parameter(parameter, place) for parameter, place in places]

    def _request_headers(self) -> list[Parameter]:
        return [idempotency.PARAMETER] if self.method == "POST" else []

    def _own_headers(self) -> dict[str, str]:
        operation = self.operation
        shown = (_LINK_HEADER if operation.has_cursor else {}) | (_DATA_AS_OF if has_data_as_of(operation) else {})
        if self._has_etag():
            shown |= _ETAG
        return shown | (_REPLAYED_HEADER if self.method == "POST" else {})

    def _has_etag(self) -> bool:
        return self.method == "GET" and self.operation.has_etag

    def get_request_serializer(self):
        return self.operation.body

    def get_response_serializers(self):
        return self.operation.answer

    def get_extensions(self) -> dict:
        return {"x-sample": dict(self.operation.sample)} if self.operation.sample else {}

    def _map_serializer(self, serializer, direction: str, bypass_extensions: bool = False) -> dict:
        """Close bodies, whose unknown fields are refused (portal/api/bodies.py), but for those with `is_open`."""
        schema = super()._map_serializer(serializer, direction, bypass_extensions)
        is_closed = direction == "request" and not getattr(serializer, "is_open", False)
        return schema | {"additionalProperties": False} if is_closed else schema

    def _map_serializer_field(self, field, direction: str, bypass_extensions: bool = False) -> dict:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if isinstance(field, ListField | ListSerializer) and schema.get("type") == "array":
            if not field.allow_empty:
                schema["minItems"] = 1
            if field.max_length is not None:
                schema["maxItems"] = field.max_length
        if isinstance(field, TimeField):
            schema.pop("format", None)  # that of RFC 3339 has an offset from UTC
            schema["pattern"] = TIME
        return schema

    def _get_parameters(self) -> list[dict]:
        parameters = super()._get_parameters()
        examples = {p.name: p.example for p in (*self.operation.path.values(), *self.operation.takes)}
        for parameter in parameters:
            if examples.get(parameter["name"]) is not None:
                parameter["example"] = examples[parameter["name"]]
        return parameters

    def _get_request_body(self, direction: str = "request") -> dict | None:
        body = super()._get_request_body(direction)
        if body is not None and self.operation.body_example is not None:
            for content in body["content"].values():
                content["example"] = self.operation.body_example
                if (most := self.operation.body_most) > 1:
                    one = content["schema"]
                    several = {"type": "array", "items": one, "minItems": 1, "maxItems": most}
                    content["schema"] = {"oneOf": [one, several]}
        return body

    def _get_response_bodies(self, direction: str = "response") -> dict:
        operation = self.operation
        if operation.answer is None:
            is_text = operation.media == "application/json"
            content: dict = {"schema": {"type": "object"} if is_text else {"type": "string", "format": "binary"}}
        else:
            content = {"schema": self.resolve_serializer(operation.answer, direction).ref}
        if operation.answer_example is not None:
            content["example"] = operation.answer_example
        good = {
            "description": operation.answer_text,
            "headers": _headers({**operation.headers, **self._own_headers(), **_LIMIT_HEADERS}),
            "content": dict.fromkeys(operation.medias, content),
        }
        also = {
            str(status): good | {"description": text, "headers": _headers(_LIMIT_HEADERS)}
            for status, text in sorted(operation.also.items())
        }
        if "304" in also:
            del also["304"]["content"]
        elif self._has_etag():
            also["304"] = {"description": _NOT_CHANGED, "headers": good["headers"]}
        return {str(operation.status): good} | also | self._problems() | _TOO_LONG

    def _problems(self) -> dict[str, dict]:
        by_status = defaultdict(list)
        for slug in problems_of(self.operation, self.method):
            by_status[PROBLEM_TYPES[slug].status].append(slug)
        ref = self.resolve_serializer(ProblemSerializer, "response").ref
        return {
            str(status): {
                "description": "\n".join(
                    f"- {PROBLEM_TYPES[slug].title}: {PROBLEM_TYPES[slug].text}" for slug in slugs
                ),
                "headers": _headers({**_PROBLEM_HEADERS.get(status, {}), **_LIMIT_HEADERS}),
                "content": {
                    PROBLEM_MEDIA: {
                        "schema": ref,
                        "examples": {slug: {"value": _example(slug, self.path)} for slug in slugs},
                    }
                },
            }
            for status, slugs in sorted(by_status.items())
        }


def has_data_as_of(operation: Operation) -> bool:
    """Return whether a list tells up to when it is complete."""
    return operation.answer is not None and operation.is_list and "data_as_of" in operation.answer().fields


def problems_of(operation: Operation, method: str) -> list[str]:
    """Return the slugs of all problems that an operation may answer, by status."""
    slugs = {*ALWAYS, *operation.problems}
    if operation.scope is not None:
        slugs |= {*WITH_KEY} - (set() if operation.scope else {"missing-scope"})
    if operation.body is not None:
        slugs |= {*WITH_BODY}
    if operation.path:
        slugs.add("not-found")
    if method == "POST":
        slugs |= {*WITH_RETRY}
    return [slug for slug in PROBLEM_TYPES if slug in slugs]


def _parameter(parameter: Parameter, place: str) -> OpenApiParameter:
    return OpenApiParameter(
        name=parameter.name,
        type=parameter.schema(),
        location=place,
        required=place == OpenApiParameter.PATH or parameter.required,
        description=parameter.text,
        style="deepObject" if parameter.kind == "map" else "form" if parameter.repeatable else None,
        explode=True if parameter.kind == "map" else not parameter.commas if parameter.repeatable else None,
    )


def _headers(texts: dict[str, str]) -> dict[str, dict]:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in texts.items()}


def _example(slug: str, path: str) -> dict:
    kind = PROBLEM_TYPES[slug]
    body = {
        "type": f"/api/v1/docs/#{slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.text,
        "instance": path,
        "request_id": "9f3c2a7be1d04c55",
    }
    return body | ({"errors": _EXAMPLE_ERRORS[slug]} if slug in _EXAMPLE_ERRORS else {})
