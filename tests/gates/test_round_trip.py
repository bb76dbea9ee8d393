"""Reports that a gate sends to the portal's own feed: the dialect reads the same report from each shape."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from deliveries.dialects.link import parse
from deliveries.dialects.registry import DIALECTS
from deliveries.dialects.report import FROM_GATE, Report
from deliveries.gates.forwarded import Endpoint, Forwarded
from deliveries.gates.requests import request_of
from deliveries.ingest.split import split
from portal.common.msisdn import normalize_destination
from tests.gates.samples import AT, REPORT, endpoint, sender
from tests.hypothesis_profile import examples

TEMPLATE = "&".join(
    f"{name}=${{{name}}}"
    for name in (
        *("id", "refId", "operator", "sentTimestamp", "timestamp", "resultCode", "operatorResultCode", "segments"),
        *("source", "destination", "platformPartnerId"),
    )
)
RESERVED = {"source", "destination", "platformPartnerId"}


def is_text(text: str) -> bool:
    """Return whether all shapes can carry a text: not empty, without space around it."""
    return text != "" and text == text.strip()


signs = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r")
texts = st.text(signs, max_size=30).filter(is_text)
maybe = st.none() | texts
times = st.none() | st.datetimes(AT.replace(tzinfo=None) - timedelta(days=300), AT.replace(tzinfo=None)).map(
    lambda time: time.replace(tzinfo=UTC)
)
ids = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="$\ufffe\uffff"), min_size=1, max_size=40
)
written = texts | st.from_regex(r"\+[1-9][0-9]{7,13}", fullmatch=True)
numbers = st.none() | written.map(normalize_destination).filter(is_text)
reports = st.builds(
    lambda **changes: msgspec.structs.replace(REPORT, **changes),
    message_id=ids.filter(is_text),
    part=st.none() | st.integers(0, 254),
    result_code=st.integers(0, 2**31 - 1),  # the feed reads a negative one from JSON only
    status_at=times,
    sent_at=times,
    operator=maybe,
    operator_result_code=maybe,
    segments=st.integers(0, 255),
    ref_id=maybe,
    partner_id=texts,
    source=maybe,
    destination=numbers,
    custom_parameters=st.dictionaries(texts.filter(lambda key: key not in RESERVED), texts, max_size=5),
)


def expected(report: Forwarded) -> Report:
    return Report(
        report.message_id, report.part, report.result_code, report.status_at, report.sent_at,
        report.operator, report.operator_result_code, report.ref_id, report.segments, report.partner_id, FROM_GATE,
        report.source, report.destination, report.custom_parameters, False, False,
    )  # fmt: skip


def read_all(reports: list[Forwarded], destination: Endpoint) -> list[Report]:
    """Return what the feed splits and reads from the request that a gate makes of reports of one partner ID."""
    gate = sender(custom_parameters={"platformPartnerId": reports[0].partner_id, "shop": "7"})
    request = request_of(gate, destination, reports, at=AT)
    form = {"query": urlsplit(request.url).query, "content_type": request.headers.get("content-type", "")}
    pieces = split(request.body, account_id=1, dialect=DIALECTS["link"], **form)
    return [parse(piece, received_at=datetime(2026, 11, 20, 12, 0, tzinfo=UTC), **form) for _slice, piece in pieces]


def read_back(report: Forwarded, destination: Endpoint) -> Report:
    """Return the one report that the feed reads from a request with one."""
    (read,) = read_all([report], destination)
    return read


@examples(30, long=1000)
@given(reports)
def test_json(report):
    assert read_back(report, endpoint()) == expected(report)


@examples(30, long=1000)
@given(reports)
def test_form_pairs(report):
    assert read_back(report, endpoint(content_type="application/x-www-form-urlencoded")) == expected(report)


@examples(30, long=1000)
@given(reports)
def test_xml(report):
    assert read_back(report, endpoint(content_type="application/xml", method="PUT")) == expected(report)


@examples(30, long=1000)
@given(reports)
def test_get_without_a_template(report):
    assert read_back(report, endpoint(method="GET")) == expected(report)


@examples(30, long=1000)
@given(reports)
def test_template_by_get_has_all_but_the_maps(report):
    read = read_back(report, endpoint(method="GET", template=TEMPLATE))
    assert read == msgspec.structs.replace(expected(report), parameters={})


@examples(30, long=1000)
@given(reports)
def test_template_and_body_agree(report):
    assert read_back(report, endpoint(method="POST", template=TEMPLATE)) == expected(report)


@examples(10, long=300)
@given(st.lists(reports, min_size=2, max_size=5))
def test_batch(several):
    several = [msgspec.structs.replace(report, partner_id="nr-fi") for report in several]
    assert read_all(several, endpoint()) == [expected(report) for report in several]
