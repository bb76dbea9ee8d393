"""Templates of queries: fields, filters, encoding, and the faults that are found when a gate is saved."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

import pytest

from deliveries.gates.shapes.template import TemplateError, check, fill
from tests.gates.samples import EMPTY, report

TIME = datetime(2026, 3, 5, 7, 8, 9, 45_000, tzinfo=UTC)


def filled(template: str, **changes: object) -> str:
    return fill(template, report(**changes))


def test_every_field():
    names = [
        *("id", "refId", "operator", "sentTimestamp", "timestamp", "resultCode", "operatorResultCode", "segments"),
        *("source", "destination", "platformPartnerId"),
    ]
    template = "&".join(f"{name}=${{{name}}}" for name in names)
    assert fill(template, report()).split("&") == [
        "id=Dcshuhod0PMAAAFQ%2B%2FPbnR3x%241",
        "refId=sale-%C3%A4%7CB",
        "operator=no.telenor",
        "sentTimestamp=2026-11-20T09%3A37%3A35Z",
        "timestamp=2026-11-20T09%3A37%3A00Z",
        "resultCode=1001",
        "operatorResultCode=2",
        "segments=2",
        "source=ACME%20%26%20Co",
        "destination=%2B358401234567",
        "platformPartnerId=nr-fi",
    ]
    empty = fill(template, EMPTY)
    assert empty.startswith(
        "id=Dcshuhod0PMAAAFQ%2B%2FPbnR3x&refId=&operator=&sentTimestamp=&timestamp=&resultCode=1001"
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-MM-dd", "2026-03-05"),
        ("yyyyMMddHHmmss", "20260305070809"),
        ("d.M.yy H:m:s", "5.3.26%207%3A8%3A9"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-03-05T07%3A08%3A09.045Z"),
        ("HH:mm:ssX", "07%3A08%3A09Z"),
        ("HHmmZ", "0708%2B0000"),
        ("yyyy''MM", "2026%2703"),
        ("'day ''1'''dd", "day%20%271%2705"),
        ("yyyy|MM", "2026%7C03"),
    ],
)
def test_dates_by_pattern_in_utc(pattern, expected):
    there = TIME.astimezone(timezone(timedelta(hours=2)))
    assert filled(f"${{timestamp|date|{pattern}}}", status_at=there) == expected
    assert filled(f"a=${{sentTimestamp|date|{pattern}}}", sent_at=None) == "a="


@pytest.mark.parametrize(
    ("number", "nocountry", "noplus"),
    [
        ("+358401234567", "401234567", "358401234567"),
        ("+14155550123", "4155550123", "14155550123"),
        ("4790000000", "90000000", "4790000000"),
        ("17163", "17163", "17163"),  # a short number has no calling code
        ("NO-2333", "NO-2333", "NO-2333"),
        ("ACME", "ACME", "ACME"),
        ("+358 •••••••67", "•••••••67", "358 •••••••67"),  # erased
        (None, "", ""),
    ],
)
@pytest.mark.parametrize("field", ["source", "destination"])
def test_numbers(field, number, nocountry, noplus):
    assert unquote(filled(f"${{{field}|number|nocountry}}", **{field: number})) == nocountry
    assert unquote(filled(f"${{{field}|number|noplus}}", **{field: number})) == noplus


def test_text_between_fields_stays_as_it_is_written():
    assert filled("a=1&b=%20+x&c[]=${resultCode}&d=$5") == "a=1&b=%20+x&c[]=1001&d=$5"
    assert filled("a=ä b#c<${resultCode}>") == "a=%C3%A4%20b%23c%3C1001%3E"
    assert filled("constant=1") == "constant=1"


def test_values_are_not_filled_in_twice():
    assert filled("a=${refId}", ref_id="${id}&b=%41") == "a=%24%7Bid%7D%26b%3D%2541"


@pytest.mark.parametrize(
    ("template", "reason", "name", "text"),
    [
        ("x=${gateId}", TemplateError.UNKNOWN_FIELD, "gateId", "“gateId” is no field. Fields: id, "),
        ("x=${}", TemplateError.UNKNOWN_FIELD, "", "is no field"),
        ("x=${ID}", TemplateError.UNKNOWN_FIELD, "ID", "is no field"),
        ("x=${id}&y=${timestamp", TemplateError.NOT_CLOSED, "${timestamp", "a field is written as"),
        ("x=${a${id}}", TemplateError.NOT_CLOSED, "${a", "a field is written as"),
        ("x=${timestamp|upper}", TemplateError.UNKNOWN_FILTER, "upper", "“upper” is no filter. Filters: date"),
        ("x=${id|upper|x}", TemplateError.UNKNOWN_FILTER, "upper|x", "is no filter"),
        ("x=${timestamp|date}", TemplateError.UNKNOWN_FILTER, "date", "is no filter. Filters: date|pattern"),
        ("x=${source|number|nozero}", TemplateError.UNKNOWN_FILTER, "number|nozero", "number|nocountry"),
        ("x=${source|number|noplus|nocountry}", TemplateError.UNKNOWN_FILTER, "number|noplus|nocountry", "no filter"),
        (
            "x=${source|date|yyyy}",
            TemplateError.NOT_FOR_FIELD,
            "date|yyyy",
            "to source, only to: sentTimestamp, timest",
        ),
        ("x=${id|number|noplus}", TemplateError.NOT_FOR_FIELD, "number|noplus", "to id, only to: source, destination"),
        ("x=${timestamp|number|noplus}", TemplateError.NOT_FOR_FIELD, "number|noplus", "does not apply to timestamp"),
        ("x=${timestamp|date|YYYY-MM-dd}", TemplateError.BAD_PATTERN, "YYYY", "“YYYY” is no part of a date's pattern"),
        ("x=${timestamp|date|yyyy-MMM}", TemplateError.BAD_PATTERN, "MMM", "Parts: yyyy, yy, MM"),
        ("x=${timestamp|date|}", TemplateError.BAD_PATTERN, "", "a pattern, such as"),
        ("x=${timestamp|date|HH 'open}", TemplateError.BAD_PATTERN, "'", "is no part"),
    ],
)
def test_faults_are_named(template, reason, name, text):
    with pytest.raises(TemplateError) as caught:
        check(template)
    assert (caught.value.reason, caught.value.name) == (reason, name)
    assert text in str(caught.value)
