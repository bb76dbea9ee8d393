"""Exports of Message Search: all messages that a search finds, as its maker may see them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from deliveries.exports.kinds import Kind, NotAllowed, Page
from deliveries.message_pages.columns import ALL_COLUMNS, Column, parameter_column
from deliveries.message_pages.parameter_fields import is_parameter, key_of
from deliveries.message_pages.presenter import UNREAD, MessagePresenter
from deliveries.messages.row import StoredMessage
from deliveries.models import Export
from deliveries.search.addresses import without_masked_ids
from deliveries.search.find import campaign_names
from deliveries.search.query import MessageQuery
from deliveries.search.stored import query_of
from deliveries.search.walk import count, walk
from portal.accounts.access import Access
from portal.common.masking import Masking
from portal.common.msisdn import may_be_part_of_number


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of a search, newest first, with what some columns need."""

    query: MessageQuery
    masking: Masking
    columns: Sequence[str] = ()

    @property
    def tenant_ids(self) -> frozenset[int]:
        return self.query.tenant_ids

    def count(self) -> int:
        if not self.query.message_id:
            return count(self.query)
        return sum(len(self._shown(messages)) for messages in walk(self.query))

    def pages(self) -> Iterator[Page]:
        parameters, unread = parameters_in(self.columns), set(UNREAD).difference(self.columns)
        presenter = MessagePresenter([], {}, masking=self.masking, link=None, parameters=parameters, unread=unread)
        in_full = self.masking.in_full
        for found in walk(self.query, with_parameters=bool(parameters)):
            messages = self._shown(found)
            presenter.extend(messages, campaign_names(messages, but=presenter.campaigns))
            days = {(m.tenant_id, m.day, in_full and bool(m.folded.destination)) for m in messages}
            yield [presenter.row(message) for message in messages], days

    def _shown(self, messages: list[StoredMessage]) -> list[StoredMessage]:
        return without_masked_ids(messages, self.masking) if self.query.message_id else messages


def parameters_in(columns: Sequence[str]) -> list[str]:
    """Return the keys of the custom parameters among the names of columns."""
    return [key_of(name) for name in columns if is_parameter(name)]


def _open(export: Export, access: Access, parameters: dict[str, Any]) -> Messages:
    query = query_of(parameters)
    tenant_ids = query.tenant_ids & access.tenant_ids
    if not tenant_ids:
        raise NotAllowed("none of the customers can be seen any more")
    if not access.masking.in_full and (query.numbers or may_be_part_of_number(query.ref_id_prefix)):
        raise NotAllowed("this search is for people and keys that see phone numbers in full")
    query = replace(query, tenant_ids=tenant_ids)
    if access.account:
        query = replace(query, account_id=access.account.id)
    return Messages(query, access.masking, export.columns)


def known_columns(names: Sequence[str]) -> Mapping[str, Column]:
    """Return all columns that a file of messages may have; custom parameters are those among the names."""
    return ALL_COLUMNS | {name: parameter_column(name) for name in names if is_parameter(name)}


MESSAGES = Kind(rows=_("Messages"), columns=lambda export: known_columns(export.columns), open=_open)
