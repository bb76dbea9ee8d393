"""Finds the masked id of an id that held an erased number, by a keyed hash, so later reports reach the message."""

import re
from collections.abc import Iterable

from django.db import connection

from deliveries.models import ErasedId
from portal.common.number_notations import plain_signs
from portal.tenants import tokens
from portal.tenants.models import PartnerId

PARTNER, MESSAGE = ErasedId.Kind.PARTNER, ErasedId.Kind.MESSAGE
Id = tuple[int, str, str]  # account id, kind, text

_MAX_ID = 240  # of 256 characters: the rest is for the number that tells equal ids apart
_has_digits = re.compile(r"(?:\d[^0-9A-Za-z]{0,3}){8}").search  # as hidden_numbers.holds_number asks for
_WITH_ERASED = """
SELECT p.account_id, p.kind FROM unnest(%s::int[], %s::text[]) AS p (account_id, kind)
WHERE EXISTS (SELECT FROM erased_id e WHERE e.account_id = p.account_id AND e.kind = p.kind)
"""


def digest(account_id: int, kind: str, text: str) -> str:
    """Return the keyed hash of an id."""
    return tokens.digest(text, purpose=_purpose(account_id, kind))


def replacements(ids: Iterable[Id]) -> dict[Id, str]:
    """Return the masked ids of those ids that were erased; one query where the accounts have none.

    A partner ID that was declared again under its old value is not replaced.
    """
    ids = set(ids)
    places = sorted({(account_id, kind) for account_id, kind, _text in ids})
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_WITH_ERASED, [list(side) for side in zip(*places, strict=True)])
        with_erased = set(cursor.fetchall())
    asked = {
        (account_id, kind, hash_): (account_id, kind, text)
        for account_id, kind, text in ids
        if (account_id, kind) in with_erased and _has_digits(plain_signs(text))
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
