"""Description of one API operation: used by the view itself and by the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from rest_framework.fields import DateTimeField, Field
from rest_framework.serializers import ListSerializer, Serializer

from portal.api.parameters import CSV, LANG, NDJSON, TIMEZONE, Parameter
from portal.tenants.models import ApiKey

READ, NUMBERS, SUBMIT = ApiKey.Scope.READ, ApiKey.Scope.NUMBERS, ApiKey.Scope.SUBMIT
PARTNER_IDS, CONVERT, GATES = ApiKey.Scope.PARTNER_IDS, ApiKey.Scope.CONVERT, ApiKey.Scope.GATES
EXPORTING, REPORTS, ADMIN = ApiKey.Scope.EXPORT, ApiKey.Scope.REPORTS, ApiKey.Scope.ADMIN
BILLING, ALERTS, CAMPAIGNS = ApiKey.Scope.BILLING, ApiKey.Scope.ALERTS, ApiKey.Scope.CAMPAIGNS
SETTINGS = ApiKey.Scope.SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    `scope` is what the key needs ("" any key, None no key at all). `answer` is the serializer that answers go through,
    None for a file of the media type `media`; `problems` are the slugs of its own errors (portal/api/problem_types.py),
    beside those that follow from key, body and path. `path` are the parameters in the path, `headers` the answer's
    own head fields, name → text; a body may also be an array of 1 to `body_most`; `also` are other
    statuses of the same answer, without those head fields; `sample` are the query parameters of the example requests.
    `is_stream`: it goes on outside of Django (deliveries/stream/app.py), so its pages are JSON in UTC without `Link`;
    nor have they an `ETag`.
    """

    id: str
    tag: str
    summary: str
    text: str
    scope: str | None = READ
    parameters: tuple[Parameter, ...] = ()
    path: Mapping[str, Parameter] = field(default_factory=dict)
    body: type[Serializer] | None = None
    body_most: int = 1
    body_example: Mapping | None = None
    sample: Mapping[str, object] = field(default_factory=dict)
    answer: type[Serializer] | None = None
    answer_text: str
    answer_example: object = None
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict)
    media: str = "application/json"
    also_media: tuple[str, ...] = ()
    is_stream: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        """Return whether the answer is a page of rows, which is had as CSV and NDJSON too."""
        if self.is_stream or self.body is not None or self.answer is None:
            return False
        return "data" in _fields(self.answer)

    @property
    def has_etag(self) -> bool:
        """Return whether a GET's answer has an `ETag`. A page of a stream would be 304 instead of waiting for news."""
        return self.answer is not None and not self.is_stream

    @property
    def has_cursor(self) -> bool:
        """Return whether the answer is a page, with others before or behind its cursors."""
        return any(parameter.name == "cursor" for parameter in self.parameters)

    @property
    def is_paged(self) -> bool:
        """Return whether the answer is a list of several pages, which is had as a whole, too."""
        return self.is_list and {"cursor", "size"}.issubset(parameter.name for parameter in self.parameters)

    @property
    def takes(self) -> tuple[Parameter, ...]:
        """Return the query parameters, with those of how an answer is shown."""
        names = {parameter.name for parameter in self.parameters}
        added = [LANG] if self.is_list else []
        added += [TIMEZONE] if self.is_in_zone else []
        return (*self.parameters, *(parameter for parameter in added if parameter.name not in names))

    @property
    def is_in_zone(self) -> bool:
        """Return whether the answer's times are shown in the zone that the request names."""
        if self.is_list:
            return True
        if self.is_stream or self.body is not None or self.answer is None or not _has_times(self.answer):
            return False
        return TIMEZONE.name not in {parameter.name for parameter in self.parameters}  # of another meaning

    @property
    def medias(self) -> tuple[str, ...]:
        """Return the media types of the answer."""
        return (self.media, *self.also_media, *((CSV, NDJSON) if self.is_list else ()))


@cache
def _fields(answer: type[Serializer]) -> frozenset[str]:
    return frozenset(answer().fields)


@cache
def _has_times(answer: type[Serializer]) -> bool:
    return _is_of_times(answer())


def _is_of_times(field: Field) -> bool:
    if isinstance(field, ListSerializer):
        return _is_of_times(field.child)
    if isinstance(field, Serializer):
        return any(map(_is_of_times, field.fields.values()))
    return isinstance(field, DateTimeField)
