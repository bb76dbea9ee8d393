"""Secrets of destinations in answers of the APIs: a mask in their place, which a client may send back to keep them."""

from collections.abc import Sequence

HIDDEN = "********"


def hidden_headers(headers: Sequence[str]) -> list[str]:
    """Return headers ("name:value") with masks for their values."""
    return [f"{_name(header)}:{HIDDEN}" for header in headers]


def restored_headers(given: Sequence[str], stored: Sequence[str]) -> tuple[str, ...]:
    """Return headers as they are given, with the stored value for each mask. Raises ValueError with the name.

    Several headers of one name get their values in their order.
    """
    left = list(stored)
    found = []
    for header in given:
        name, _colon, value = header.partition(":")
        if value.strip() != HIDDEN:
            found.append(header)
            continue
        same = next((one for one in left if _name(one).lower() == name.strip().lower()), None)
        if same is None:
            raise ValueError(name.strip())
        left.remove(same)
        found.append(same)
    return tuple(found)


def _name(header: str) -> str:
    return header.partition(":")[0].strip()
