"""Columns of the table of messages: the choices, the parameter `columns`, and the columns of files like it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from deliveries.message_pages.parameter_fields import PARAMETER, is_parameter, key_of

COLUMNS_PARAMETER = "columns"
FIRST = "sent_at"  # always shown: it leads to the message


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column to choose. `in_files` are the columns of deliveries/message_pages/columns.py with the same values."""

    name: str
    heading: str | Promise
    in_files: tuple[str, ...]
    is_usual: bool = True


_COLUMNS = (
    TableColumn(FIRST, gettext_lazy("Sent"), ("sent_at",)),
    TableColumn("customer", gettext_lazy("Customer"), ("customer",)),
    TableColumn("account", gettext_lazy("Account"), ("account",), is_usual=False),
    TableColumn("message_id", gettext_lazy("Message id"), ("message_id",), is_usual=False),
    TableColumn("number", gettext_lazy("Number"), ("number",)),
    TableColumn("sender", gettext_lazy("Sender"), ("sender",), is_usual=False),
    TableColumn("country", gettext_lazy("Country, operator"), ("country", "country_name", "operator")),
    TableColumn("status", gettext_lazy("Status, result code"), ("status", "counts_as", "result_code", "meaning")),
    TableColumn("ref_id", gettext_lazy("RefId, campaign"), ("ref_id", "campaign", "variant")),
    TableColumn("partner_id", gettext_lazy("Partner ID"), ("partner_id",)),
    TableColumn("parts", gettext_lazy("Parts"), ("parts",)),
    TableColumn("seconds_to_delivery", gettext_lazy("Time to delivery"), ("seconds_to_delivery",)),
    TableColumn("delivered_at", gettext_lazy("Delivered at"), ("delivered_at",), is_usual=False),
)


class TableColumns:
    """The columns that can be chosen, and those of them that are: `chosen` is empty where the usual ones are shown."""

    def __init__(self, names: Collection[str], *, has_customers: bool, keys: Iterable[str]) -> None:
        fixed = [column for column in _COLUMNS if has_customers or column.name != "customer"]
        self.choices = [*fixed, *(_of_parameter(PARAMETER.format(key)) for key in keys)]
        self.chosen = [column for column in self.choices if column.name in names or (names and column.name == FIRST)]

    @property
    def names(self) -> list[str]:
        """Return the names of the chosen columns."""
        return [column.name for column in self.chosen]

    @property
    def shown(self) -> list[TableColumn]:
        """Return the columns that the table has."""
        return self.chosen or [column for column in self.choices if column.is_usual]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the choice as parameters of the page."""
        return [(COLUMNS_PARAMETER, name) for name in self.names]

    @property
    def in_files(self) -> list[str]:
        """Return the columns of a file that shows the same; none where the usual ones are shown."""
        return [name for column in self.chosen for name in column.in_files]

    @property
    def keys(self) -> list[str]:
        """Return the keys of the custom parameters that are shown."""
        return [key_of(column.name) for column in self.chosen if is_parameter(column.name)]

    def field(self) -> forms.MultipleChoiceField:
        """Return the form's field."""
        return forms.MultipleChoiceField(
            label=gettext_lazy("Columns"),
            choices=[(column.name, column.heading) for column in self.choices],
            error_messages={"invalid_choice": gettext_lazy("There is no column “%(value)s”.")},
        )


def headings_of(names: Collection[str]) -> list[str]:
    """Return the headings of the chosen columns, in the table's order, none where none is chosen."""
    if not names:
        return []
    fixed = {column.name: str(column.heading) for column in _COLUMNS}
    known = [heading for name, heading in fixed.items() if name in names or name == FIRST]
    others = [name for name in names if name not in fixed]
    return known + [str(_of_parameter(name).heading) if is_parameter(name) else name for name in others]


def split_names(text: str, keys: Iterable[str]) -> list[str]:
    """Return the names in a value of the parameter `columns`: one name, or several with commas between."""
    if text in map(PARAMETER.format, keys):  # a key may hold a comma
        return [text]
    return [name for part in text.split(",") if (name := part.strip())]


def _of_parameter(name: str) -> TableColumn:
    heading = format_lazy("{} {}", gettext_lazy("Parameter"), key_of(name))
    return TableColumn(name, heading, (name,), is_usual=False)
