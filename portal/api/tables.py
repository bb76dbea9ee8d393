"""Lists as CSV and NDJSON, by `Accept`: the rows of the JSON, in the same order and with the same fields."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework.fields import DateField, DateTimeField, Field
from rest_framework.serializers import ListSerializer, Serializer

from portal.api.parameters import CSV, NDJSON
from portal.common.csv_file import ENCODING, MACHINE, CsvForm, Number, form_of, write_rows

JSON = "application/json"
DATA_AS_OF = "Data-As-Of"
_FORMS = {"en": MACHINE, "fi": form_of("fi", "FI")}


def wanted_media(request: HttpRequest) -> str:
    """Return what the request accepts first of JSON, CSV and NDJSON; JSON where it accepts anything else."""
    for accepted in request.headers.get("Accept", "").split(","):
        media = accepted.split(";")[0].strip().lower()
        if media in (CSV, NDJSON, JSON):
            return media
        if media in ("*/*", "application/*"):
            return JSON
    return JSON


def csv_form(lang: str | None) -> CsvForm:
    """Return the form of a CSV: of Finland with semicolons and decimal commas for `fi`, else with commas and points."""
    return _FORMS[lang or "en"]


class Table:
    """Rows of a list as CSV or NDJSON; what lies beside `data` in the JSON is left to the headers."""

    def __init__(self, media: str, answer: type[Serializer], lang: str | None) -> None:
        self.media = media
        self._form = csv_form(lang)
        self._columns: list[_Column] = []
        if media == CSV:
            self._columns = list(_columns(cast(Serializer, cast(ListSerializer, answer().fields["data"]).child)))

    @property
    def headers(self) -> dict[str, str]:
        """The headers of an answer with these rows."""
        if self.media == NDJSON:
            return {"Content-Type": NDJSON}
        return {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="list.csv"',
        }

    def head(self) -> bytes:
        """Return what comes before the rows: the names of a CSV's columns."""
        if self.media == NDJSON:
            return b""
        return self._written([["_".join(column.path) for column in self._columns]]).encode(ENCODING)

    def lines(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """Return these rows."""
        if self.media == NDJSON:
            return b"".join(orjson.dumps(row, option=orjson.OPT_UTC_Z) + b"\n" for row in rows)
        return self._written([column.cell(row, self._form) for column in self._columns] for row in rows).encode()

    def page(self, data: Mapping[str, Any]) -> HttpResponse:
        """Return an answer with the rows of one page."""
        return HttpResponse(self.head() + self.lines(data["data"]), headers=self.headers)

    def _written(self, rows: Iterable[Iterable[Any]]) -> str:
        file = io.StringIO(newline="")
        write_rows(file, self._form, rows)
        return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Column:
    """A column by the names that lead to its value."""

    path: tuple[str, ...]
    field: Field

    def cell(self, row: Mapping[str, Any], form: CsvForm) -> Any:
        """Return its value in a row."""
        value: Any = row
        for name in self.path:
            value = None if value is None else value.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return Number(repr(value).replace(".", form.decimal))
        if isinstance(value, Mapping | list | tuple):
            return orjson.dumps(value).decode() if value else None
        if value and form.for_people and isinstance(self.field, DateTimeField):
            return datetime.fromisoformat(value)
        if value and form.for_people and isinstance(self.field, DateField):
            return date.fromisoformat(value)
        return value


def _columns(row: Serializer, above: tuple[str, ...] = ()) -> Iterator[_Column]:
    """Yield all columns: what lies below a field follows it, lists and maps are one column."""
    for name, field in cast(Mapping[str, Field], row.fields).items():
        if isinstance(field, Serializer):
            yield from _columns(field, (*above, name))
        else:
            yield _Column((*above, name), field)
