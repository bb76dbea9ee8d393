"""Exports of the recipients of a campaign: the rows of one of the lists that its page leads to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext_lazy, pgettext

from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from deliveries.exports.kinds import Kind, NotAllowed, Page, Unreadable
from deliveries.message_pages.columns import ALL_COLUMNS, Column
from deliveries.message_pages.presenter import MessagePresenter, MessageRow
from deliveries.messages.row import StoredMessage
from deliveries.models import Export
from deliveries.search.find import campaign_names
from portal.accounts.access import Access
from portal.common.masking import Masking
from reports.campaigns.recipient_lists import (
    UNREADABLE,
    CampaignMessages,
    Recipient,
    count_rows,
    messages_page,
    recipients_page,
)

KIND = "recipients"
_STEP = 2000


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """A recipient: the newest of its best messages as a list shows it, and the number of its messages."""

    message: MessageRow
    messages: int
    is_erased: bool

    @property
    def number(self) -> str:
        return pgettext("number", "erased") if self.is_erased else self.message.destination

    @property
    def raw_number(self) -> str:
        return "erased" if self.is_erased else self.message.destination


def parameters_of(campaign: Campaign, group: str, of: CampaignMessages) -> dict[str, Any]:
    """Return a list of recipients as parameters of an export."""
    narrowing = {"variant": of.variant, "event": of.event}
    return {"tenant_id": campaign.tenant_id, "campaign_id": campaign.id, "group": group} | {
        name: value for name, value in narrowing.items() if value is not None
    }


@dataclass(frozen=True, slots=True)
class _Recipients:
    """The rows of one list of recipients; of `unreadable` the messages, a row each."""

    of: CampaignMessages
    group: str
    masking: Masking

    @property
    def tenant_ids(self) -> frozenset[int]:
        return frozenset([self.of.tenant_id])

    def count(self) -> int:
        return count_rows(self.of, self.group)

    def pages(self) -> Iterator[Page]:
        cursor: str | None = ""
        while cursor is not None:
            found, cursor = self._page(cursor)
            messages = [one.message for one in found]
            presenter = MessagePresenter(
                messages, campaign_names(messages), masking=self.masking, link=lambda _account, _id: ""
            )
            lines = [RecipientLine(presenter.row(one.message), one.messages, one.is_erased) for one in found]
            if lines:
                yield lines, {self._day(message) for message in messages}

    def _page(self, cursor: str) -> tuple[list[Recipient], str | None]:
        if self.group != UNREADABLE:
            return recipients_page(self.of, self.group, cursor=cursor, size=_STEP)
        messages, next_ = messages_page(self.of, None, cursor=cursor, size=_STEP)
        return [Recipient(message, 1) for message in messages], next_

    def _day(self, message: StoredMessage) -> tuple[int, Any, bool]:
        return message.tenant_id, message.day, self.masking.in_full and bool(message.folded.destination)


def _open(_export: Export, access: Access, parameters: dict[str, Any]) -> _Recipients:
    if parameters["tenant_id"] not in access.tenant_ids or access.account:
        raise NotAllowed("the customer of the campaign cannot be seen any more")
    campaign = Campaign.objects.filter(id=parameters["campaign_id"], tenant_id=parameters["tenant_id"]).first()
    if campaign is None or campaign.merged_into_id:
        raise Unreadable("the campaign was merged into another one or does not exist any more")
    of = CampaignMessages(
        tenant_id=campaign.tenant_id,
        campaign_ids=ids_shown_as(campaign),
        variant=parameters.get("variant"),
        event=parameters.get("event"),
    )
    return _Recipients(of, parameters["group"], access.masking)


def _of_message(column: Column) -> Column:
    """Return a column of messages for the message of a recipient."""

    def inner(get: Callable[[Any], Any]) -> Callable[[RecipientLine], Any]:
        return lambda line: get(line.message)

    return Column(
        column.name,
        column.kind,
        column.heading,
        inner(column.value),
        inner(column.raw) if column.raw else None,
        inner(column.of) if column.of else None,
    )


def _columns(*names: str) -> list[Column]:
    return [_of_message(ALL_COLUMNS[name]) for name in names]


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("number", "text", ALL_COLUMNS["number"].heading, attrgetter("number"), attrgetter("raw_number")),
        *_columns("counts_as", "status", "result_code", "meaning", "country", "country_name", "operator"),
        *_columns("sent_at", "delivered_at", "seconds_to_delivery"),
        Column("messages", "number", gettext_lazy("Messages"), attrgetter("messages")),
        *_columns("account", "message_id", "ref_id", "variant", "partner_id"),
    )
}
RECIPIENTS = Kind(rows=gettext_lazy("Recipients"), columns=lambda _export: COLUMNS, open=_open)
