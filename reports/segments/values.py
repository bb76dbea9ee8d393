"""Values of segment keys as SQL over the messages: the same value that a message is counted by."""

from typing import Any

from campaigns.segments import INDEXED_VALUE, NO_SEGMENTS, NO_VALUE, OTHER_VALUES, value_sql

_AS_THEY_ARE = ", ".join(f"'{value}'" for value in NO_SEGMENTS)


def value_of_message(key: str, number: int) -> tuple[str, str, dict[str, Any]]:
    """Return the SQL of the value that a message `m` counts by, the joins that it needs, and the parameters.

    `number` is that of the key in its statement. A value that is not registered counts as OTHER_VALUES.
    """
    name = f"%(key{number})s::text"
    raw, indexed, known = f"raw{number}", f"i{number}.value", f"v{number}"
    value = (
        f"CASE WHEN {indexed} IS NULL THEN '{NO_VALUE}' WHEN {indexed} IN ({_AS_THEY_ARE}) THEN {indexed}"
        f" ELSE coalesce({known}.value, '{OTHER_VALUES}') END"
    )
    joins = (
        f"CROSS JOIN LATERAL (SELECT nullif({value_sql(name)}, '') AS text) AS {raw}"
        f" CROSS JOIN LATERAL (SELECT {INDEXED_VALUE.format(value=f'{raw}.text')} AS value) AS i{number}"
        f" LEFT JOIN segment_value {known} ON {known}.tenant_id = m.tenant_id AND {known}.key = {name}"
        f" AND {known}.month = date_trunc('month', m.day::timestamp)::date AND {known}.value = {indexed}"
    )
    return value, joins, {f"key{number}": key}
