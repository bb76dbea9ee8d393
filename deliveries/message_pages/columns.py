"""Columns of files with messages: the page as CSV, and whole searches as CSV, XLSX and Parquet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from operator import attrgetter
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from deliveries.message_pages.forms import CLASSES
from deliveries.message_pages.parameter_fields import key_of
from deliveries.message_pages.presenter import MessageRow
from portal.common.templatetags.figures import country

# A word has few different values. A share is from 0 to 1, a decimal has one decimal place. Money is a Decimal in units
# of a currency, with at most six decimals.
Kind = Literal["time", "day", "text", "word", "number", "share", "decimal", "money"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `heading` and `value` are for people, in the active language; `name` and `raw` are for programs.

    A value is of the column's kind (times in UTC), or None for what is not known. Where it depends on nothing but
    `of` a row, it is worked out once for each of those.
    """

    name: str
    kind: Kind
    heading: Promise
    value: Callable[[Any], Any]
    raw: Callable[[Any], Any] | None = None  # None: as `value`
    of: Callable[[Any], Any] | None = None

    def heading_in(self, timezone: str) -> str:
        """Return the heading; a time's names its zone."""
        return f"{self.heading} ({timezone})" if self.kind == "time" else str(self.heading)

    def values(self, rows: Sequence[Any]) -> list[Any]:
        """Return the values of rows for people, in the active language."""
        if self.of is None:
            return list(map(self.value, rows))
        keys = list(map(self.of, rows))
        known = {key: self.value(row) for key, row in dict(zip(keys, rows, strict=True)).items()}
        return [known[key] for key in keys]

    def raw_values(self, rows: Sequence[Any]) -> list[Any]:
        """Return the values of rows for programs."""
        return self.values(rows) if self.raw is None else list(map(self.raw, rows))


def _whole_seconds(row: MessageRow) -> int | None:
    return None if row.seconds is None else int(row.seconds + 0.5)  # as on the page


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("sent_at", "time", gettext_lazy("Sent"), attrgetter("sent_at")),
        Column("customer", "word", gettext_lazy("Customer"), attrgetter("tenant.name"), attrgetter("tenant.slug")),
        Column("account", "word", gettext_lazy("Account"), attrgetter("account")),
        Column("message_id", "text", gettext_lazy("Message id"), attrgetter("message_id")),
        Column("number", "text", gettext_lazy("Number"), attrgetter("destination")),
        Column("sender", "text", gettext_lazy("Sender"), attrgetter("source")),
        Column("country", "word", gettext_lazy("Country code"), attrgetter("country")),
        Column(
            "country_name",
            "word",
            gettext_lazy("Country"),
            lambda row: country(row.country),
            of=attrgetter("country"),
        ),
        Column("operator", "word", gettext_lazy("Operator"), attrgetter("operator")),
        Column(
            "status",
            "word",
            gettext_lazy("Status"),
            lambda row: str(row.status_text),
            attrgetter("status"),
            of=attrgetter("status"),
        ),
        Column(
            "counts_as",
            "word",
            gettext_lazy("Counts as"),
            lambda row: str(CLASSES[row.counts_as]),
            attrgetter("counts_as"),
            of=attrgetter("counts_as"),
        ),
        Column("result_code", "number", gettext_lazy("Result code"), attrgetter("code.number")),
        Column("meaning", "word", gettext_lazy("Meaning"), attrgetter("code.text")),
        Column("ref_id", "text", gettext_lazy("RefId"), attrgetter("ref_id")),
        Column("campaign", "word", gettext_lazy("Campaign"), attrgetter("campaign")),
        Column("variant", "word", gettext_lazy("Variant"), attrgetter("variant")),
        Column("partner_id", "word", gettext_lazy("Partner ID"), attrgetter("partner_id")),
        Column("parts", "number", gettext_lazy("Parts"), attrgetter("parts")),
        Column("seconds_to_delivery", "number", gettext_lazy("Time to delivery (seconds)"), _whole_seconds),
    )
}
EXTRA_COLUMNS: dict[str, Column] = {
    "delivered_at": Column("delivered_at", "time", gettext_lazy("Delivered at"), attrgetter("delivered_at")),
}
ALL_COLUMNS = COLUMNS | EXTRA_COLUMNS  # of whole searches


def parameter_column(name: str) -> Column:
    """Return the column of a custom parameter, by its name such as `custom_parameters[city]`."""
    key = key_of(name)
    return Column(
        name, "text", format_lazy("{} {}", gettext_lazy("Parameter"), key), lambda row: row.parameters.get(key)
    )


def columns_of(names: Iterable[str]) -> list[Column]:
    """Return the columns by their names, those of custom parameters too."""
    return [ALL_COLUMNS.get(name) or parameter_column(name) for name in names]


def headings(columns: Sequence[Column], timezone: str) -> list[str]:
    """Return the headings in the active language."""
    return [column.heading_in(timezone) for column in columns]


def lines(columns: Sequence[Column], rows: Sequence[Any], local: tzinfo) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of each row for people, in the active language, with times in the zone."""
    return zip(*(cells_of(column, rows, local) for column in columns), strict=True)


def cells_of(column: Column, rows: Sequence[Any], local: tzinfo) -> list[Any]:
    """Return a column's cells for people, in the active language, with times in the zone."""
    values = column.values(rows)
    return values if column.kind != "time" else [value and value.astimezone(local) for value in values]
