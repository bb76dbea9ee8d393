"""All that the portal knows about one gateway's delivery reports, in one object (docs/dialects.md)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from deliveries.dialects.codes import Code
from deliveries.dialects.report import NoMessage, Report
from portal.tenants.dialects import Setup


class Parse(Protocol):
    """Reads one raw row. Raises Unreadable for what is no delivery report of the dialect.

    `query`, `content_type` and `content_encoding` are the request's; `accept_days` is an import's.
    """

    def __call__(
        self,
        body: bytes,
        *,
        received_at: Any,
        default_partner_id: str = "",
        accept_days: int | None = None,
        query: str = "",
        content_type: str = "",
        content_encoding: str = "",
    ) -> Report | NoMessage: ...


class KeyOfData(Protocol):
    """Returns the message id in a report that was read as JSON, '' for none; `default` is the query's."""

    def __call__(self, data: Any, default: str = "") -> str: ...


class KeyOfRow(Protocol):
    """Returns the message id of a raw row in any form, '' where there is none."""

    def __call__(self, body: bytes, *, query: str = "", content_type: str = "") -> str: ...


class Signature(NamedTuple):
    """Headers of a signature by Ed25519 over `{timestamp}.{unpacked body}`; their names are in small letters."""

    timestamp: str
    signature: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """One dialect. Its name is its key in the registry.

    `envelope` is the key of the array that holds the reports where a body is one object. `patience` is how long the
    gateway tries to deliver a report by default. `signature` is None where the gateway signs nothing, `setup` where the
    values to enter are those of LINK's gates.
    """

    title: str
    codes: dict[int, Code]
    billed: frozenset[int]  # codes with which the message is billed
    advice: dict[int, tuple[str, str]]  # English, Finnish
    parse: Parse
    key: KeyOfData
    key_of_row: KeyOfRow
    patience: timedelta
    envelope: str = ""
    signature: Signature | None = None
    setup: Setup | None = None
