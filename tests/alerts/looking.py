"""Looks at made-up traffic by the standard rules, as the portal makes them; a window is three steps of five minutes."""

from collections import defaultdict

import numpy as np

from reports.alerts.rules import STANDARD
from reports.alerts.statistics import (
    Part,
    State,
    Sums,
    Usual,
    age_of,
    confirm_delivery,
    judge_delivery,
    judge_median,
    judge_silence,
    judge_volume_down,
    to_open,
)
from reports.alerts.statistics.sums import TIMES
from tests.alerts.traffic import STEPS_A_WEEK, Traffic

WEEKS = 4
WINDOW = 3  # steps
AROUND = 12  # steps, an hour
LATELY = 36  # steps, three hours
CLOSES_AFTER = 6  # steps that are usual: half an hour


def alarms(traffic: Traffic, countries: dict[str, list[int]], *, stride: int = 1) -> list[tuple[str, Part, int]]:
    """Return the alerts of a tenant that open, by rule and part with the step; `countries` has the parts of each."""
    parts = {Part(country, f"op{n}"): [n] for country, numbers in countries.items() for n in numbers}
    parts |= {Part(country): numbers for country, numbers in countries.items()}
    parts[Part()] = [n for numbers in countries.values() for n in numbers]
    looks = {part: _Looks(traffic.part(numbers)) for part, numbers in parts.items()}
    found: list[tuple[str, Part, int]] = []
    for rule in STANDARD:
        bad: dict[int, set[Part]] = defaultdict(set)
        for part in looks if rule.scope == "each" else [Part()]:
            for step in looks[part].candidates(rule.kind, WEEKS * STEPS_A_WEEK + 2 * AROUND, stride):
                if looks[part].look(rule.kind, step) is State.BAD:
                    bad[int(step)].add(part)
        last_bad: dict[Part, int] = {}
        for step, of_step in sorted(bad.items()):
            last_bad = {part: at for part, at in last_bad.items() if step - at <= CLOSES_AFTER}
            new = to_open(of_step, last_bad)
            found += [(rule.standard, part, step) for part in new]
            last_bad |= dict.fromkeys(of_step & last_bad.keys(), step) | dict.fromkeys(new, step)
    return found


