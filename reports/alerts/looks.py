"""Verdicts of a tenant's rules about one window."""

from datetime import datetime, timedelta
from functools import cached_property

from reports.alerts import direct
from reports.alerts.reading import (
    AROUND,
    WEEK,
    WEEKS,
    Window,
    month_of,
    quarters_of,
    silent_since,
    usual_in_silence,
    usual_sums,
    window_sums,
)
from reports.alerts.statistics import (
    Part,
    State,
    Sums,
    Usual,
    Verdict,
    confirm_delivery,
    judge_delivery,
    judge_median,
    judge_silence,
    judge_volume_down,
    judge_volume_up,
)
from reports.alerts.statistics.verdict import UNKNOWN
from reports.alerts.sums import DAY, QUARTER_HOUR, quarter_of
from reports.models import AlertRule

Kind = AlertRule.Kind
LATELY = timedelta(hours=3)  # left out of the month that confirms a fall: a slow outage would hide itself


class TenantLook:
    """Sums of a tenant's window; what is usual is read when a rule first asks for it."""

    def __init__(self, tenant_id: int, window: Window, *, age: int) -> None:
        self.tenant_id, self.window, self.age = tenant_id, window, age
        self.sums = window_sums(tenant_id, window)

    @cached_property
    def usual(self) -> dict[Part, Usual]:
        return usual_sums(self.tenant_id, self.window)

    def verdicts(self, rule: AlertRule, *, open_parts: set[Part]) -> dict[Part, Verdict]:
        """Return the rule's verdict on each of its parts that has messages enough or an open alert."""
        return {part: self._verdict(rule, part, is_open=part in open_parts) for part in self._parts(rule, open_parts)}

    def _parts(self, rule: AlertRule, open_parts: set[Part]) -> set[Part]:
        if rule.scope != AlertRule.Scope.EACH:
            return {Part(rule.country, rule.operator)}
        if rule.kind == Kind.SILENCE:
            return {Part()} | open_parts
        return {part for part, sums in self.sums.items() if sums.messages >= rule.min_messages} | open_parts

    def _verdict(self, rule: AlertRule, part: Part, *, is_open: bool) -> Verdict:
        is_direct = direct.is_direct(rule)
        now = direct.window_sums(rule, self.window) if is_direct else self.sums.get(part, Sums())
        if rule.kind == Kind.SILENCE:
            return self._silence(rule, part, now)
        least = 1 if rule.kind == Kind.VOLUME_DOWN else rule.min_messages
        if now.messages < least:
            return UNKNOWN
        usual = direct.usual_sums(rule, self.window) if is_direct else self.usual.get(part, Usual([], []))
        verdict = judge(rule, now, usual, age=self.age)
        if rule.kind == Kind.DELIVERY and not is_open and verdict.state is not State.GOOD:
            end = self.window.begin - LATELY
            month = direct.month_of(rule, end=end) if is_direct else month_of(self.tenant_id, part, end=end)
            return confirm(rule, now, month, age=self.age)
        return verdict

    def _silence(self, rule: AlertRule, part: Part, now: Sums) -> Verdict:
        end = self.window.end
        if now.messages:
            return Verdict(State.GOOD, 0, None, now.messages)
        if direct.is_direct(rule):
            since = direct.silent_since(rule, end=end)
        else:
            since = silent_since(self.tenant_id, part, end=end)
        if since is None or end - since < timedelta(minutes=rule.threshold):
            return UNKNOWN
        since = max(since, end - DAY)  # a longer silence is no more unusual
        quarters: dict[datetime, Sums] = {}
        for number in range(1, WEEKS + 1):
            back = number * WEEK
            begin, until = quarter_of(since - AROUND) - back, quarter_of(end + AROUND) + QUARTER_HOUR - back
            if direct.is_direct(rule):
                quarters |= direct.quarters(rule, begin=begin, end=until)
            else:
                quarters |= quarters_of(self.tenant_id, part, begin=begin, end=until)
        return judge_the_silence(rule, quarters, since=since, end=end)


def judge(rule: AlertRule, now: Sums, usual: Usual, *, age: int) -> Verdict:
    """Return the verdict of a rule on anything but silence."""
    if rule.kind == Kind.DELIVERY:
        return judge_delivery(now, usual, age=age, points=rule.threshold, min_messages=rule.min_messages)
    if rule.kind == Kind.MEDIAN:
        return judge_median(now, usual, age=age, times=rule.threshold, min_messages=rule.min_messages)
    if rule.kind == Kind.VOLUME_UP:
        return judge_volume_up(now, usual, percent=rule.threshold, min_messages=rule.min_messages)
    return judge_volume_down(now, usual, percent=rule.threshold, min_messages=rule.min_messages)


def confirm(rule: AlertRule, now: Sums, month: list[Sums], *, age: int) -> Verdict:
    """Return the verdict on a fall of the delivery rate by all quarters of the past four weeks."""
    return confirm_delivery(now, month, age=age, points=rule.threshold, min_messages=rule.min_messages)


def judge_the_silence(rule: AlertRule, quarters: dict[datetime, Sums], *, since: datetime, end: datetime) -> Verdict:
    """Return the verdict on a silence since then."""
    weeks, within = usual_in_silence(quarters, since=since, end=end)
    minutes = (end - since) / timedelta(minutes=1)
    return judge_silence(minutes, weeks, within, minutes=rule.threshold, min_messages=rule.min_messages)
