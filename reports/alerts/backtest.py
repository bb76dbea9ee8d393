"""Backtest of a rule: when it would have opened an alert in the past 90 days, by quarters of an hour.

A look goes over windows that begin every minute, a backtest over whole quarters. So it may open some alerts fewer: the
alerts that looks did open are counted with it, where the rule would open them as it is now.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from reports.alerts import direct
from reports.alerts.looking import CLOSES_AFTER
from reports.alerts.looks import LATELY, confirm, judge, judge_the_silence
from reports.alerts.reading import AROUND, WEEK, WEEKS, Window, quarters_of, usual_of
from reports.alerts.statistics import Part, State, Sums, Verdict, to_open
from reports.alerts.sums import DAY, KEPT_DAYS, QUARTER_HOUR, USUAL_DAYS, quarter_of
from reports.models import Alert, AlertClock, AlertRule

DAYS = 90
MOST_PARTS = 25  # the largest ones
SECONDS = 8

Quarters = Mapping[datetime, Sums]

_LARGEST = (
    "SELECT s.country, s.operator FROM alert_quarter s WHERE s.tenant_id = %s AND s.quarter >= %s"
    " GROUP BY s.country, s.operator ORDER BY sum(s.messages) DESC LIMIT %s"
)


class TooManyMessages(Exception):
    """The rule's messages of the past months cannot be read in time."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An alert that the rule would have opened, with what it would have found."""

    part: Part
    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Backtest:
    """The alerts of the days since `since`, the newest first; None where no day is known yet."""

    since: datetime | None
    alerts: list[Opened]


def backtest(rule: AlertRule, *, now: datetime) -> Backtest:
    """Return when the rule would have opened alerts. Raises TooManyMessages."""
    clock = AlertClock.objects.filter(tenant_id=rule.tenant_id).first()
    if clock is None:
        return Backtest(None, [])
    end = quarter_of(clock.summed_until)
    begin = max(end - KEPT_DAYS * DAY, clock.filled_from)
    since = max(end - DAYS * DAY, begin + USUAL_DAYS * DAY)
    if since >= end:
        return Backtest(None, [])
    sums = _sums(rule, begin=begin, end=end)
    bad: dict[datetime, dict[Part, Verdict]] = defaultdict(dict)
    for part, quarters in sums.items():
        for at, verdict in _bad(rule, quarters, since=since, end=end, age=clock.age):
            bad[at][part] = verdict
    found: list[Opened] = []
    seen: dict[Part, datetime] = {}
    for at, verdicts in sorted(bad.items()):
        seen = {part: last for part, last in seen.items() if at - last <= CLOSES_AFTER}
        new = to_open(verdicts, seen)
        found += [Opened(part, at + QUARTER_HOUR, verdicts[part]) for part in new]
        seen |= dict.fromkeys([part for part in verdicts if part in seen or part in new], at)
    found += _opened_by_looks(rule, found, since=since)
    return Backtest(since, sorted(found, key=lambda one: one.at, reverse=True))


def _opened_by_looks(rule: AlertRule, found: list[Opened], *, since: datetime) -> list[Opened]:
    """Return the rule's own alerts that whole quarters do not show, as far as its present settings would open them."""
    added = []
    for alert in Alert.objects.filter(rule=rule, opened_at__gte=since).order_by("opened_at", "id"):
        part = Part(alert.country, alert.operator)
        figures = (alert.figures.get(name) for name in ("now", "usual", "messages"))
        verdict = Verdict(State.BAD, *figures)
        begun, ended = alert.since - QUARTER_HOUR, (alert.closed_at or alert.seen_at) + CLOSES_AFTER
        is_shown = any(
            begun <= one.at <= ended and (part in one.part.within() or one.part in part.within()) for one in found
        )
        if not is_shown and _is_in_scope(rule, part) and _is_beyond(rule, verdict):
            added.append(Opened(part, alert.opened_at, verdict))
    return added


def _is_in_scope(rule: AlertRule, part: Part) -> bool:
    return rule.scope == AlertRule.Scope.EACH or part == Part(rule.country, rule.operator)


