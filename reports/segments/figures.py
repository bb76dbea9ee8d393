"""Figures by the values of one key: the rows of page, API and file, with small groups merged for masked roles."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from campaigns.segments import OTHER_VALUES
from portal.common.masking import Masking
from reports.campaigns.conversions import Converted
from reports.figures.kpis import Kpis
from reports.figures.query import SEGMENT, StatisticsQuery
from reports.segments import from_counts, from_messages
from reports.segments.comparison import Difference, standouts
from reports.segments.conversions import conversions_of
from reports.segments.small_groups import SMALL_LABEL, GroupSize, merged_values

MAX_READ = 20_000  # messages that are read for the recipients unless they are asked for


@dataclass(frozen=True, slots=True)
class ValueRow:
    """The figures of one value. `values` are those that it stands for: several in the row of small groups.

    `recipients` is None where they are not counted, `conversions` where they are not or the tenants have no events.
    `standout` is the difference of the delivery rate from all other
    values together, None if it has too few messages.
    """

    value: str
    values: frozenset[str]
    kpis: Kpis
    recipients: int | None = None
    conversions: Converted | None = None
    standout: Difference | None = None

    @property
    def is_small(self) -> bool:
        """Return whether the row is the merged one."""
        return self.value == SMALL_LABEL and self.values != {SMALL_LABEL}


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """The rows of a key, most messages first, and their sums; each message of the tenants counts in one row."""

    rows: list[ValueRow]
    total: Kpis
    recipients: int | None
    conversions: Converted | None = None

    @property
    def rates(self) -> dict[str, tuple[int, int]]:
        """The delivered and all messages of each row that is one value."""
        return {row.value: _counts(row) for row in self.rows if _is_compared(row)}


def segment_figures(
    query: StatisticsQuery, key: str, *, merge_small: bool, with_recipients: bool = False, kind: str = ""
) -> SegmentFigures:
    """Return the figures by the values of the key; with `merge_small` no group of few recipients is shown by itself.

    The tenants of the query must have counts by the key. Of a campaign the messages are read, else the counts.
    Recipients are counted where that reads at most MAX_READ messages, or `with_recipients`, if they can be counted at
    all. Conversions are by events of the `kind` of this name, '' for all kinds. Raises TooManyGroups and SearchTooSlow.
    """
    is_read, by = "campaign" in query.filters, (SEGMENT + key,)
    groups = from_messages.groups_of(query, by) if is_read else from_counts.groups_of(query, key)
    kpis = {values[0]: one for values, one in groups.items()}
    total = Kpis.total([Kpis(latency={}), *kpis.values()])
    recipients: dict[str, int] | None = None
    if from_messages.may_be_read(query) and (with_recipients or total.volume.messages <= MAX_READ):
        recipients = {values[0]: n for values, n in from_messages.recipients_of(query, by).items()}
    small = _small(query, key, kpis, recipients) if merge_small else frozenset()
    conversions = {} if recipients is None else conversions_of(query, by, groups, total, kind=kind)
    rows = [
        ValueRow(
            value,
            frozenset([value]),
            one,
            None if recipients is None else recipients.get(value, 0),
            conversions.get((value,)),
        )
        for value, one in kpis.items()
    ]
    rows = _with_standouts(_with_small(rows, small))
    return SegmentFigures(
        rows=sorted(rows, key=lambda row: (-row.kpis.volume.messages, row.value)),
        total=total,
        recipients=None if recipients is None else from_messages.all_recipients(query),
        conversions=conversions.get(None),
    )


def comparable(found: SegmentFigures, masking: Masking) -> dict[str, ValueRow]:
    """Return the rows that can be compared with each other: single values whose names are not hidden."""
    rates = found.rates
    return {row.value: row for row in found.rows if row.value in rates and not masking.hides(row.value)}


def figures_by_time(query: StatisticsQuery, key: str, found: SegmentFigures, time: str) -> dict[str, dict[Any, Kpis]]:
    """Return the figures of each row by `day` or `month`. Raises TooManyGroups and SearchTooSlow."""
    if "campaign" in query.filters:
        groups = from_messages.groups_of(query, (SEGMENT + key, time))
    else:
        groups = from_counts.groups_of(query, key, time=time)
    shown_as = {value: row.value for row in found.rows for value in row.values}
    by_row: dict[str, dict[Any, Kpis]] = {row.value: {} for row in found.rows}
    for (value, begins), kpis in groups.items():
        if value in shown_as:  # not what came between the two queries
            times = by_row[shown_as[value]]
            times[begins] = times[begins] + kpis if begins in times else kpis
    return by_row


def with_times(
    query: StatisticsQuery, key: str, rows: Sequence[ValueRow], total: Kpis, *, is_whole: bool
) -> tuple[list[ValueRow], Kpis]:
    """Return these rows and the total with their times to delivery, after figures without latency.

    `is_whole` says that the whole period is counted by the key. A page shows few of the rows, and their times take
    longer to read than all of their other figures. Messages of a campaign are read with their times already.
    """
    if total.latency is not None:
        return list(rows), total
    times = from_counts.times_of(query, key, {value for row in rows for value in row.values})
    timed = [replace(row, kpis=replace(row.kpis, latency=_together(times, row.values))) for row in rows]
    return timed, replace(total, latency=from_counts.all_times(query, key, is_whole=is_whole))


def _together(times: Mapping[str, Mapping[int, int]], values: Iterable[str]) -> dict[int, int]:
    found: Counter[int] = Counter()
    for value in values:
        found.update(times.get(value, {}))
    return dict(found)


def days_of(query: StatisticsQuery, key: str, rows: Sequence[ValueRow]) -> list[dict[date, int]]:
    """Return the messages of each day, of each of the rows."""
    if "campaign" in query.filters:
        days = from_messages.days_of(query, key)
    else:
        days = from_counts.days_of(query, key, {value for row in rows for value in row.values})
    found = []
    for row in rows:
        together: Counter[date] = Counter()
        for value in row.values:
            together.update(days.get(value, {}))
        found.append(dict(together))
    return found


def _small(
    query: StatisticsQuery, key: str, kpis: Mapping[str, Kpis], recipients: Mapping[str, int] | None
) -> frozenset[str]:
    """Return the values that are shown as one group."""
    messages = {value: one.volume.messages for value, one in kpis.items()}
    if recipients is None:
        recipients = from_counts.enough_recipients(query, key, messages)
    return merged_values([GroupSize(value, recipients.get(value, 0), n) for value, n in messages.items()])


def _with_small(rows: Sequence[ValueRow], small: frozenset[str]) -> list[ValueRow]:
    """Return the rows with those of the small values as one, whose recipients are not said."""
    if not small:
        return list(rows)
    small |= {row.value for row in rows} & {SMALL_LABEL}  # a value of that very name
    together = [row for row in rows if row.value in small]
    merged = ValueRow(SMALL_LABEL, small, Kpis.total([Kpis(latency={}), *(row.kpis for row in together)]))
    return [row for row in rows if row.value not in small] + [merged]


def _with_standouts(rows: list[ValueRow]) -> list[ValueRow]:
    found = standouts(
        {row.value: _counts(row) for row in rows if _is_compared(row)},
        rest=[_counts(row) for row in rows if not _is_compared(row)],
    )
    return [replace(row, standout=found.get(row.value)) if _is_compared(row) else row for row in rows]


def _is_compared(row: ValueRow) -> bool:
    """Return whether the row is one group of recipients; "(none)" is one, too."""
    return not row.is_small and row.value != OTHER_VALUES


def _counts(row: ValueRow) -> tuple[int, int]:
    return row.kpis.volume.delivered, row.kpis.volume.messages
