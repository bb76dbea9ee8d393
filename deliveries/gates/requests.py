"""The HTTP request that takes delivery reports to a destination of a gate; pure."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from deliveries.gates.forwarded import Endpoint, Forwarded, Request, Sender
from deliveries.gates.shapes import event, form, link, template, xml
from deliveries.gates.signing import signature_headers

JSON, XML, FORM = "application/json", "application/xml", "application/x-www-form-urlencoded"
MAX_BATCH = 100
USER_AGENT = "sms-reporting-portal"


class EndpointError(ValueError):
    """A destination that does not fit its gate. `reason` is one of the constants below, `name` the part concerned."""

    EVENT_IS_JSON, EVENT_HAS_BODY, BATCH_IS_JSON = "event_is_json", "event_has_body", "batch_is_json"
    BAD_HEADER, HEADER_TWICE, HEADER_IS_OURS = "bad_header", "header_twice", "header_is_ours"

    def __init__(self, reason: str, name: str, text: str) -> None:
        super().__init__(text)
        self.reason, self.name = reason, name


def check(body: str, endpoint: Endpoint, *, batch_size: int = 1) -> None:
    """Raise EndpointError or TemplateError for a destination that a gate with this kind of body cannot use.

    Call it when a gate is saved. URL and header values have checks of their own (portal/common/egress).
    """
    if endpoint.template:
        template.check(endpoint.template)
    _custom_headers(endpoint.headers)
    if body == "event" and endpoint.method == "GET":
        raise EndpointError(EndpointError.EVENT_HAS_BODY, "method", "method: an event is sent by POST or PUT, not GET")
    if body == "event" and endpoint.content_type != JSON:
        raise EndpointError(EndpointError.EVENT_IS_JSON, "contentType", f"contentType: an event is sent as {JSON}")
    if batch_size > 1 and not can_batch(endpoint):
        raise EndpointError(
            EndpointError.BATCH_IS_JSON,
            "batch_size",
            f"batch_size: more than 1 report per request only by POST or PUT as {JSON} without a template",
        )


def can_batch(endpoint: Endpoint) -> bool:
    """Return whether several reports fit one request to the destination."""
    return endpoint.method != "GET" and endpoint.content_type == JSON and not endpoint.template


def webhook_id(sender: Sender, reports: Sequence[Forwarded]) -> str:
    """Return the request's id, equal in every attempt of the same reports."""
    if len(reports) == 1:
        return f"dlr_{sender.public_id}_{reports[0].inbox_id}"
    ids = ",".join(str(number) for number in sorted(report.inbox_id for report in reports))
    return f"dlr_{sender.public_id}_b{hashlib.sha256(ids.encode()).hexdigest()[:32]}"


def request_of(sender: Sender, endpoint: Endpoint, reports: Sequence[Forwarded], *, at: datetime) -> Request:
    """Return the signed request with these reports, which is sent at this time.

    By GET there is no body: the query is the template, or the form pairs without one.
    """
    if not 1 <= len(reports) <= MAX_BATCH:
        raise ValueError(f"reports: from 1 to {MAX_BATCH}, not {len(reports)}")
    if len(reports) > 1 and not can_batch(endpoint):
        raise ValueError("reports: this destination takes one report per request")
    body, content_type = _body(sender, endpoint, reports)
    ours = {"content-type": content_type} if content_type else {}
    ours |= {"user-agent": USER_AGENT}
    if endpoint.username or endpoint.password:
        pair = f"{endpoint.username}:{endpoint.password}"
        ours["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    custom = _custom_headers(endpoint.headers)
    replaced = {name.lower() for name in custom}
    headers = {name: value for name, value in ours.items() if name not in replaced} | custom
    headers |= signature_headers(webhook_id(sender, reports), body, sender.secrets, at=at)
    return Request(endpoint.method, _url(sender, endpoint, reports[0]), headers, body)


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
    found: dict[str, str] = {}
    seen: set[str] = set()
    for header in headers:
        name, colon, value = header.partition(":")
        name = name.strip()
        if not name or not colon:
            raise EndpointError(EndpointError.BAD_HEADER, header[:40], "header: a name, a colon and a value")
        if name.lower().startswith("webhook-"):
            raise EndpointError(
                EndpointError.HEADER_IS_OURS, name, f"header: “{name}” belongs to the signature, use another name"
            )
        if name.lower() in seen:
            raise EndpointError(EndpointError.HEADER_TWICE, name, f"header: “{name}” occurs twice")
        seen.add(name.lower())
        found[name] = value.strip()
    return found
