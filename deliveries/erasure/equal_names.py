"""Keeps masked names distinct: names of one tenant that became equal get a number, the same one each time.

A refId, a variant (within its campaign), a label and the value of a segment key are names that several messages share.
What two of them were called is known by keyed hashes alone (`ErasedName`), so that a later batch masks a name as the
first did.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Max

from campaigns.segments import label_of
from deliveries.models import ErasedName
from portal.tenants import tokens

Name = tuple[str, str]  # scope and text, such as ("variant 17", "B 401234567")

REF_ID = "refId"
MAX_LENGTH = 256  # characters of a refId or a variant


def variant_scope(campaign_id: int) -> str:
    """Return the scope within which variants differ."""
    return f"variant {campaign_id}"


def label_scope(key: str) -> str:
    """Return the scope within which values of a label differ."""
    return f"label {key}"


def value_scope(key: str) -> str:
    """Return the scope within which values of a segment key differ."""
    label = label_of(key)
    return f"parameter {key}" if label is None else label_scope(label)


def told_apart(tenant_id: int, masked: dict[Name, str]) -> dict[Name, str]:
    """Return the new text of each name from its masked text: with "(2)" and so on where another name has that one.

    Within a transaction. Names that were numbered before keep their numbers.
    """
    if not masked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.erased_names'), %s)", [tenant_id])
    names = {digest: name for name in masked for digest in _digests(tenant_id, name)}
    numbers = {names[row.digest]: row.number for row in ErasedName.objects.filter(digest__in=names)}
    if fresh := [name for name in masked if name not in numbers]:
        _add(tenant_id, fresh, masked, numbers)
    return {name: _numbered(text, numbers[name]) for name, text in masked.items()}


def _add(tenant_id: int, fresh: Iterable[Name], masked: dict[Name, str], numbers: dict[Name, int]) -> None:
    """Give new names the next free numbers of their masked texts."""
    texts = {
        digest: (name[0], masked[name]) for name in fresh for digest in _digests(tenant_id, (name[0], masked[name]))
    }
    last: dict[Name, int] = {}
    for digest, number in ErasedName.objects.filter(masked__in=texts).values_list("masked").annotate(Max("number")):
        last[texts[digest]] = max(number, last.get(texts[digest], 0))
    new = []
    for name in fresh:
        text = (name[0], masked[name])
        numbers[name] = last[text] = last.get(text, 0) + 1
        digest, of_text = _digests(tenant_id, name)[0], _digests(tenant_id, text)[0]
        new.append(ErasedName(digest=digest, masked=of_text, number=numbers[name]))
    ErasedName.objects.bulk_create(new)


def _numbered(text: str, number: int) -> str:
    if number == 1:
        return text
    behind = f" ({number})"
    return text[: MAX_LENGTH - len(behind)] + behind


def _digests(tenant_id: int, name: Name) -> list[str]:
    """Return the name's keyed hashes, the one under the present key first."""
    scope, text = name
    return tokens.digests(f"{scope}\0{text}", purpose=f"erased-name-of-tenant-{tenant_id}")
