"""The kinds of resources that have shapes of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

from sms_portal.calls import Call, call, path_of
from sms_portal.shapes import (
    Alert,
    AlertRule,
    Campaign,
    CampaignWithFigures,
    Conversion,
    ConversionKind,
    Export,
    Gate,
    ListedReport,
    Message,
    MessageWithReports,
    Page,
    PartnerId,
    PartnerIdRequest,
    Report,
)

Row = TypeVar("Row")
One = TypeVar("One")


class Kind(Generic[Row, One]):
    """A resource: its path, the shape of its rows in a list, and that of one alone."""

    def __init__(self, path: str, row: type[Row], one: type[One]) -> None:
        self.path = path if path.endswith("/") else f"{path}/"
        self._row, self._one = row, one

    def page(self, query: Mapping[str, Any]) -> Call[Page[Row]]:
        shape = cast("type[Page[Row]]", Page[self._row])  # type: ignore[name-defined]  # known when it runs
        return call("GET", self.path, shape, query=query)

    def ask(
        self,
        method: str,
        ids: Iterable[object],
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        idempotency_key: str | None = None,
    ) -> Call[One]:
        path = self.path + path_of(*ids)
        return call(method, path, self._one, query=query, body=body, idempotency_key=idempotency_key)


MESSAGES = Kind("messages/", Message, MessageWithReports)
DELIVERY_REPORTS = Kind("delivery-reports/", ListedReport, ListedReport)
PARTNER_IDS = Kind("partner-ids/", PartnerId, PartnerId)
PARTNER_ID_REQUESTS = Kind("partner-ids/requests/", PartnerIdRequest, PartnerIdRequest)
CAMPAIGNS = Kind("campaigns/", Campaign, CampaignWithFigures)
CONVERSIONS = Kind("conversions/", Conversion, Conversion)
CONVERSION_KINDS = Kind("conversions/kinds/", ConversionKind, ConversionKind)
EXPORTS = Kind("exports/", Export, Export)
REPORTS = Kind("reports/", Report, Report)
GATES = Kind("gates/", Gate, Gate)
ALERTS = Kind("alerts/", Alert, Alert)
ALERT_RULES = Kind("alert-rules/", AlertRule, AlertRule)


def plain(path: str) -> Kind[dict[str, Any], dict[str, Any]]:
    """Return any other resource; its rows are dictionaries."""
    return Kind[dict[str, Any], dict[str, Any]](path, dict[str, Any], dict[str, Any])
