"""Times as a gateway writes them, looked up in tables: strftime would be half of a DLR's cost."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

HOUR = 3600
DAY = 24 * HOUR

_CLOCK = [f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(DAY)]
_days: dict[int, str] = {}


def utc_text(time: int) -> str:
    """Return Unix seconds as RFC 3339 in UTC, e.g. ``2026-10-01T09:13:21Z``."""
    return f"{_day(time)}T{_CLOCK[time % DAY]}Z"


class LocalClock:
    """Local times of one zone without a zone, as in the parameter ``received``."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._offsets: dict[int, int] = {}

    def text(self, time: int) -> str:
        """Return Unix seconds as local time, e.g. ``2026-10-01 12:13:21``."""
        quarter = time // 900  # no zone changes its offset at another moment than a quarter of an hour
        if (offset := self._offsets.get(quarter)) is None:
            moment = datetime.fromtimestamp(quarter * 900, self._zone)
            from_utc = moment.utcoffset()
            assert from_utc is not None  # the time has a zone
            offset = self._offsets[quarter] = int(from_utc.total_seconds())
        return f"{_day(time + offset)} {_CLOCK[(time + offset) % DAY]}"


def _day(time: int) -> str:
    number = time // DAY
    if (text := _days.get(number)) is None:
        text = _days[number] = datetime.fromtimestamp(number * DAY, UTC).date().isoformat()
    return text
