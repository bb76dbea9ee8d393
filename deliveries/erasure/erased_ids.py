"""Ids that held an erased number, found by a keyed hash, so that what comes in under them reaches the masked id."""

import re
from collections.abc import Iterable

from deliveries.models import ErasedId
from portal.tenants import tokens
from portal.tenants.models import PartnerId

PARTNER, MESSAGE = ErasedId.Kind.PARTNER, ErasedId.Kind.MESSAGE
Id = tuple[int, str, str]  # account id, kind, text

_MAX_ID = 240  # of 256 characters: the rest is for the number that tells equal ids apart
_has_digits = re.compile(r"(?:\d\D*){8}").search


def digest(account_id: int, kind: str, text: str) -> str:
    """Return the keyed hash of an id."""
    return tokens.digest(text, purpose=_purpose(account_id, kind))


def replacements(ids: Iterable[Id]) -> dict[Id, str]:
    """Return the masked ids of those ids that were erased; one query where the accounts have none.

    A partner ID that was declared again under its old value is not replaced.
    """
    with_erased = set(ErasedId.objects.filter(waiting="").values_list("account_id", "kind").distinct())
    asked = {
        (account_id, kind, hash_): (account_id, kind, text)
        for account_id, kind, text in set(ids)
        if (account_id, kind) in with_erased and _has_digits(text)
        for hash_ in tokens.digests(text, purpose=_purpose(account_id, kind))
    }
    if not asked:
        return {}
    rows = ErasedId.objects.filter(digest__in={hash_ for _account, _kind, hash_ in asked}, waiting="")
    known = rows.values_list("account_id", "kind", "digest", "value")
    found = {asked[key]: value for *parts, value in known if (key := tuple(parts)) in asked}
    again = PartnerId.objects.filter(value__in={text for _account, kind, text in found if kind == PARTNER})
    for account_id, value in again.values_list("account_id", "value"):
        found.pop((account_id, PARTNER, value), None)
    return found


def candidates(text: str) -> Iterable[str]:
    """Yield ids to choose from: the text itself, then with "(2)" and so on behind it."""
    base = text[:_MAX_ID]
    yield base
    number = 1
    while True:
        number += 1
        yield f"{base} ({number})"


def _purpose(account_id: int, kind: str) -> str:
    return f"erased-{kind}-id-of-account-{account_id}"
