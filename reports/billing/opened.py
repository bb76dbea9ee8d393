"""A line of a statement opened: what it counted, today's messages, and the changes that the ledger names since."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from deliveries.dialects.codes import STATUS_RANK
from deliveries.models import RetentionMark
from portal.common.periods import Month
from portal.tenants.scope import with_descendants
from reports.billing.corrections import Place, of_places, quantity_of
from reports.billing.recounts import causes_of_place, counted_rows, named_changes
from reports.billing.versions import Spans, read_spans
from reports.models import StatementLine
from reports.pricing.tariff import Basis, Per


@dataclass(frozen=True, slots=True)
class OpenedLine:
    """A line that counts messages, as it was billed and as it is today.

    `then` is the quantity that was counted (of a correction the difference), `today` the one that would be counted now.
    `changes` are cause, messages and parts. Messages of days before `sealed_before` are deleted: retention. `searches`
    are the filters of Message Search that find today's messages, one for each span of days.
    """

    line: StatementLine
    then: int
    today: int
    changes: list[tuple[str, int, int]]
    sealed_before: date | None
    searches: list[dict[str, Any]]

    @property
    def is_sealed(self) -> bool:
        """Return whether all messages of the line are past retention."""
        return self.sealed_before is not None and self.line.last < self.sealed_before

    @property
    def is_partly_sealed(self) -> bool:
        return self.sealed_before is not None and self.line.first < self.sealed_before <= self.line.last


def has_messages(line: StatementLine) -> bool:
    """Return whether a line counts messages, so that it can be opened."""
    return line.account_id is not None and "days" in line.counted


def open_line(line: StatementLine) -> OpenedLine:
    """Return what a line of messages counted, and what its messages are today."""
    assert line.account_id is not None  # has_messages
    place = Place(line.account_id, line.partner_id, line.country, line.operator, line.sender_type)
    spans, basis = read_spans(line.counted["days"]), Basis(line.counted["basis"])
    tenant_ids = with_descendants([line.statement.customer_id])
    rows = of_places(counted_rows(tenant_ids, Month.of(line.month), place=place)).get(place, ())
    sealed = _sealed_before(tenant_ids)
    now = causes_of_place(tenant_ids, place, line.first, line.last)
    return OpenedLine(
        line=line,
        then=line.quantity,
        today=quantity_of(rows, spans, basis, Per(line.per)),
        changes=named_changes(line.counted.get("causes", {}), now),
        sealed_before=sealed,
        searches=[_search(line, basis, span, sealed) for span in spans if sealed is None or span[1] >= sealed],
    )


def _sealed_before(tenant_ids: Collection[int]) -> date | None:
    marks = RetentionMark.objects.filter(tenant__in=tenant_ids).values_list("messages_before", flat=True)
    return max((day for day in marks if day is not None), default=None)


def _search(line: StatementLine, basis: Basis, span: tuple[date, date], sealed: date | None) -> dict[str, Any]:
    first = span[0] if sealed is None else max(span[0], sealed)
    found: dict[str, Any] = {"from": first.isoformat(), "to": span[1].isoformat()}
    for name in ("partner_id", "country", "operator"):
        if value := getattr(line, name):
            found[name] = value
    if basis != Basis.SUBMITTED:
        found["status"] = [status for status in STATUS_RANK if basis.charges(status)]
    return found


__all__ = ["OpenedLine", "Spans", "has_messages", "open_line"]
