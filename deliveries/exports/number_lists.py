"""Exports of a list of phone numbers: what became of the messages to each of them.

The numbers are stored encrypted with the export, and deleted when the file is made. Messages are found by their
recipient keys (deliveries/messages/recipients.py), so an erased number counts as before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.merging import ids_of_names
from deliveries.dialects.codes import COUNTS_AS
from deliveries.exports.kinds import Day, Kind, NotAllowed, Page
from deliveries.message_pages.columns import Column
from deliveries.message_pages.forms import CLASSES
from deliveries.messages.recipients import RecipientKeys, recipient_keys
from deliveries.models import Export, ResultCode
from portal.accounts.access import Access
from portal.common.number_notations import digits_of
from portal.common.postgres.times import read_times_fast

KIND = Export.NUMBERS
NONE = "none"  # the outcome of a number without messages
_STEP = 5000
_OUTCOMES = ("delivered", "pending", "unknown", "failed")  # the best that is known of the messages
_STATUS_TEXTS = dict(ResultCode.Status.choices)

_FOUND = """
SELECT m.recipient_key, count(*), count(*) FILTER (WHERE m.status = ANY (%(delivered)s)),
       count(*) FILTER (WHERE m.status = ANY (%(pending)s)), count(*) FILTER (WHERE m.status = ANY (%(unknown)s)),
       count(*) FILTER (WHERE m.status = ANY (%(failed)s)), max(m.sent_at), max(m.delivered_at), min(m.day),
       (array_agg(m.status ORDER BY m.sent_at DESC, m.message_id DESC, m.account_id DESC))[1]
FROM unnest(%(keys)s::bytea[]) AS k (key) JOIN message AS m ON m.recipient_key = k.key
WHERE m.tenant_id = %(tenant)s AND m.day BETWEEN %(first)s AND %(last)s
      AND (%(campaigns)s::int[] IS NULL OR m.campaign_id = ANY (%(campaigns)s::int[]))
GROUP BY m.recipient_key
"""


@dataclass(slots=True)
class NumberRow:
    """A line of the list with the messages to its number; times and status are those of the last ones."""

    line: int
    number: str
    messages: int = 0
    delivered: int = 0
    pending: int = 0
    unknown: int = 0
    failed: int = 0
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    status: str = ""

    @property
    def outcome(self) -> str:
        return next((name for name in _OUTCOMES if getattr(self, name)), NONE)

    @property
    def outcome_text(self) -> str | Promise:
        return CLASSES.get(self.outcome, pgettext_lazy("outcome of a number", "No messages"))


def parameters_of(
    numbers: list[tuple[int, str]], *, tenant_ids: frozenset[int], first: date | None, last: date | None, campaign: str
) -> dict[str, Any]:
    """Return a list of (line, number) and the messages to look at as parameters of an export."""
    return {
        "numbers": numbers,
        "tenant_ids": sorted(tenant_ids),
        "first": (first or date.min).isoformat(),
        "last": (last or date.max).isoformat(),
        "campaign": campaign,
    }


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The lines of a list, in its order."""

    tenant_ids: frozenset[int]
    parameters: Mapping[str, Any]
    keys: RecipientKeys

    def count(self) -> int:
        return len(self.parameters["numbers"])

    def pages(self) -> Iterator[Page]:
        rows = [NumberRow(line, number) for line, number in self.parameters["numbers"]]
        days = self._fill(rows)
        for start in range(0, len(rows), _STEP):
            yield rows[start : start + _STEP], days

    def _fill(self, rows: list[NumberRow]) -> set[Day]:
        """Read the messages of all rows, a tenant after the other; return the first days that were read."""
        of_number: dict[str, list[NumberRow]] = {}
        for row in rows:
            of_number.setdefault(digits_of(row.number) or "", []).append(row)
        days: set[Day] = set()
        for tenant_id in sorted(self.tenant_ids):
            of_key = {self.keys.of_number(digits, tenant_id=tenant_id): found for digits, found in of_number.items()}
            for key, *counts, sent_at, delivered_at, day, status in self._found(tenant_id, list(of_key)):
                days.add((tenant_id, day, True))
                for row in of_key[bytes(key)]:
                    _add(row, counts, sent_at, delivered_at, status)
        return days

    def _found(self, tenant_id: int, keys: list[bytes]) -> list[tuple]:
        campaigns, name = None, self.parameters["campaign"]
        if name:
            campaigns = [campaign_id for _tenant, campaign_id in ids_of_names([tenant_id], [name])]
        statuses = {kind: [one for one, counts in COUNTS_AS.items() if counts == kind] for kind in _OUTCOMES}
        values: dict[str, Any] = {"keys": keys, "tenant": tenant_id, "campaigns": campaigns} | statuses
        values |= {name: date.fromisoformat(self.parameters[name]) for name in ("first", "last")}
        with connection.cursor() as cursor:
            read_times_fast(cursor)
            cursor.execute(_FOUND, values)
            return cursor.fetchall()


def _add(row: NumberRow, counts: list[int], sent_at: datetime, delivered_at: datetime | None, status: str) -> None:
    """Add the messages of one tenant to a row."""
    messages, delivered, pending, unknown, failed = counts
    row.messages, row.delivered, row.pending = row.messages + messages, row.delivered + delivered, row.pending + pending
    row.unknown, row.failed = row.unknown + unknown, row.failed + failed
    if row.sent_at is None or sent_at > row.sent_at:
        row.sent_at, row.status = sent_at, status
    if delivered_at is not None and (row.delivered_at is None or delivered_at > row.delivered_at):
        row.delivered_at = delivered_at


def _open(_export: Export, access: Access, parameters: dict[str, Any]) -> _Numbers:
    tenant_ids = access.tenant_ids & set(parameters["tenant_ids"])
    if not tenant_ids or not access.masking.in_full or access.account:
        raise NotAllowed("lists of numbers are for people who see phone numbers in full")
    return _Numbers(tenant_ids, parameters, recipient_keys())  # the role of pages cannot read their secret


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("line", "number", gettext_lazy("Line of the list"), attrgetter("line")),
        Column("number", "text", gettext_lazy("Number"), attrgetter("number")),
        Column(
            "outcome",
            "word",
            gettext_lazy("Outcome"),
            lambda row: str(row.outcome_text),
            attrgetter("outcome"),
            of=attrgetter("outcome"),
        ),
        Column("messages", "number", gettext_lazy("Messages"), attrgetter("messages")),
        *(Column(name, "number", CLASSES[name], attrgetter(name)) for name in _OUTCOMES),
        Column("last_sent_at", "time", gettext_lazy("Last message sent"), attrgetter("sent_at")),
        Column(
            "last_status",
            "word",
            gettext_lazy("Status of the last message"),
            lambda row: str(_STATUS_TEXTS.get(row.status, "")),
            attrgetter("status"),
            of=attrgetter("status"),
        ),
        Column("last_delivered_at", "time", gettext_lazy("Last delivered"), attrgetter("delivered_at")),
    )
}  # fmt: skip
NUMBERS = Kind(rows=gettext_lazy("Numbers"), columns=lambda _export: COLUMNS, open=_open, keeps_parameters=False)
