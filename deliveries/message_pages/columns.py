"""Columns of files with messages: the page as CSV, and whole searches as CSV, XLSX and Parquet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from deliveries.message_pages.forms import CLASSES
from deliveries.message_pages.presenter import MessageRow
from portal.common.templatetags.figures import country

Kind = Literal["time", "text", "word", "number"]  # a word has few different values


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `heading` and `value` are for people, in the active language; `name` and `raw` are for programs.

    A value is a datetime in UTC, a text, a whole number, or None for what is not known.
    """

    name: str
    kind: Kind
    heading: Promise
    value: Callable[[MessageRow], Any]
    raw: Callable[[MessageRow], Any] | None = None  # None: as `value`

    def heading_in(self, timezone: str) -> str:
        """Return the heading; a time's names its zone."""
        return f"{self.heading} ({timezone})" if self.kind == "time" else str(self.heading)


def _whole_seconds(row: MessageRow) -> int | None:
    return None if row.seconds is None else int(row.seconds + 0.5)  # as on the page


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("sent_at", "time", gettext_lazy("Sent"), lambda row: row.sent_at),
        Column("customer", "word", gettext_lazy("Customer"), lambda row: row.tenant.name, lambda row: row.tenant.slug),
        Column("account", "word", gettext_lazy("Account"), lambda row: row.account),
        Column("message_id", "text", gettext_lazy("Message id"), lambda row: row.message_id),
        Column("number", "text", gettext_lazy("Number"), lambda row: row.destination),
        Column("sender", "text", gettext_lazy("Sender"), lambda row: row.source),
        Column("country", "word", gettext_lazy("Country code"), lambda row: row.country),
        Column("country_name", "word", gettext_lazy("Country"), lambda row: country(row.country)),
        Column("operator", "word", gettext_lazy("Operator"), lambda row: row.operator),
        Column("status", "word", gettext_lazy("Status"), lambda row: str(row.status_text), lambda row: row.status),
        Column(
            "counts_as",
            "word",
            gettext_lazy("Counts as"),
            lambda row: str(CLASSES[row.counts_as]),
            lambda row: row.counts_as,
        ),
        Column("result_code", "number", gettext_lazy("Result code"), lambda row: row.code.number),
        Column("meaning", "word", gettext_lazy("Meaning"), lambda row: row.code.text),
        Column("ref_id", "text", gettext_lazy("RefId"), lambda row: row.ref_id),
        Column("campaign", "word", gettext_lazy("Campaign"), lambda row: row.campaign),
        Column("variant", "word", gettext_lazy("Variant"), lambda row: row.variant),
        Column("partner_id", "word", gettext_lazy("Partner ID"), lambda row: row.partner_id),
        Column("parts", "number", gettext_lazy("Parts"), lambda row: row.parts),
        Column("seconds_to_delivery", "number", gettext_lazy("Time to delivery (seconds)"), _whole_seconds),
    )
}
EXTRA_COLUMNS: dict[str, Column] = {
    "delivered_at": Column("delivered_at", "time", gettext_lazy("Delivered at"), lambda row: row.delivered_at),
}
ALL_COLUMNS = COLUMNS | EXTRA_COLUMNS  # of whole searches


def headings(columns: Sequence[Column], timezone: str) -> list[str]:
    """Return the headings in the active language."""
    return [column.heading_in(timezone) for column in columns]


def cells(columns: Sequence[Column], row: MessageRow, local: tzinfo) -> list[Any]:
    """Return a message's cells for people, in the active language, with times in the zone."""
    return [
        value.astimezone(local) if type(value) is datetime else value
        for value in [column.value(row) for column in columns]
    ]
