"""Values that a request of a gate is made from, and the request; pure."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Forwarded(Struct, frozen=True):
    """One delivery report with its message, read when it is sent.

    `status` and `final` are the report's. `segments` is the number of SMS parts, `segments_of` the values of the
    tenant's segment keys. With `is_masked` the number was erased: `destination` and the texts are masked already.
    """

    inbox_id: int
    account_id: int
    message_id: str
    part: int | None
    result_code: int
    status_at: datetime | None
    sent_at: datetime | None
    received_at: datetime
    operator: str | None
    operator_result_code: str | None
    segments: int
    ref_id: str | None
    partner_id: str
    source: str | None
    sender_type: str
    destination: str | None
    custom_parameters: dict[str, str]
    is_masked: bool
    tenant_slug: str
    tenant_name: str
    country: str
    campaign_id: int
    campaign: str
    variant: str
    labels: dict[str, str]
    segments_of: dict[str, str]
    status: str
    final: bool


class Event(Struct, frozen=True):
    """One event of the portal, read when it is sent. Its body holds no phone numbers.

    `inbox_id` is its id below zero, which tells it from reports in the queue. `id` is the same in every attempt.
    """

    inbox_id: int
    id: str
    type: str
    received_at: datetime
    tenant_slug: str
    tenant_name: str
    body: dict[str, Any]
    is_masked: bool = False


Sendable = Forwarded | Event


class Endpoint(Struct, frozen=True):
    """A destination with its secrets decrypted. A header is "name:value"."""

    id: int
    url: str
    content_type: str
    method: str
    template: str
    username: str
    password: str
    headers: tuple[str, ...]


class Sender(Struct, frozen=True):
    """A gate, as far as requests need it.

    `body` is "link" or "event". `secrets` are the valid ones, newest first. With `is_batched` the body is an array
    even if only one report waits, so that a receiver of batches reads one form only.
    """

    public_id: str
    body: str
    custom_parameters: dict[str, str]
    acknowledge: bool
    secrets: tuple[str, ...]
    is_batched: bool = False


class Request(Struct, frozen=True):
    """One HTTP request, complete but for Host and Content-Length."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
