"""Time windows for a widening search. They start small at the cursor and grow with the inverse of the hit rate."""

from collections.abc import Generator
from datetime import UTC, date, datetime, timedelta

from deliveries.search.count_index import Window

_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)
_MAX_REACH = timedelta(days=1500)  # what is further away is looked for at once
_ALWAYS, _NEVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_MORE = 1.4  # than a page, so that it is full mostly
_SLOW, _FAST = 2, 16  # times as far: at least, and where nothing was found


def widening_windows(
    near: datetime, far: datetime | None, *, backwards: bool, wanted: int, end: datetime | None = None
) -> Generator[Window, tuple[int, Window], None]:
    """Yield one window after the other, the first one from the page's edge to `far`, the last one all that is left.

    Sent is each time how many messages were found so far, and which part of the window was read: the next one goes on
    from there. What is read stays in proportion to what is `wanted`, however close together it lies: a page is some
    hundred messages wide or years. `near` is the message next to the edge; there are none beyond `end`.
    """
    whole = _MAX_REACH if end is None else min(_MAX_REACH, abs(near - end))
    reach = abs(near - far) if far is not None else whole
    last, beyond = (_ALWAYS, _NEVER) if backwards else (_NEVER, _ALWAYS)
    while last != beyond:
        edge = beyond if reach >= whole else near + reach + _TICK if backwards else near - reach
        found, window = yield _between(last, edge)
        last = window.end if backwards else window.begin
        times = _FAST if not found else min(_FAST, max(_SLOW, _MORE * wanted / found))
        reach = min(_MAX_REACH, max(abs(near - last), timedelta(seconds=1))) * times


def clip_window(window: Window, instant: datetime, *, backwards: bool) -> Window:
    """Return the part of a window from the page's edge to the instant, itself included."""
    return _between(window.begin, instant + _TICK) if backwards else _between(instant, window.end)


def _between(one: datetime, other: datetime) -> Window:
    begin, end = min(one, other), max(one, other)
    # A tenant's day is within a day of UTC's.
    first = begin.date() - _DAY if begin > _ALWAYS else date.min
    return Window(begin, end, first, end.date() + _DAY if end < _NEVER else date.max)
