"""Rows of the four cards as people read them: names instead of ids, numbers masked by the reader's role.

Pages and files have the same rows.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext

from campaigns.merging import shown_names
from deliveries.message_pages.presenter import MessagePresenter, MessageRow
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.search.find import campaign_names
from portal.common.masking import Masking
from portal.common.templatetags.figures import country
from reports.leaks import listed
from reports.leaks.countries import new_countries
from reports.leaks.listed import Listed
from reports.leaks.numbers import failing_numbers, newest_failures
from reports.leaks.parts import parts_rises
from reports.leaks.repeats import repeats
from reports.leaks.window import Window

TITLES: dict[str, Promise] = {
    "numbers": gettext_lazy("Numbers that always fail"),
    "parts": gettext_lazy("Messages that became longer"),
    "repeats": gettext_lazy("Messages sent twice"),
    "countries": gettext_lazy("New countries"),
}
Day = tuple[int, date, bool]  # as deliveries/exports/kinds.py has it


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakRow:
    """A row of any card; what a card does not have is None or ''. `opens` are its messages."""

    messages: int
    parts: int
    number: str = ""
    newest: MessageRow | None = None
    campaign: str = ""
    variant: str = ""
    ref_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: float | None = None
    after: float | None = None
    extra_parts: int | None = None
    recipients: int | None = None
    country: str = ""
    first_day: date | None = None
    opens: Listed | None = None
    day: Day | None = None

    @property
    def country_name(self) -> str:
        return country(self.country)


@dataclass(frozen=True, slots=True)
class Card:
    """The rows of a card, the dearest first; `has_history` is false where too few weeks are known to say anything."""

    name: str
    rows: Sequence[Any]  # as they were read
    has_history: bool
    show: Callable[[Sequence[Any]], list[LeakRow]]

    @property
    def messages(self) -> int:
        return sum(row.rise.messages if self.name == "parts" else row.messages for row in self.rows)

    @property
    def parts(self) -> int:
        """Return what the leaks of the card cost."""
        return sum(row.rise.extra_parts if self.name == "parts" else row.parts for row in self.rows)


def card_of(name: str, window: Window, masking: Masking) -> Card:
    """Look for the leaks of one card of TITLES. Raises SearchTooSlow."""
    if name == "numbers":
        return Card(name, failing_numbers(window), True, lambda rows: _numbers(rows, window, masking))
    if name == "parts":
        return Card(name, parts_rises(window), True, lambda rows: _rises(rows, window, masking))
    if name == "repeats":
        return Card(name, repeats(window), True, lambda rows: _repeats(rows, window, masking))
    found = new_countries(window)
    return Card(name, found or [], found is not None, _countries)


def _numbers(rows: Sequence[Any], window: Window, masking: Masking) -> list[LeakRow]:
    messages = newest_failures(window, list(rows))
    presenter = MessagePresenter(messages, campaign_names(messages), masking=masking, link=lambda _account, _id: "")
    newest = {bytes(one.recipient_key or b""): one for one in messages}
    found = []
    for row in rows:
        message = newest.get(row.key)
        if message is None:  # deleted since the numbers were read
            continue
        shown = presenter.row(message)
        is_erased = bool(message.folded.flags & NUMBER_ERASED)
        found.append(
            LeakRow(
                messages=row.messages,
                parts=row.parts,
                number=pgettext("number", "erased") if is_erased else shown.destination,
                newest=shown,
                until=shown.sent_at,
                opens=listed.of_number(window, row),
                day=(message.tenant_id, message.day, masking.in_full and not is_erased),
            )
        )
    return found


def _rises(rows: Sequence[Any], window: Window, masking: Masking) -> list[LeakRow]:
    names = _campaigns(row.campaign_id for row in rows)
    return [
        LeakRow(
            messages=row.rise.messages,
            parts=row.rise.parts,
            campaign=masking.text(names.get(row.campaign_id, "")),
            variant=masking.text(row.variant),
            since=row.rise.at,
            before=row.rise.before,
            after=row.rise.after,
            extra_parts=row.rise.extra_parts,
            opens=listed.of_rise(window, row),
        )
        for row in rows
    ]


def _repeats(rows: Sequence[Any], window: Window, masking: Masking) -> list[LeakRow]:
    names = _campaigns(row.campaign_id for row in rows)
    return [
        LeakRow(
            messages=row.messages,
            parts=row.parts,
            campaign=masking.text(names.get(row.campaign_id, "")),
            ref_id=masking.text(row.ref_id),
            since=row.first,
            until=row.last,
            recipients=row.recipients,
            opens=listed.of_repeats(window, row),
        )
        for row in rows
    ]


def _countries(rows: Sequence[Any]) -> list[LeakRow]:
    return [LeakRow(messages=row.messages, parts=row.parts, country=row.country, first_day=row.first) for row in rows]


def _campaigns(ids: Any) -> dict[int, str]:
    known: Collection[int] = {one for one in ids if one > 0}
    return shown_names(known) if known else {}
