"""The search of an export: stored encrypted, and opened with the rights of its maker at that moment."""

import json
from dataclasses import asdict, replace
from datetime import date, datetime

from cryptography.fernet import InvalidToken

from deliveries.models import Export
from deliveries.search.query import MessageQuery
from portal.accounts.access import Access, access_of, access_of_key
from portal.accounts.encryption import fernet
from portal.accounts.models import User
from portal.common.msisdn import may_be_part_of_number
from portal.tenants import api_keys
from portal.tenants.models import ApiKey

_PURPOSE = "export"
RIGHT = "save_searches"


class NotAllowed(Exception):
    """The person or key that asked for the export may not make it any more."""


class Unreadable(Exception):
    """The stored search cannot be read: SECRET_KEY was changed."""


def seal(query: MessageQuery) -> str:
    """Return the search as encrypted text."""
    values = asdict(query) | {"tenant_ids": sorted(query.tenant_ids), "parameters": dict(query.parameters)}
    values |= {name: day and day.isoformat() for name, day in (("first", query.first), ("last", query.last))}
    return fernet(_PURPOSE).encrypt(json.dumps(values).encode()).decode()


def unseal(sealed: str) -> MessageQuery:
    """Return the search of `seal`. Raises Unreadable."""
    try:
        values = json.loads(fernet(_PURPOSE).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise Unreadable("the search cannot be decrypted") from error
    values |= {name: values[name] and date.fromisoformat(values[name]) for name in ("first", "last")}
    values |= {name: tuple(values[name]) for name in ("numbers", "statuses")}
    return MessageQuery(**values | {"tenant_ids": frozenset(values["tenant_ids"])})


def open_search(export: Export, *, now: datetime) -> tuple[MessageQuery, Access]:
    """Return the search of an export as its maker may run it now. Raises NotAllowed, Unreadable."""
    access, query = _access(export, now=now), unseal(export.sealed)
    tenant_ids = query.tenant_ids & access.tenant_ids
    if not tenant_ids:
        raise NotAllowed("none of the customers can be seen any more")
    if not access.masking.in_full and (query.numbers or may_be_part_of_number(query.ref_id_prefix)):
        raise NotAllowed("this search is for people and keys that see phone numbers in full")
    query = replace(query, tenant_ids=tenant_ids)
    return (replace(query, account_id=access.account.id) if access.account else query), access


def _access(export: Export, *, now: datetime) -> Access:
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
