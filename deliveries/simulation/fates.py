"""Outcome of a simulated message: its deciding code, and the status events of each of its parts."""

from bisect import bisect_right
from itertools import accumulate
from math import exp, log
from random import Random

from deliveries.simulation.clock import DAY, HOUR
from deliveries.simulation.customers import Mailing, Profile, Variant
from deliveries.simulation.people import Person
from deliveries.simulation.world import (
    AT_EXPIRY,
    CHARGED,
    FAILURES,
    IMMEDIATE,
    LEADS_TO_DELIVERY,
    NEW_CODE,
    NEW_CODE_SHARE,
    ROTA,
    ROTA_EVERY,
    Operator,
)

# One status event of one part: code, the operator's time, the time of arrival; both in Unix seconds.
Event = tuple[int, float, float]


class Fates:
    """Draws fates from one run's random numbers. ``start`` is the period's, in Unix seconds."""

    def __init__(self, profile: Profile, random: Random, start: float) -> None:
        self.profile = profile
        self.random = random
        self.failures = _table(FAILURES)
        self.charged = _table(CHARGED)
        midnight = start - start % DAY + profile.stories.slow_day * DAY
        self.slow_from, self.slow_until = midnight + 6 * HOUR, midnight + 19 * HOUR
        self.bad_from = start + profile.stories.bad_from_day * DAY

    def deal(self, number: int) -> int | None:
        """Return the code that the rota deals to the run's message ``number``, None for most."""
        return ROTA[number // ROTA_EVERY % len(ROTA)] if number % ROTA_EVERY == ROTA_EVERY - 1 else None

    def outcome(self, at: float, mailing: Mailing, person: Person, arm: Variant | None) -> int:
        """Return the code that decides the fate of a message sent at ``at``."""
        random, profile, stories = self.random.random, self.profile, self.profile.stories
        if mailing.charged:
            return _pick(self.charged, random())
        bad = profile.bad_numbers
        if person.country.code == stories.bad_country and at >= self.bad_from:
            bad += stories.bad_share
        if person.segment == stories.old_segment:
            bad += stories.old_share
        chance = random()
        for code, share in (
            (2106, bad),
            (2102, profile.landlines),
            (NEW_CODE, NEW_CODE_SHARE),
            (2103, arm.blocked if arm else 0.0),
        ):
            if (chance := chance - share) < 0:
                return code
        return _pick(self.failures, random()) if chance < person.operator.failing else 1001

    def latency(self, operator: Operator, at: float) -> float:
        """Return seconds: log-normal around the operator's median, up to hours for phones that are off."""
        if self.random.random() < 0.025:
            return exp(self.random.gauss(log(1500), 1.3))
        latency = operator.median * exp(self.random.gauss(0, operator.spread))
        if operator.name == self.profile.stories.slow_operator and self.slow_from <= at < self.slow_until:
            return latency * self.profile.stories.slow_factor
        return latency

    def events(self, code: int, *, at: float, sent: float, latency: float, mailing: Mailing, lag: float) -> list[Event]:
        """Return one part's status events in their true order; each arrives ``lag`` seconds after it."""
        random = self.random.random
        if code == 1005:
            return [(1005, at, at + lag)]
        events = [(1005, at, at + lag)] if random() < 0.42 else []
        if code in IMMEDIATE or code == 1000:
            return [*events, (code, sent, sent + lag)]
        if not mailing.charged and random() < 0.85:
            events.append((1000, sent, sent + lag))
        if code in AT_EXPIRY:
            final = sent + mailing.validity + random() * 600
        elif code in LEADS_TO_DELIVERY:
            events.append((code, sent + 1, sent + 1 + lag))
            final = sent + 2 + LEADS_TO_DELIVERY[code] * (0.5 + random())
            code = 1001
        else:
            final = sent + max(1.0, latency)
        events.append((code, final, final + lag))
        if code == 1001 and random() < self.profile.contradicted:
            later = final + 60 + random() * HOUR
            events.append((1006, later, later + lag))
        return events

    def parts(self, mailing: Mailing) -> int:
        """Return the number of parts, 1 to 4."""
        chance = self.random.random()
        if chance >= mailing.multipart:
            return 1
        return 2 if chance < mailing.multipart * 0.8 else 3 if chance < mailing.multipart * 0.97 else 4


def _table(weights: dict[int, float]) -> tuple[list[int], list[float]]:
    return list(weights), list(accumulate(weights.values()))


def _pick(table: tuple[list[int], list[float]], chance: float) -> int:
    codes, sums = table
    return codes[bisect_right(sums, chance * sums[-1], hi=len(sums) - 1)]
