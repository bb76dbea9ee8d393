"""Statistics of the API as a CSV table, for Power Query and spreadsheets, and as lines of JSON: the same figures."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.http import HttpResponse

from portal.api.parameters import NDJSON
from portal.api.tables import DATA_AS_OF
from portal.common.csv_file import ENCODING, CsvForm, Number, write_rows

FORMATS = ("json", "csv", "ndjson")

_FIGURES = (
    "messages",
    "parts",
    "delivered",
    "failed",
    "pending",
    "unknown",
    "delivered_parts",
    "billed_parts",
    "final",
    "delivery_rate",
    "delivery_rate_of_final",
    "failed_rate",
    "maturity",
)
_INTERVAL = ("delivery_rate_low", "delivery_rate_high")
_AMOUNTS = ("cost", "of_failed", "of_billed_undelivered", "of_unknown", "per_delivered")
_CONVERTED = ("converted", "recipients", "rate")
_LATENCY = ("median", "p90", "p95", "p99")


def ndjson_answer(answer: Mapping[str, Any]) -> HttpResponse:
    """Return the answer's groups as lines of JSON, or its total where nothing is grouped by."""
    lines = (orjson.dumps(group, option=orjson.OPT_UTC_Z) + b"\n" for group in _groups(answer))
    response = HttpResponse(b"".join(lines), content_type=NDJSON)
    response.headers[DATA_AS_OF] = answer["data_as_of"]
    return response


def csv_answer(answer: Mapping[str, Any], form: CsvForm) -> HttpResponse:
    """Return the answer's groups as CSV, or its total where nothing is grouped by.

    The rest beyond `limit` and the comparison's total are left out, so that a column can be summed.
    """
    names: list[str] = list(answer["group_by"])
    with_before = answer["compared_with"] is not None
    groups = _groups(answer)
    currencies = _currencies(answer)
    people = _People(answer["total"], groups)
    head = [*names, *_head("")] + (_head("before_") if with_before else []) + _cost_head(currencies) + people.head()
    rows = (
        [*_key(group, names), *_row(group, form)]
        + (_row(group["before"], form) if with_before else [])
        + _cost_row(group["costs"], currencies, form)
        + people.row(group, form)
        for group in groups
    )
    file = io.StringIO()
    write_rows(file, form, _all(head, rows))
    response = HttpResponse(file.getvalue().encode(ENCODING), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="statistics.csv"'
    response.headers[DATA_AS_OF] = answer["data_as_of"]
    return response


def _groups(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return answer["groups"] if answer["group_by"] else [{"key": {}} | answer["total"] | _total_before(answer)]


def _currencies(answer: Mapping[str, Any]) -> list[str] | None:
    """Return the currencies of the answer's costs; None if it has no costs."""
    costs = answer["total"]["costs"]
    return None if costs is None else [one["currency"] for one in costs["amounts"]]


def _cost_head(currencies: list[str] | None) -> list[str]:
    if currencies is None:
        return []
    return [f"{name}_{one}" for one in currencies for name in _AMOUNTS] + ["unpriced_messages", "unpriced_parts"]


def _cost_row(costs: Mapping[str, Any] | None, currencies: list[str] | None, form: CsvForm) -> list[Any]:
    if costs is None or currencies is None:
        return []
    amounts = {one["currency"]: one for one in costs["amounts"]}
    values = [amounts[one][name] if one in amounts else None for one in currencies for name in _AMOUNTS]
    numbers = [_number(value, form) if isinstance(value, str) else value for value in values]
    return [*numbers, costs["unpriced"]["messages"], costs["unpriced"]["parts"]]


class _People:
    """The columns of what `include` asks for."""

    def __init__(self, total: Mapping[str, Any], groups: list[Mapping[str, Any]]) -> None:
        self.has_recipients, self.has_conversions = total["recipients"] is not None, total["conversions"] is not None
        revenue = [one for figures in (total, *groups) if figures["conversions"] for one in _revenue(figures)]
        self.currencies = sorted(set(revenue))

    def head(self) -> list[str]:
        """Return their names."""
        names = ["recipients"] if self.has_recipients else []
        if self.has_conversions:
            names += [f"conversions_{name}" for name in _CONVERTED]
            names += [f"conversions_revenue_{currency}" for currency in self.currencies]
        return names

    def row(self, group: Mapping[str, Any], form: CsvForm) -> list[Any]:
        """Return their values."""
        values = [group["recipients"]] if self.has_recipients else []
        if self.has_conversions:
            converted = group["conversions"] or dict.fromkeys(_CONVERTED)
            revenue = _revenue(group) if group["conversions"] else {}
            values += [*(converted[name] for name in _CONVERTED), *(revenue.get(one) for one in self.currencies)]
        return [_number(repr(value), form) if isinstance(value, float) else value for value in values]


def _revenue(figures: Mapping[str, Any]) -> dict[str, float]:
    return {one["currency"]: one["total"] for one in figures["conversions"]["revenue"]}


def _all(head: list[str], rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield head
    yield from rows


def _head(prefix: str) -> list[str]:
    return [f"{prefix}{name}" for name in (*_FIGURES, *_INTERVAL, *(f"latency_{name}" for name in _LATENCY))]


def _total_before(answer: Mapping[str, Any]) -> dict[str, Any]:
    compared = answer["compared_with"]
    return {"before": None if compared is None else compared["total"]}


def _key(group: Mapping[str, Any], names: list[str]) -> list[Any]:
    return [group["key"][name] for name in names]


def _number(value: object, form: CsvForm) -> Number:
    return Number(str(value).replace(".", form.decimal))


def _row(figures: Mapping[str, Any] | None, form: CsvForm) -> list[Any]:
    if figures is None:
        return [None] * len(_head(""))
    interval = figures["delivery_rate_interval"] or (None, None)
    latency = figures["latency"] or dict.fromkeys(_LATENCY)
    values = [*(figures[name] for name in _FIGURES), *interval, *(latency[name] for name in _LATENCY)]
    return [_number(repr(value), form) if isinstance(value, float) else value for value in values]
