"""Values of segment keys: the value that a message counts by, as SQL, and the names of messages without one."""

from typing import Any

from campaigns.segments import INDEXED_VALUE

NONE_LABEL = "(none)"  # messages without the key
OTHER_LABEL = "(other)"  # values beyond the monthly limit


def value_of_message(key: str, number: int) -> tuple[str, str, dict[str, Any]]:
    """Return the SQL of the value of a message `m`, the joins that it needs, and the parameters.

    `number` is that of the key in its statement. The value is the one that the message is counted by.
    """
    text = f"(m.custom_parameters ->> %(key{number})s)"
    value = f"CASE WHEN coalesce({text}, '') = '' THEN '{NONE_LABEL}' ELSE {INDEXED_VALUE.format(value=text)} END"
    return value, "", {f"key{number}": key}
