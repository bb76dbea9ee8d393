"""Kinds of exports whose rows are the leaks of one card, read again with the rights that their maker has then."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext_lazy

from deliveries.exports.kinds import Kind, NotAllowed, Page, TooManyRows
from deliveries.message_pages.columns import Column
from deliveries.models import Export
from deliveries.search.find import SearchTooSlow
from portal.accounts.access import Access
from portal.common.masking import Masking
from reports.leaks.cards import TITLES, Card, card_of
from reports.leaks.window import Window

_STEP = 2000


@dataclass(slots=True)
class LeakRows:
    """All rows of a card."""

    name: str
    window: Window
    masking: Masking
    card: Card | None = None

    @property
    def tenant_ids(self) -> frozenset[int]:
        return frozenset([self.window.tenant_id])

    def count(self) -> int:
        try:
            self.card = card_of(self.name, self.window, self.masking)
        except SearchTooSlow as error:
            raise TooManyRows from error
        return len(self.card.rows)

    def pages(self) -> Iterator[Page]:
        rows = self.card.rows if self.card else []
        for start in range(0, len(rows), _STEP):
            assert self.card is not None
            shown = self.card.show(rows[start : start + _STEP])
            yield shown, {row.day for row in shown if row.day}


def _open(name: str) -> Callable[[Export, Access, dict[str, Any]], LeakRows]:
    def opened(_export: Export, access: Access, parameters: dict[str, Any]) -> LeakRows:
        window = Window.from_json(parameters)
        if window.tenant_id not in access.tenant_ids or access.account:
            raise NotAllowed("the customer cannot be seen any more")
        return LeakRows(name, window, access.masking)

    return opened


def _time(name: str, heading: Any) -> Column:
    value: Callable[[Any], datetime | None] = attrgetter(name)
    return Column(name, "time", heading, value)


_MESSAGES = Column("messages", "number", gettext_lazy("Messages"), attrgetter("messages"))
_PARTS = Column("parts", "number", gettext_lazy("Parts"), attrgetter("parts"))
_CAMPAIGN = Column("campaign", "text", gettext_lazy("Campaign"), attrgetter("campaign"))
COLUMNS: dict[str, tuple[Column, ...]] = {
    "numbers": (
        Column("number", "text", gettext_lazy("Number"), attrgetter("number")),
        Column("country", "word", gettext_lazy("Country code"), attrgetter("newest.country")),
        _MESSAGES,
        _PARTS,
        Column("result_code", "number", gettext_lazy("Result code"), attrgetter("newest.code.number")),
        Column("meaning", "word", gettext_lazy("Meaning"), lambda row: str(row.newest.code.text)),
        _time("until", gettext_lazy("Last sent")),
    ),
    "parts": (
        _CAMPAIGN,
        Column("variant", "text", gettext_lazy("Variant"), attrgetter("variant")),
        _time("since", gettext_lazy("From")),
        Column("before", "decimal", gettext_lazy("Parts per message before"), attrgetter("before")),
        Column("after", "decimal", gettext_lazy("Parts per message after"), attrgetter("after")),
        _MESSAGES,
        _PARTS,
        Column("extra_parts", "number", gettext_lazy("Extra parts"), attrgetter("extra_parts")),
    ),
    "repeats": (
        _CAMPAIGN,
        Column("ref_id", "text", gettext_lazy("RefId"), attrgetter("ref_id")),
        Column("recipients", "number", gettext_lazy("Recipients"), attrgetter("recipients")),
        _MESSAGES,
        _PARTS,
        _time("since", gettext_lazy("First sent")),
        _time("until", gettext_lazy("Last sent")),
    ),
    "countries": (
        Column("country", "word", gettext_lazy("Country code"), attrgetter("country")),
        Column("country_name", "word", gettext_lazy("Country"), attrgetter("country_name")),
        Column("first_day", "day", gettext_lazy("First day"), attrgetter("first_day")),
        _MESSAGES,
        _PARTS,
    ),
}


def kind_name(card: str) -> str:
    """Return the name of the card's exports in the setting EXPORT_KINDS."""
    return f"leak_{card}"


def column_names(card: str) -> list[str]:
    return [column.name for column in COLUMNS[card]]


def _kind(card: str) -> Kind:
    known = {column.name: column for column in COLUMNS[card]}
    return Kind(rows=TITLES[card], columns=lambda _export: known, open=_open(card))


LEAK_NUMBERS, LEAK_PARTS, LEAK_REPEATS, LEAK_COUNTRIES = map(_kind, ("numbers", "parts", "repeats", "countries"))
