"""Rights that a person needs to hold an API key: none gets a key that does more than the person may."""

from collections.abc import Iterable

from portal.accounts.access import Access
from portal.tenants.models import ApiKey

HOLDS_KEYS = "manage_api_keys"
_OF_SCOPE = {ApiKey.Scope.ADMIN: "manage_members", ApiKey.Scope.BILLING: "billing"}


def rights_for(scopes: Iterable[str]) -> set[str]:
    """Return the rights that holding a key with these scopes takes."""
    return {HOLDS_KEYS} | {_OF_SCOPE[scope] for scope in scopes if scope in _OF_SCOPE}


def offered_scopes(access: Access) -> list[tuple[str, str]]:
    """Return the scopes (value, label) that the person may give to a key."""
    return [(value, label) for value, label in ApiKey.Scope.choices if all(map(access.may, rights_for([value])))]
