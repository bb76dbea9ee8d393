"""The known word nearest to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest, ignoring case; None if none is near."""
    by_folded = {text.casefold(): text for text in sorted(known, reverse=True)}
    found = by_folded.get(word.strip().casefold())
    if found is not None:
        return found
    near = get_close_matches(word.strip().casefold(), list(by_folded), n=1)
    return by_folded[near[0]] if near else None
