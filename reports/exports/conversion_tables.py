"""Kinds of exports with conversion events: their numbers by kind, reason and customer, and the events themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from campaigns.models import ConversionEvent
from deliveries.conversions.api import amount, shown
from deliveries.conversions.selectors import (
    CustomerFigures,
    KindFigures,
    ReasonFigures,
    by_customer,
    by_kind,
    by_reason,
    events_of,
    events_of_campaign,
    narrowed,
)
from deliveries.exports.kinds import Kind, NotAllowed, Page
from deliveries.message_pages.columns import Column
from deliveries.models import Export
from portal.accounts.access import Access
from portal.common.masking import Masking
from portal.common.period_picker import Period
from portal.common.periods import local_day
from reports.exports.campaign_tables import campaign_of
from reports.exports.tables import Table, kind, query_of
from reports.figures.query import StatisticsQuery

NARROWED_BY = ("kind", "reason", "attributed")
_STEP = 5000


def _events_of(table: Table) -> QuerySet[ConversionEvent]:
    return events_of(table.query.tenant_ids, table.query.first, table.query.last)


def _kinds(table: Table) -> list[KindFigures]:
    return by_kind(_events_of(table), table.query.tenant_ids)


def _reasons(table: Table) -> list[ReasonFigures]:
    return by_reason(_events_of(table))


def _customers(table: Table) -> list[CustomerFigures]:
    return by_customer(_events_of(table))


@dataclass(frozen=True, slots=True)
class _Events:
    """The events of a list, newest first."""

    query: StatisticsQuery
    narrowing: dict[str, str]
    access: Access

    @property
    def tenant_ids(self) -> frozenset[int]:
        return frozenset(self.query.tenant_ids)

    def count(self) -> int:
        return self._events().count()

    def pages(self) -> Iterator[Page]:
        events = self._events().select_related("kind", "campaign", "tenant").order_by("-occurred_at", "-id")
        rows = list(events[:_STEP])
        while rows:
            yield (
                [_shown(event, one) for event, one in zip(rows, shown(rows, self.access), strict=True)],
                {self._day(event) for event in rows},
            )
            at, id_ = rows[-1].occurred_at, rows[-1].id
            rows = list(events.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, id__lt=id_))[:_STEP])

    def _events(self) -> QuerySet[ConversionEvent]:
        if self.query.filters.get("campaign"):
            campaign, period = campaign_of(self.query), Period(self.query.first, self.query.last)
            found = events_of_campaign(campaign, period) if campaign else ConversionEvent.objects.none()
        else:
            found = events_of(self.query.tenant_ids, self.query.first, self.query.last)
        return narrowed(found, **self.narrowing)

    def _day(self, event: ConversionEvent) -> tuple[int, Any, bool]:
        """Return the day that retention deletes or masks the event with."""
        texts = (event.event_id, event.message_id, event.attributed_message_id, event.parameter_value)
        masked = Masking(in_full=False)
        has_number = self.access.masking.in_full and any(masked.hides(text) for text in texts)
        return event.tenant_id, local_day(event.occurred_at, event.tenant.timezone), has_number


def _shown(event: ConversionEvent, row: dict[str, Any]) -> dict[str, Any]:
    """Return the API's row with what a file has besides."""
    delivered: datetime | None = event.delivered_at
    return row | {
        "customer": event.tenant.name,
        "reason_text": event.get_reason_display() if event.reason else "",
        "seconds": (event.occurred_at - delivered).total_seconds() if delivered else None,
    }


def _open(_export: Export, access: Access, parameters: dict[str, Any]) -> _Events:
    tenant_ids = access.tenant_ids & set(parameters["tenant_ids"])
    if not tenant_ids or access.account:
        raise NotAllowed("none of the customers can be seen any more")
    narrowing = {name: parameters.get(name, "") for name in NARROWED_BY}
    return _Events(query_of(parameters, tenant_ids), narrowing, access)


def _column(name: str, kind_: Any, heading: Any, key: str = "") -> Column:
    return Column(name, kind_, heading, itemgetter(key or name))


_COUNTS = (
    Column("events", "number", gettext_lazy("Events"), attrgetter("events")),
    Column("attributed", "number", gettext_lazy("With a message"), attrgetter("attributed")),
    Column("unattributed", "number", gettext_lazy("Without a message"), attrgetter("unattributed")),
)
CONVERSION_KINDS = kind(
    gettext_lazy("Events by kind"),
    _kinds,
    Column("kind", "text", gettext_lazy("Kind"), attrgetter("name")),
    *_COUNTS,
    Column(
        "value",
        "text",
        gettext_lazy("Value with a message"),
        lambda row: ", ".join(f"{amount(micros)} {currency}" for currency, micros in row.values),
    ),
    of_all_accounts=True,
)
CONVERSION_REASONS = kind(
    gettext_lazy("Why events have no message"),
    _reasons,
    Column("reason", "word", gettext_lazy("Reason"), attrgetter("text"), attrgetter("code")),
    Column("events", "number", gettext_lazy("Events"), attrgetter("events")),
    of_all_accounts=True,
)
CONVERSION_CUSTOMERS = kind(
    gettext_lazy("Events by customer"),
    _customers,
    Column("customer", "text", gettext_lazy("Customer"), attrgetter("tenant.name")),
    *_COUNTS,
    of_all_accounts=True,
)
_EVENT_COLUMNS = {
    column.name: column
    for column in (
        _column("customer", "word", gettext_lazy("Customer")),
        _column("event_id", "text", gettext_lazy("Event id")),
        _column("kind", "word", gettext_lazy("Kind")),
        _column("occurred_at", "time", gettext_lazy("Time")),
        _column("value", "text", gettext_lazy("Value")),
        _column("currency", "word", gettext_lazy("Currency")),
        _column("belongs_to", "word", gettext_lazy("Belongs to")),
        Column("reason", "word", gettext_lazy("Reason"), itemgetter("reason_text"), itemgetter("reason")),
        _column("delivered_at", "time", gettext_lazy("Delivered at")),
        _column("seconds", "decimal", gettext_lazy("Time after delivery (seconds)")),
        _column("account", "word", gettext_lazy("Account"), "attributed_account"),
        _column("message_id", "text", gettext_lazy("Message id"), "attributed_message_id"),
        _column("campaign", "word", gettext_lazy("Campaign"), "attributed_campaign"),
        _column("variant", "word", gettext_lazy("Variant"), "attributed_variant"),
        _column("source", "word", gettext_lazy("Source")),
        _column("received_at", "time", gettext_lazy("Received")),
    )
}
CONVERSION_EVENTS = Kind(rows=gettext_lazy("Conversion events"), columns=lambda _export: _EVENT_COLUMNS, open=_open)
