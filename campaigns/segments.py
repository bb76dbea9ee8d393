"""Rules for segment keys: which can be chosen, which have figures, and the indexed form of their values.

A key is the name of a custom parameter, or LABEL_PREFIX and the name of a label of the refId scheme. A custom parameter
whose name begins with LABEL_PREFIX cannot be a key, so a key never means two things.
"""

from hashlib import sha256

from portal.common.msisdn import mask_numbers

MAX_KEYS = 10  # of a tenant: each costs a row for every message that has it
MAX_KEY_LENGTH = 64  # characters
MAX_VALUE_BYTES = 256  # in UTF-8; of a longer value its beginning and its digest are kept
MAX_VALUES = 1000  # of a key with counts of their own in a month, the first ones that come
LABEL_PREFIX = "ref:"
NO_VALUE = "(none)"  # the value under which messages without the key are counted
OTHER_VALUES = "(other)"  # those whose value came when the month was full
NO_SEGMENTS = (NO_VALUE, OTHER_VALUES)
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
    if key in ELSEWHERE:
        found.append(f"{key!r} is {ELSEWHERE[key]} and has a search field of its own")
    return found


def indexed_value(value: str) -> str:
    """Return the indexed form of a value: itself up to MAX_VALUE_BYTES, else its beginning and its digest.

    So a whole value of any length can be searched.
    """
    if len(value) * 4 <= MAX_VALUE_BYTES or len(value.encode()) <= MAX_VALUE_BYTES:
        return value
    return f"{value[:_BEGINNING]}…{sha256(value.encode()).hexdigest()}"
