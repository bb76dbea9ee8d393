"""Parts of a tenant's messages, and which of several unusual ones an alert is about."""

from collections.abc import Collection
from typing import NamedTuple


class Part(NamedTuple):
    """All messages, those to a country, or those of an operator there."""

    country: str = ""
    operator: str = ""

    def within(self) -> list["Part"]:
        """Return the parts that this one belongs to, itself first."""
        found = [self]
        if self.operator:
            found.append(Part(self.country))
        if self.country:
            found.append(Part())
        return found


ALL = Part()


def told(bad: Collection[Part]) -> set[Part]:
    """Return the parts that say best what is unusual.

    Of an operator and its country the operator is told, of two operators of a country the country, likewise of
    countries and all messages.
    """
    found = set(bad)
    for country in {part.country for part in found if part.operator}:
        operators = {part for part in found if part.country == country and part.operator}
        found = _wider(found, Part(country), operators)
    below = found - {ALL}
    if len({part.country for part in below}) > 1:
        return _wider(found, ALL, below)
    return below or found


def _wider(found: set[Part], wide: Part, narrow: set[Part]) -> set[Part]:
    if wide not in found:
        return found
    return found - narrow if len(narrow) > 1 else found - {wide}


def to_open(bad: Collection[Part], already: Collection[Part]) -> list[Part]:
    """Return the parts that new alerts are about: no part within one that has an open alert already.

    An open alert speaks for its part, unusual at this moment or not: a country opens one beside that of its operator
    only where another of its operators is unusual, too.
    """
    open_parts, unusual = set(already), set(bad)
    return sorted(part for part in told(unusual | open_parts) & unusual if not open_parts & set(part.within()))
