"""Parameters of a page as a saved view keeps them: days in one notation, and no phone numbers."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from portal.common.days_typed import parse_day
from portal.common.masking import Masking

_DAYS = ("from", "to")
_OF_NUMBERS = ("number", "numbers")  # numbers that are searched, and the id of a list of them
_PLACE = "cursor"  # where the list was, not what it shows


class NotADay(ValueError):
    """A parameter that names a day holds something else; `name` is the parameter."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"{name}: {value[:40]!r} is not a day")
        self.name, self.value = name, value[:40]


@dataclass(frozen=True, slots=True)
class KeptQuery:
    """A query string to save, and the names of the filters that were left out for their phone numbers."""

    query: str
    left_out: tuple[str, ...]


def kept_query(query: str) -> KeptQuery:
    """Return what of a page's query string is saved. Raises NotADay."""
    kept, left_out = [], []
    for name, value in parse_qsl(query):
        if name == _PLACE:
            continue
        if name in _DAYS:
            kept.append((name, _day(name, value)))
        elif name in _OF_NUMBERS or _may_hold_number(name) or _may_hold_number(value):
            left_out.append(name)
        else:
            kept.append((name, value))
    return KeptQuery(urlencode(kept), tuple(dict.fromkeys(left_out)))


def _day(name: str, value: str) -> str:
    try:
        return parse_day(value).isoformat()
    except ValueError:
        raise NotADay(name, value) from None


def _may_hold_number(text: str) -> bool:
    return Masking(in_full=False).hides(text)
