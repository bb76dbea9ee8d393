"""The HTTP request that takes delivery reports or an event to a destination of a gate; pure."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from deliveries.gates.forwarded import Endpoint, Event, Forwarded, Request, Sendable, Sender
from deliveries.gates.shapes import event, form, link, own_event, template, xml
from deliveries.gates.signing import signature_headers

JSON, XML, FORM = "application/json", "application/xml", "application/x-www-form-urlencoded"
MAX_BATCH = 100
USER_AGENT = "sms-reporting-portal"


def can_batch(endpoint: Endpoint) -> bool:
    """Return whether several reports fit one request to the destination."""
    return endpoint.method != "GET" and endpoint.content_type == JSON and not endpoint.template


def webhook_id(sender: Sender, reports: Sequence[Sendable]) -> str:
    """Return the request's id, equal in every attempt of the same reports; that of an event is equal at all gates."""
    if isinstance(reports[0], Event):
        return reports[0].id
    if len(reports) == 1:
        return event.event_id(reports[0], sender.public_id)
    ids = ",".join(str(number) for number in sorted(report.inbox_id for report in reports))
    return f"dlr_{sender.public_id}_b{hashlib.sha256(ids.encode()).hexdigest()[:32]}"


def request_of(sender: Sender, endpoint: Endpoint, reports: Sequence[Sendable], *, at: datetime) -> Request:
    """Return the signed request with these reports, or with one event, which is sent at this time.

    By GET there is no body: the query is the template, or the form pairs without one. An event is always JSON, at the
    URL as it is. Never fails for a gate that was
    checked when it was saved (deliveries/gates/definitions.py).
    """
    if not 1 <= len(reports) <= MAX_BATCH:
        raise ValueError(f"reports: from 1 to {MAX_BATCH}, not {len(reports)}")
    if len(reports) > 1 and not can_batch(endpoint):
        raise ValueError("reports: this destination takes one report per request")
    first = reports[0]
    if isinstance(first, Event):
        body, content_type, url = own_event.json_of(first), JSON, endpoint.url
    else:
        body, content_type = _body(sender, endpoint, [one for one in reports if isinstance(one, Forwarded)])
        url = _url(sender, endpoint, first)
    ours = {"content-type": content_type} if content_type else {}
    ours |= {"user-agent": USER_AGENT}
    if endpoint.username or endpoint.password:
        pair = f"{endpoint.username}:{endpoint.password}"
        ours["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    custom = _custom_headers(endpoint.headers)
    replaced = {name.lower() for name in custom}
    headers = {name: value for name, value in ours.items() if name not in replaced} | custom
    headers |= signature_headers(webhook_id(sender, reports), body, sender.secrets, at=at)
    return Request(endpoint.method, url, headers, body)


def part_of(sender: Sender, report: Forwarded) -> bytes:
    """Return what a batch (`can_batch`) holds of one of its reports: an array of it alone."""
    if sender.body == "event":
        return event.json_of([report], sender.public_id, as_array=True)
    return link.json_of([report], sender.custom_parameters, as_array=True)


def _body(sender: Sender, endpoint: Endpoint, reports: Sequence[Forwarded]) -> tuple[bytes, str]:
    """Return the body and its content type, both empty by GET."""
    if endpoint.method == "GET":
        return b"", ""
    as_array = len(reports) > 1 or (sender.is_batched and can_batch(endpoint))
    if sender.body == "event":
        return event.json_of(reports, sender.public_id, as_array=as_array), JSON
    if endpoint.content_type == JSON:
        return link.json_of(reports, sender.custom_parameters, as_array=as_array), JSON
    fields = link.fields(reports[0], sender.custom_parameters)
    if endpoint.content_type == XML:
        return xml.document(fields).encode(), f"{XML}; charset=utf-8"
    if endpoint.content_type == FORM:
        return form.pairs(fields).encode(), FORM
    raise ValueError(f"contentType: {JSON}, {XML} or {FORM}, not {endpoint.content_type}")


def _url(sender: Sender, endpoint: Endpoint, report: Forwarded) -> str:
    """Return the destination's URL with the filled template, or by GET the form pairs, after its own query."""
    if endpoint.template:
        more = template.fill(endpoint.template, report)
    elif endpoint.method == "GET":
        more = form.pairs(link.fields(report, sender.custom_parameters))
    else:
        return endpoint.url
    parts = urlsplit(endpoint.url)
    return parts._replace(query="&".join(filter(None, (parts.query, more)))).geturl()


def _custom_headers(headers: Sequence[str]) -> dict[str, str]:
    """Return the destination's own headers; values of one name are joined, as HTTP permits."""
    found: dict[str, str] = {}
    for header in headers:
        name, _colon, value = (part.strip() for part in header.partition(":"))
        same = next((known for known in found if known.lower() == name.lower()), name)
        found[same] = f"{found[same]}, {value}" if same in found else value
    return found
