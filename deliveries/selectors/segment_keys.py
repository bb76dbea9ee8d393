"""Which custom parameters tenants have chosen to find messages by, and how a search reaches them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from campaigns.models import SegmentKey
from campaigns.segments import indexed_value


@dataclass(slots=True)
class SearchKey:
    """A key, the tenants that messages can be found by it in, and those in which that is still being made.

    `done` of `total` messages of these are behind.
    """

    key: str
    ready: set[int] = field(default_factory=set)
    making: set[int] = field(default_factory=set)
    done: int = 0
    total: int = 0

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 0


def search_keys(tenant_ids: Collection[int], keys: Collection[str] | None = None) -> dict[str, SearchKey]:
    """Return what these tenants have chosen (of `keys` alone, where they are given), by key."""
    rows = SegmentKey.objects.filter(tenant_id__in=tenant_ids, removed=False)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    found: dict[str, SearchKey] = {}
    for row in rows.order_by("key", "tenant_id"):
        one = found.setdefault(row.key, SearchKey(row.key))
        if row.state == SegmentKey.State.DONE:
            one.ready.add(row.tenant_id)
        else:
            one.making.add(row.tenant_id)
            one.done, one.total = one.done + row.done, one.total + row.total
    return found


def rows_of_values(parameters: Mapping[str, str]) -> tuple[str, list[str], dict]:
    """Return what joins the rows of these values to the messages `m` of a place `t`, their names and the parameters.

    The rows are joined by their time of sending too, so that the index of any of the values can lead, newest first.
    """
    joins, names, values = [], [], {}
    for number, (key, value) in enumerate(sorted(parameters.items())):
        name = f"p{number}"
        joins.append(
            f"JOIN message_parameter {name} ON {name}.tenant_id = t.id AND {name}.key = %(key_{name})s"
            f" AND {name}.value = %(value_{name})s AND {name}.tenant_id = m.tenant_id AND {name}.day = m.day"
            f" AND {name}.sent_at = m.sent_at AND {name}.account_id = m.account_id"
            f" AND {name}.message_id = m.message_id"
        )
        names.append(name)
        values |= {f"key_{name}": key, f"value_{name}": indexed_value(value)}
    return " ".join(joins), names, values
