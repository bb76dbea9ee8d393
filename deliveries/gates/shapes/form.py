"""A delivery report as form pairs; pure."""

from collections.abc import Mapping
from urllib.parse import urlencode

from deliveries.gates.shapes.link import Field


def pairs(fields: Mapping[str, Field]) -> str:
    """Return the pairs, percent-encoded: nothing is an empty value, a map's key is `customParameters.key`."""
    found: list[tuple[str, str]] = []
    for name, value in fields.items():
        if isinstance(value, dict):
            found += [(f"{name}.{key}", text) for key, text in value.items()]
        else:
            found.append((name, "" if value is None else str(value)))
    return urlencode(found)