def _is_beyond(rule: AlertRule, seen: Verdict) -> bool:
    """Return whether what a look saw is beyond the rule's present threshold and number of messages."""
    if seen.now is None or seen.usual is None:
        return False
    now, usual, threshold = seen.now, seen.usual, rule.threshold
    match rule.kind:
        case AlertRule.Kind.DELIVERY:
            return seen.messages >= rule.min_messages and now <= usual - threshold / 100
        case AlertRule.Kind.MEDIAN:
            return seen.messages >= rule.min_messages and now >= threshold * usual
        case AlertRule.Kind.VOLUME_DOWN:
            return usual >= rule.min_messages and now <= usual * (1 - threshold / 100)
        case AlertRule.Kind.VOLUME_UP:
            return now >= max(usual, rule.min_messages) * (1 + threshold / 100)
    return now >= threshold  # silence


def _sums(rule: AlertRule, *, begin: datetime, end: datetime) -> dict[Part, Quarters]:
    if direct.is_direct(rule):
        return {Part(): _in_time(rule, begin=begin, end=end)}
    if rule.scope != AlertRule.Scope.EACH:
        part = Part(rule.country, rule.operator)
        return {part: quarters_of(rule.tenant_id, part, begin=begin, end=end)}
    with connection.cursor() as cursor:
        cursor.execute(_LARGEST, [rule.tenant_id, begin, MOST_PARTS])
        parts = {wide for row in cursor.fetchall() for wide in Part(*row).within()} | {Part()}
    return {part: quarters_of(rule.tenant_id, part, begin=begin, end=end) for part in parts}


def _in_time(rule: AlertRule, *, begin: datetime, end: datetime) -> Quarters:
    """Read the messages of a rule day by day, for so many seconds at most."""
    found: dict[datetime, Sums] = {}
    started = _clock()
    while begin < end:
        found |= direct.quarters(rule, begin=begin, end=min(begin + 7 * DAY, end))
        begin += 7 * DAY
        if _clock() - started > timedelta(seconds=SECONDS):
            raise TooManyMessages
    return found


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _bad(
    rule: AlertRule, quarters: Quarters, *, since: datetime, end: datetime, age: int
) -> list[tuple[datetime, Verdict]]:
    if rule.kind == AlertRule.Kind.SILENCE:
        return _silences(rule, quarters, since=since, end=end)
    found = []
    least = 1 if rule.kind == AlertRule.Kind.VOLUME_DOWN else rule.min_messages
    for at, now in quarters.items():
        if at < since or now.messages < least:
            continue
        verdict = judge(rule, now, usual_of(quarters, Window(at, at + QUARTER_HOUR)), age=age)
        if rule.kind == AlertRule.Kind.DELIVERY and verdict.state is not State.GOOD:
            month = [sums for quarter, sums in quarters.items() if at - USUAL_DAYS * DAY <= quarter < at - LATELY]
            verdict = confirm(rule, now, month, age=age)
        if verdict.state is State.BAD:
            found.append((at, verdict))
    return found


def _silences(rule: AlertRule, quarters: Quarters, *, since: datetime, end: datetime) -> list[tuple[datetime, Verdict]]:
    """Look at each pause when it has lasted as long as the rule says, and at every quarter from then on."""
    found = []
    at = since
    while at < end:
        if at in quarters:
            at += QUARTER_HOUR
            continue
        began, least = at, timedelta(minutes=rule.threshold)
        while at < end and at not in quarters:
            at += QUARTER_HOUR
        until = began + max(least, QUARTER_HOUR)
        while until <= min(at, began + DAY):
            around = {
                quarter: quarters[quarter]
                for number in range(1, WEEKS + 1)
                for quarter in _between(began - AROUND - number * WEEK, until + AROUND - number * WEEK)
                if quarter in quarters
            }
            verdict = judge_the_silence(rule, around, since=began, end=until)
            if verdict.state is State.BAD:
                found.append((until - QUARTER_HOUR, verdict))
                break
            until += QUARTER_HOUR
    return found


def _between(begin: datetime, end: datetime) -> list[datetime]:
    found, at = [], quarter_of(begin)
    while at < end:
        found.append(at)
        at += QUARTER_HOUR
    return found
