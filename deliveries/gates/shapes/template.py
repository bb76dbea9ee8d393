"""Template of a query, such as `id=${id}&time=${timestamp|date|yyyy-MM-dd}` (docs/link.md section 6); pure.

A template is checked when a gate is saved (`check`), so that filling one in never fails.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn
from urllib.parse import quote

from deliveries.gates.forwarded import Forwarded
from deliveries.gates.shapes.link import link_id, link_time
from portal.common.number_notations import calling_code, digits_of

_TEXTS: Mapping[str, Callable[[Forwarded], str | None]] = {
    "id": link_id,
    "refId": lambda report: report.ref_id,
    "operator": lambda report: report.operator,
    "resultCode": lambda report: str(report.result_code),
    "operatorResultCode": lambda report: report.operator_result_code,
    "segments": lambda report: str(report.segments),
    "platformPartnerId": lambda report: report.partner_id,
}
_NUMBERS: Mapping[str, Callable[[Forwarded], str | None]] = {
    "source": lambda report: report.source,
    "destination": lambda report: report.destination,
}
_TIMES: Mapping[str, Callable[[Forwarded], datetime | None]] = {
    "sentTimestamp": lambda report: report.sent_at,
    "timestamp": lambda report: report.status_at,
}
FIELDS = (*_TEXTS, *_NUMBERS, *_TIMES)
NUMBER_FILTERS = ("nocountry", "noplus")

# Letters of a date's pattern, as in Java's SimpleDateFormat. Times are in UTC.
_DATE_PARTS: Mapping[str, Callable[[datetime], str]] = {
    "yyyy": lambda time: f"{time:%Y}".zfill(4),
    "yy": lambda time: f"{time:%y}",
    "MM": lambda time: f"{time:%m}",
    "M": lambda time: str(time.month),
    "dd": lambda time: f"{time:%d}",
    "d": lambda time: str(time.day),
    "HH": lambda time: f"{time:%H}",
    "H": lambda time: str(time.hour),
    "mm": lambda time: f"{time:%M}",
    "m": lambda time: str(time.minute),
    "ss": lambda time: f"{time:%S}",
    "s": lambda time: str(time.second),
    "SSS": lambda time: f"{time.microsecond // 1000:03}",
    "XXX": lambda _time: "Z",
    "X": lambda _time: "Z",
    "Z": lambda _time: "+0000",
}
DATE_PARTS = tuple(_DATE_PARTS)

_place = re.compile(r"\$\{([^{}]*)\}")
_date_token = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z']+)|(')")
_SAFE = "%/:?@!$&'()*+,;=~-._[]"  # signs of a query that a template's own text keeps

_Part = str | Callable[[Forwarded], str]


class TemplateError(ValueError):
    """A template that cannot be used. `reason` is one of the constants below, `name` the part that is wrong."""

    UNKNOWN_FIELD, UNKNOWN_FILTER, NOT_FOR_FIELD = "unknown_field", "unknown_filter", "not_for_field"
    BAD_PATTERN, NOT_CLOSED = "bad_pattern", "not_closed"

    def __init__(self, reason: str, name: str, text: str) -> None:
        super().__init__(text)
        self.reason, self.name = reason, name


def check(template: str) -> None:
    """Raise TemplateError for an unknown field or filter, or for one that is written wrongly."""
    _parts(template)


def fill(template: str, report: Forwarded) -> str:
    """Return the query with the report's values, percent-encoded; nothing is an empty text."""
    return "".join(part if isinstance(part, str) else quote(part(report), safe="") for part in _parts(template))


@lru_cache(maxsize=1024)
def _parts(template: str) -> tuple[_Part, ...]:
    found: list[_Part] = []
    end = 0
    for match in _place.finditer(template):
        found += [_literal(template[end : match.start()]), _value(match[1])]
        end = match.end()
    return (*found, _literal(template[end:]))


def _literal(text: str) -> str:
    if "${" in text:
        rest = text[text.index("${") :][:40]
        raise TemplateError(TemplateError.NOT_CLOSED, rest, f"“{rest}”: a field is written as ${{name}}")
    return quote(text, safe=_SAFE)


def _value(expression: str) -> Callable[[Forwarded], str]:
    """Return the function of a field with its filter: `field`, or `field|filter|argument`."""
    name, *filters = expression.split("|", 2)
    if name not in FIELDS:
        known = ", ".join(FIELDS)
        raise TemplateError(TemplateError.UNKNOWN_FIELD, name, f"“{name}” is no field. Fields: {known}")
    if name in _TIMES:
        return _time_value(name, filters)
    if name in _NUMBERS:
        return _number_value(name, filters)
    if filters:
        _refuse(filters, name)
    read = _TEXTS[name]
    return lambda report: read(report) or ""


def _time_value(name: str, filters: list[str]) -> Callable[[Forwarded], str]:
    read = _TIMES[name]
    if not filters:
        return lambda report: link_time(read(report)) or ""
    if filters[0] != "date" or len(filters) != 2:
        _refuse(filters, name)
    write = _date_writer(filters[1])

    def value(report: Forwarded) -> str:
        time = read(report)
        return "" if time is None else write(time.astimezone(UTC))

    return value


def _number_value(name: str, filters: list[str]) -> Callable[[Forwarded], str]:
    read = _NUMBERS[name]
    if not filters:
        return lambda report: read(report) or ""
    if filters[0] != "number" or filters[1:] not in [[one] for one in NUMBER_FILTERS]:
        _refuse(filters, name)
    write = _without_country if filters[1] == "nocountry" else _without_plus
    return lambda report: write(read(report) or "")


def _refuse(filters: list[str], name: str) -> NoReturn:
    """Raise the error about a field's filter that is unknown, incomplete or meant for other fields."""
    text = "|".join(filters)
    fitting = {"date": _TIMES, "number": _NUMBERS}.get(filters[0])
    if fitting is not None and name not in fitting:
        fits = ", ".join(fitting)
        raise TemplateError(TemplateError.NOT_FOR_FIELD, text, f"“{text}” does not apply to {name}, only to: {fits}")
    known = "date|pattern, number|nocountry, number|noplus"
    raise TemplateError(TemplateError.UNKNOWN_FILTER, text, f"“{text}” is no filter. Filters: {known}")


def _date_writer(pattern: str) -> Callable[[datetime], str]:
    parts: list[str | Callable[[datetime], str]] = []
    for quoted, letters, _letter, other, open_quote in _date_token.findall(pattern):
        if open_quote or (letters and letters not in _DATE_PARTS):
            wrong = open_quote or letters
            known = ", ".join(DATE_PARTS)
            raise TemplateError(
                TemplateError.BAD_PATTERN, wrong, f"“{wrong}” is no part of a date's pattern. Parts: {known}"
            )
        parts.append(_DATE_PARTS[letters] if letters else (other or quoted.replace("''", "'") or "'"))
    if not parts:
        raise TemplateError(TemplateError.BAD_PATTERN, pattern, "date: a pattern, such as date|yyyy-MM-dd")
    return lambda time: "".join(part if isinstance(part, str) else part(time) for part in parts)


def _without_plus(text: str) -> str:
    return text.removeprefix("+")


def _without_country(text: str) -> str:
    """Return a number without its calling code; of a masked number the bullets; any other text as it is."""
    if text.startswith("+") and " " in text:  # masked: portal/common/msisdn.py, mask_number
        return text.partition(" ")[2]
    digits = digits_of(text)
    code = calling_code(digits) if digits else None
    return digits[len(code) :] if digits and code else text
