"""Links of a value's figures to Message Search, and why a figure has none."""

import re
from collections.abc import Mapping
from typing import Any

from campaigns.segments import MAX_VALUE_BYTES
from deliveries.message_pages.parameter_fields import PARAMETER
from deliveries.search.segment_keys import SearchKey
from portal.common.masking import Masking
from reports.overview.links import Links
from reports.segments.small_groups import SMALL_LABEL

_is_digest = re.compile(r".{40}…[0-9a-f]{64}", re.DOTALL).fullmatch  # of a long value (campaigns/segments.py)


def is_found(value: str, masking: Masking) -> bool:
    """Return whether a filter of Message Search finds just the messages of the value, and may be shown."""
    return (
        value != SMALL_LABEL
        and not masking.hides(value)
        and _is_digest(value) is None
        and len(value.encode()) <= MAX_VALUE_BYTES
    )


class ValueLinks:
    """Links to the messages of values of some keys; '' for a figure that Message Search does not find exactly."""

    def __init__(self, links: Links, keys: Mapping[str, SearchKey], masking: Masking) -> None:
        self._links, self._keys, self._masking = links, keys, masking

    @property
    def are_possible(self) -> bool:
        """Return whether Message Search finds by the keys now: not while one of them is being indexed."""
        return not any(key.making or key.failed for key in self._keys.values())

    def finds(self, value: str) -> bool:
        """Return whether Message Search finds the messages of the value."""
        return self.are_possible and is_found(value, self._masking)

    def messages(self, *values: str, **found: object) -> str:
        """Return the address of the messages that have these values of the keys, in their order."""
        if not all(self.finds(value) for value in values):
            return ""
        wanted: dict[str, Any] = {PARAMETER.format(key): value for key, value in zip(self._keys, values, strict=True)}
        return self._links.messages(**wanted | found)

    def messages_of(self, key: str, value: str) -> str:
        """Return the address of the messages that have this value of one of the keys."""
        wanted: dict[str, Any] = {PARAMETER.format(key): value}
        return self._links.messages(**wanted) if self.finds(value) else ""