class _Looks:
    def __init__(self, traffic: Traffic) -> None:
        self.messages, self.delivered = traffic.messages[0], traffic.delivered[0]
        within = self.delivered.sum(axis=0).cumsum()
        p95 = TIMES[int(np.searchsorted(within, 0.95 * within[-1]))] if within[-1] else None
        self.age = age_of(p95)
        self.last = TIMES.index(self.age) + 1
        self.rules = {rule.standard: rule for rule in STANDARD}
        zero = np.zeros(1, dtype=np.int64)
        self.sum_n = np.concatenate([zero, self.messages.cumsum()])
        fast = TIMES.index(10) + 1  # a median below 10 s is never unusual
        self.sum_fast = np.concatenate([zero, self.delivered[:, :fast].sum(axis=1).cumsum()])
        self.sum_k = np.concatenate([zero, self.delivered[:, : self.last].sum(axis=1).cumsum()])

    def candidates(self, name: str, since: int, stride: int) -> list[int]:
        """Return the ends of windows that may be unusual at all, by a rough look at all of them at once."""
        ends = np.arange(since, len(self.messages) - AROUND, stride)
        n, k = self._between(ends - WINDOW, ends)
        back = [ends - week * STEPS_A_WEEK for week in range(1, WEEKS + 1)]
        if name == "delivery":
            around = [self._between(at - WINDOW - AROUND, at + AROUND) for at in back]
            rate = sum(k for _n, k in around) / np.maximum(sum(n for n, _k in around), 1)
            nothing = sum(n for n, _k in around) < 1_000
            share = k / np.maximum(n, 1)
            wanted = (n >= 100) & (
                (share <= rate - 0.08) | (nothing & (share <= self.sum_k[-1] / self.sum_n[-1] - 0.05))
            )
        elif name == "median":
            fast = self.sum_fast[ends] - self.sum_fast[ends - WINDOW]
            wanted = (k >= 100) & (2 * fast < k)
        elif name == "volume_down":
            wanted = (n > 0) & (n <= 0.5 * np.min([self._between(at - WINDOW, at)[0] for at in back], axis=0))
        else:
            steps = np.arange(len(self.messages) + 1)
            heard = np.concatenate([[True], self.messages > 0])
            begin = np.maximum.accumulate(np.where(heard, steps, 0))[ends]
            usual = [self._between(begin - week * STEPS_A_WEEK, at)[0] for week, at in enumerate(back, start=1)]
            wanted = (ends - begin >= 6) & (np.min(usual, axis=0) >= 20)
        return list(ends[wanted])

    def _between(self, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.sum_n[end] - self.sum_n[begin], self.sum_k[end] - self.sum_k[begin]

    def look(self, name: str, end: int) -> State:
        rule = self.rules[name]
        if name == "silence":
            return self._silence(end, rule)
        now, usual = self._sums(end - WINDOW, end), self._usual(end)
        if name == "delivery":
            wanted = {"age": self.age, "points": rule.threshold, "min_messages": rule.min_messages}
            verdict = judge_delivery(now, usual, **wanted)
            if verdict.state is State.GOOD:
                return State.GOOD
            return confirm_delivery(now, self._month(end), **wanted).state
        if name == "median":
            return judge_median(now, usual, age=self.age, times=rule.threshold, min_messages=rule.min_messages).state
        return judge_volume_down(now, usual, percent=rule.threshold, min_messages=rule.min_messages).state

    def _silence(self, end: int, rule) -> State:
        begin = end
        while begin > 0 and self.messages[begin - 1] == 0:
            begin -= 1
        weeks, within = [], []
        for week in range(1, WEEKS + 1):
            back = week * STEPS_A_WEEK
            weeks.append([int(n) for n in self._quarters(begin - back - AROUND, end - back + AROUND)])
            within.append(int(self.sum_n[end - back] - self.sum_n[begin - back]))
        return judge_silence(
            (end - begin) * 5, weeks, within, minutes=rule.threshold, min_messages=rule.min_messages
        ).state

    def _quarters(self, begin: int, end: int) -> list[int]:
        return [int(self.sum_n[at + WINDOW] - self.sum_n[at]) for at in range(begin - begin % 3, end, WINDOW)]

    def _sums(self, begin: int, end: int) -> Sums:
        return Sums(
            int(self.sum_n[end] - self.sum_n[begin]),
            tuple(int(n) for n in self.delivered[begin:end].sum(axis=0)),
        )

    def _usual(self, end: int) -> Usual:
        same, cells = [], []
        for week in range(1, WEEKS + 1):
            at = end - week * STEPS_A_WEEK
            first = (at - WINDOW - AROUND) // WINDOW * WINDOW
            of_week = [self._sums(cell, cell + WINDOW) for cell in range(first, at + AROUND, WINDOW)]
            cells.append(of_week)
            same.append(self._sums((at - WINDOW) // WINDOW * WINDOW, -(-at // WINDOW) * WINDOW))
        return Usual(same, cells)

    def _month(self, end: int) -> list[Sums]:
        last = end // WINDOW * WINDOW - WINDOW - LATELY
        first = last - WEEKS * STEPS_A_WEEK
        n = self.sum_n[first + WINDOW : last + 1 : WINDOW] - self.sum_n[first : last - WINDOW + 1 : WINDOW]
        k = self.sum_k[first + WINDOW : last + 1 : WINDOW] - self.sum_k[first : last - WINDOW + 1 : WINDOW]
        rest = (0,) * (len(TIMES) - 1)
        return [Sums(int(a), (int(b), *rest)) for a, b in zip(n, k, strict=True) if a]
