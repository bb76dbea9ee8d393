"""Rules for segment keys: which can be chosen, which have figures, and the indexed form of their values.

A key is the name of a custom parameter, or LABEL_PREFIX and the name of a label of the refId scheme. A custom parameter
whose name begins with LABEL_PREFIX cannot be a key, so a key never means two things.
"""

from collections.abc import Mapping
from hashlib import sha256

from campaigns.ref_ids import CAMPAIGN, VARIANT, is_field_name
from portal.common.msisdn import mask_numbers

MAX_KEYS = 10  # of a tenant: each costs a row for every message that has it
MAX_KEY_LENGTH = 64  # characters
MAX_VALUE_BYTES = 256  # in UTF-8; of a longer value its beginning and its digest are kept
MAX_VALUES = 1000  # of a key with counts of their own in a month, the first ones that come
LABEL_PREFIX = "ref:"
NO_VALUE = "(none)"  # the value under which messages without the key are counted
OTHER_VALUES = "(other)"  # those whose value came when the month was full
NO_SEGMENTS = (NO_VALUE, OTHER_VALUES)
JUDGED_MESSAGES = 1000  # of fewer it is not said whether a key has too many values
MOST_DISTINCT = 0.5  # of messages with the key, or of its values
_BEGINNING = 40  # characters of a longer value

# What the gateway's reports hold under these names is taken out of the custom parameters (docs/link.md section 5).
ELSEWHERE = {"source": "the sender", "destination": "the recipient's number"}

# The same as `indexed_value`, as SQL.
INDEXED_VALUE = (
    f"CASE WHEN octet_length({{value}}) <= {MAX_VALUE_BYTES} THEN {{value}} ELSE"
    f" left({{value}}, {_BEGINNING}) || '…' || encode(sha256(convert_to({{value}}, 'UTF8')), 'hex') END"
)


def problems(key: str) -> list[str]:
    """Return what is wrong with a key, a sentence each, in a stable order; empty when it can be chosen."""
    found = []
    if not key.strip():
        found.append("the key is empty")
    if len(key) > MAX_KEY_LENGTH:
        found.append(f"the key has {len(key)} characters, the limit is {MAX_KEY_LENGTH}")
    if not key.isprintable():
        found.append("the key has a character that cannot be printed")
    if mask_numbers(key) != key:
        found.append("the key has a phone number in it")
    label = label_of(key)
    if label is not None and not is_label(label):
        found.append(f"what follows {LABEL_PREFIX!r} must be the name of a label of the refId scheme")
    if key in ELSEWHERE:
        found.append(f"{key!r} is {ELSEWHERE[key]} and has a search field of its own")
    return found


def label_of(key: str) -> str | None:
    """Return the label that the key means, None for a custom parameter."""
    return key.removeprefix(LABEL_PREFIX) if key.startswith(LABEL_PREFIX) else None


def is_label(name: str) -> bool:
    """Tell whether a label of a refId scheme may have this name."""
    return bool(is_field_name(name)) and name not in (CAMPAIGN, VARIANT)


def value_of(key: str, parameters: Mapping[str, str] | None, labels: Mapping[str, str] | None) -> str:
    """Return the key's value of a message with these custom parameters and labels; '' if it has none."""
    label = label_of(key)
    texts = parameters if label is None else labels
    return (texts.get(key if label is None else label) or "") if texts else ""


def value_sql(key: str, message: str = "m") -> str:
    """Return `value_of` as SQL, NULL if there is none; `key` is an expression."""
    return (
        f"(CASE WHEN starts_with({key}, '{LABEL_PREFIX}')"
        f" THEN {message}.labels ->> substr({key}, {len(LABEL_PREFIX) + 1})"
        f" ELSE {message}.custom_parameters ->> {key} END)"
    )


def is_nearly_unique(*, messages: int, values: int) -> bool:
    """Tell whether a key has nearly as many values as messages, so that figures by value say nothing."""
    return messages >= JUDGED_MESSAGES and values > messages * MOST_DISTINCT


def is_scattered(*, values: int, singles: int) -> bool:
    """Tell whether a month has all the values that it can have, and most of them (`singles`) occur once."""
    return values >= MAX_VALUES and singles > values * MOST_DISTINCT


def indexed_value(value: str) -> str:
    """Return the indexed form of a value: itself up to MAX_VALUE_BYTES, else its beginning and its digest.

    So a whole value of any length can be searched.
    """
    if len(value) * 4 <= MAX_VALUE_BYTES or len(value.encode()) <= MAX_VALUE_BYTES:
        return value
    return f"{value[:_BEGINNING]}…{sha256(value.encode()).hexdigest()}"
