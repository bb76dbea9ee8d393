"""Parser of refIds: campaign, variant and further labels, by the tenant's scheme."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_BYTES = 256  # of a refId in UTF-8 (docs/link.md section 1)
MAX_DELIMITER_LENGTH = 8
MAX_FIELDS = 16

CAMPAIGN = "campaign"
VARIANT = "variant"
SKIPPED = ("-", "")

is_field_name = re.compile(r"[a-z][a-z0-9_]{0,39}").fullmatch


@dataclass(frozen=True, slots=True)
class RefIdScheme:
    """Scheme that joins several values in one refId by the delimiter, in the order of the fields.

    A field is `campaign`, `variant`, the name of a further label, or `-` or `''` for a value to skip.
    """

    delimiter: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefIdParts:
    """The values in one refId, `''` where it says nothing; `labels` has every further field of the scheme."""

    campaign: str
    variant: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def parse(ref_id: str, scheme: RefIdScheme | None) -> RefIdParts:
    """Split a refId by its tenant's scheme; without one the whole refId is the campaign.

    Values are taken unchanged. The last field takes the rest of the refId, delimiters included; fields without a value
    are `''`. Never raises for a valid scheme.
    """
    if scheme is None:
        return RefIdParts(campaign=ref_id)
    pieces = ref_id.split(scheme.delimiter, len(scheme.fields) - 1)
    pieces += [""] * (len(scheme.fields) - len(pieces))
    values = {name: piece for name, piece in zip(scheme.fields, pieces, strict=True) if name not in SKIPPED}
    return RefIdParts(campaign=values.pop(CAMPAIGN, ""), variant=values.pop(VARIANT, ""), labels=values)


def cut_to_bytes(text: str, limit: int = MAX_BYTES) -> str:
    """Return the longest beginning of the text with at most `limit` bytes in UTF-8.

    That is docs/link.md section 5.10. The text was decoded from UTF-8 or JSON: it holds no lone surrogates.
    """
    if len(text) * 4 <= limit:  # no character has more than four bytes
        return text
    encoded = text.encode()
    # Only the character that the cut went through can be undecodable, and it is what is to be dropped.
    return text if len(encoded) <= limit else encoded[:limit].decode(errors="ignore")


def problems(delimiter: str, fields: Sequence[str]) -> list[str]:
    """Return what is wrong with a scheme, a sentence each, in a stable order; empty when it can be used."""
    found = []
    if not delimiter:
        found.append("the delimiter is empty")
    if len(delimiter) > MAX_DELIMITER_LENGTH:
        found.append(f"the delimiter has more than {MAX_DELIMITER_LENGTH} characters")
    if not delimiter.isprintable():
        found.append("the delimiter has a character that cannot be printed")
    if len(fields) > MAX_FIELDS:
        found.append(f"there are more than {MAX_FIELDS} fields")
    names = [name for name in fields if name not in SKIPPED]
    if CAMPAIGN not in names:
        found.append(f"one field must be called '{CAMPAIGN}'")
    found += [f"the field '{name}' appears twice" for name in _repeated(names)]
    found += [
        f"the field name {name!r} is not a small letter followed by up to 39 small letters, digits or _"
        for name in dict.fromkeys(names)
        if not is_field_name(name)
    ]
    return found


def _repeated(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]
