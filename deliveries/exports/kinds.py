"""Kinds of exports: what a file can hold. The setting EXPORT_KINDS names them; each package has its own ones.

A kind reads its rows with the rights that the maker of the export has at that moment. Its parameters are stored
encrypted (`seal`), because they may hold phone numbers.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from deliveries.message_pages.columns import Column
from deliveries.models import Export
from portal.accounts.access import Access, access_of, access_of_key
from portal.accounts.models import User
from portal.common.sealed import fernet
from portal.tenants import api_keys
from portal.tenants.models import ApiKey

RIGHT = "save_searches"
_PURPOSE = "export"


class NotAllowed(Exception):
    """The person or key that asked for the export may not make it any more."""


class Unreadable(Exception):
    """The export cannot be made any more: SECRET_KEY was changed, or what it refers to does not exist any more."""


class TooManyRows(Exception):
    """There are more rows than can be read."""


Day = tuple[int, date, bool]  # tenant, day, and whether a phone number of that day is in the file in full
Page = tuple[list[Any], set[Day]]  # rows, and the days that they are from


class Content(Protocol):
    """Rows of one export. All but `tenant_ids` is called in the snapshot, as the role of pages, for these tenants."""

    @property
    def tenant_ids(self) -> frozenset[int]:
        """Return the tenants that it reads."""

    def count(self) -> int:
        """Return the exact number of rows. May raise TooManyRows."""

    def pages(self) -> Iterator[Page]:
        """Yield all rows, some thousands at a time. May raise BadFilter (deliveries/search/query.py)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of exports.

    `columns` returns, by name, the columns that an export may have; the export has those that were chosen. `open`
    returns its rows for its maker's access and raises NotAllowed or Unreadable. `rows` is the heading of the sheets, a
    plural. Parameters that are not kept are deleted when the file is made, and such an export is not made again
    when a number is erased meanwhile: it ends with that reason.
    """

    rows: Promise
    columns: Callable[[Export], Mapping[str, Column]]
    open: Callable[[Export, Access, dict[str, Any]], Content]
    keeps_parameters: bool = True


def kind_of(export: Export) -> Kind:
    """Return the kind of an export. Raises Unreadable where this version of the portal does not know it."""
    path = settings.EXPORT_KINDS.get(export.kind)
    if path is None:
        raise Unreadable(f"no exports of the kind {export.kind}")
    kind: Kind = import_string(path)
    return kind


def columns_of(export: Export) -> Sequence[Column]:
    """Return the chosen columns. Raises Unreadable if one does not exist any more."""
    known = kind_of(export).columns(export)
    try:
        return [known[name] for name in export.columns]
    except KeyError as error:
        raise Unreadable(f"no column {error}") from error


def seal(parameters: Mapping[str, Any]) -> str:
    """Return parameters, values that JSON can hold, as encrypted text."""
    return fernet(_PURPOSE).encrypt(json.dumps(parameters).encode()).decode()


def unseal(sealed: str) -> dict[str, Any]:
    """Return the parameters of `seal`. Raises Unreadable."""
    try:
        parameters: dict[str, Any] = json.loads(fernet(_PURPOSE).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise Unreadable("the parameters cannot be decrypted") from error
    return parameters


def open_export(export: Export, *, now: datetime) -> tuple[Content, Access]:
    """Return an export's rows as its maker may read them now. Raises NotAllowed, Unreadable."""
    access = access_now(export, now=now)
    return kind_of(export).open(export, access, unseal(export.sealed)), access


def access_now(export: Export, *, now: datetime) -> Access:
    """Return what the maker of an export reaches now. Raises NotAllowed."""
    if export.key_id is not None:
        key = ApiKey.objects.select_related("tenant", "account").filter(id=export.key_id).first()
        if key is None or not api_keys.is_valid(key, now=now) or ApiKey.Scope.READ not in key.scopes:
            raise NotAllowed("the API key is not valid any more")
        return access_of_key(key)
    user = User.objects.filter(id=export.maker_id).first() if export.maker_id is not None else None
    access = access_of(user, slug=export.tenant.slug) if user else Access()
    if access.tenant is None or not access.may(RIGHT):
        raise NotAllowed("the person is not a member with this right any more")
    return access
