"""Sending times: the hours and days of each kind of message, in the recipients' local time."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from deliveries.simulation.clock import HOUR
from deliveries.simulation.customers import Mailing, Partner, Profile, Tenant
from deliveries.simulation.world import COUNTRIES, Country

# Weights of the 24 local hours, then of the days from Monday to Sunday.
_RHYTHMS_DRAWN = {
    "campaign": ("000000000049741122431000", "2628410"),
    "black week": ("000000012379743223345410", "4446965"),
    "parcels": ("000000024677765567885310", "9988751"),
    "reminders": ("000000001797533333221000", "9887521"),
    "codes": ("311111247888888888999875", "9999986"),
}


@dataclass(frozen=True, slots=True)
class Stream:
    """One mailing of one partner id to one country, with its share of all messages."""

    partner: Partner
    mailing: Mailing
    country: Country
    share: float


def streams(profile: Profile) -> list[Stream]:
    """Return every stream of the profile, in the profile's order."""
    weights = {partner.partner_id: _weight(partner.tenant) for partner in profile.partners}
    return [
        Stream(
            partner,
            mailing,
            COUNTRIES[code],
            partner.share * share * mailing.weight / weights[partner.partner_id],
        )
        for partner in profile.partners
        for mailing in partner.tenant.mailings
        for code, share in partner.countries.items()
    ]


def _weight(tenant: Tenant) -> float:
    """Return the tenant's mailings' weight in an average month."""
    return sum(mailing.weight * len(mailing.months) / 12 for mailing in tenant.mailings)


def schedule(
    *, profile: Profile, messages: int, start: datetime, end: datetime, random: Random
) -> Iterator[tuple[float, Stream]]:
    """Yield exactly ``messages`` pairs of a time (Unix seconds, not descending) and a stream.

    Times lie in [start, end). Memory is that of one hour's messages.
    """
    flows = streams(profile)
    first, last = start.timestamp(), end.timestamp()
    total = sum(weights[-1] for _, _, weights in _hours(profile, flows, first, last))
    done, reached = 0, 0.0
    for begin, length, weights in _hours(profile, flows, first, last):
        if not weights[-1]:
            continue
        reached += weights[-1]
        count = min(messages, round(messages * reached / total)) - done
        done += count
        for at in sorted(begin + random.random() * length for _ in range(count)):
            # random() < 1, but its product can round up to the sum itself
            pick = bisect_right(weights, random.random() * weights[-1])
            yield at, flows[min(pick, len(flows) - 1)]


def busiest_hour(*, profile: Profile, start: datetime, end: datetime) -> float:
    """Return the Unix time at which the busiest hour of the period's middle third begins."""
    first, last = start.timestamp(), end.timestamp()
    third = (last - first) / 3
    middle = _hours(profile, streams(profile), first + third, last - third)
    return max((weights[-1], begin) for begin, _, weights in middle)[1]


def _hours(
    profile: Profile, flows: list[Stream], first: float, last: float
) -> Iterator[tuple[float, float, list[float]]]:
    """Yield begin, length in seconds and the streams' accumulated weights of each hour in [first, last)."""
    zones = {flow.country.zone: ZoneInfo(flow.country.zone) for flow in flows}
    weeks = [(flow.country.zone, _week(flow)) for flow in flows]
    days: list[float] = []
    known_days = None
    begin = first
    while begin < last:
        until = min(begin - begin % HOUR + HOUR, last)
        months = (begin - first) / (30 * 24 * HOUR)
        at = datetime.fromtimestamp(begin, UTC)
        local = {zone: at.astimezone(info) for zone, info in zones.items()}
        today = {zone: moment.date() for zone, moment in local.items()}
        if today != known_days:
            days = [_day_factor(flow.mailing, today[flow.country.zone]) for flow in flows]
            known_days = today
        slots = {zone: moment.weekday() * 24 + moment.hour for zone, moment in local.items()}
        scale = (until - begin) / HOUR * (1 + profile.growth_per_month * months)
        yield (
            begin,
            until - begin,
            list(accumulate(week[slots[zone]] * day * scale for (zone, week), day in zip(weeks, days, strict=True))),
        )
        begin = until


def _week(flow: Stream) -> list[float]:
    """Return the weights of a week's 168 hours, whose mean is the stream's share."""
    hours, days = _RHYTHMS_DRAWN[flow.mailing.rhythm]
    week = [int(day) * int(hour) for day in days for hour in hours]
    factor = flow.share * len(week) / sum(week)
    return [weight * factor for weight in week]


def _day_factor(mailing: Mailing, day: date) -> float:
    if day.month not in mailing.months:
        return 0.0
    # no two days are alike, but a day is the same whenever it is asked for
    mood = Random(day.toordinal()).uniform(0.88, 1.12)  # noqa: S311
    distance = (black_friday(day.year) - day).days
    if mailing.rhythm == "black week":  # from the Monday before to the Monday after
        return (14 * mood if distance == 0 else 3 * mood) if -3 <= distance <= 4 else 0.0
    if mailing.rhythm == "parcels" and -7 <= distance < 0:
        return 1.8 * mood  # what was bought is on its way
    return mood


def black_friday(year: int) -> date:
    """Return the Friday after November's fourth Thursday."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)
