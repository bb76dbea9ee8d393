"""Figures by the values of one key: the rows of page, API and file, with small groups merged for masked roles."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from campaigns.models import SegmentKey
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.segments import from_messages
from reports.segments.comparison import Difference, standouts
from reports.segments.small_groups import SMALL_LABEL, GroupSize, merged_values
from reports.segments.values import OTHER_LABEL


@dataclass(frozen=True, slots=True)
class ValueRow:
    """The figures of one value. `values` are those that it stands for: several in the row of small groups.

    `recipients` is None where they are not counted, `days` has the messages of each day, and `standout` is the
    difference of the delivery rate from all other values together, None if it has too few messages.
    """

    value: str
    values: frozenset[str]
    kpis: Kpis
    recipients: int | None = None
    days: Mapping[date, int] = field(default_factory=dict)
    standout: Difference | None = None

    @property
    def is_small(self) -> bool:
        """Whether the row is the merged one."""
        return self.value == SMALL_LABEL and self.values != {SMALL_LABEL}


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """The rows of a key, most messages first, and their sums; each message of the tenants counts in one row."""

    rows: list[ValueRow]
    total: Kpis
    recipients: int | None

    @property
    def rates(self) -> dict[str, tuple[int, int]]:
        """The delivered and all messages of each row that is one value."""
        return {row.value: _counts(row) for row in self.rows if _is_compared(row)}


def tenants_with_key(tenant_ids: Collection[int], key: str) -> list[int]:
    """Return those of the tenants whose messages are counted by the key."""
    return sorted(
        SegmentKey.objects.filter(
            tenant_id__in=tenant_ids, key=key, removed=False, state=SegmentKey.State.DONE
        ).values_list("tenant_id", flat=True)
    )


def segment_figures(query: StatisticsQuery, key: str, *, merge_small: bool, with_days: bool = False) -> SegmentFigures:
    """Return the figures by the values of the key; with `merge_small` no group of few recipients is shown by itself.

    The tenants of the query must have chosen the key. Raises TooManyGroups.
    """
    kpis = {values[0]: one for values, one in from_messages.groups_of(query, (key,)).items()}
    recipients = {values[0]: n for values, n in from_messages.recipients_of(query, (key,)).items()}
    days = from_messages.days_of(query, key) if with_days else {}
    small: frozenset[str] = frozenset()
    if merge_small:
        sizes = [GroupSize(value, recipients.get(value, 0), one.volume.messages) for value, one in kpis.items()]
        small = merged_values(sizes)
    rows = [
        ValueRow(value, frozenset([value]), one, recipients.get(value, 0), days.get(value, {}))
        for value, one in kpis.items()
    ]
    rows = _with_standouts(_with_small(rows, small))
    return SegmentFigures(
        rows=sorted(rows, key=lambda row: (-row.kpis.volume.messages, row.value)),
        total=sum((row.kpis for row in rows), Kpis(latency={})),
        recipients=from_messages.all_recipients(query),
    )


def _with_small(rows: Sequence[ValueRow], small: frozenset[str]) -> list[ValueRow]:
    """Return the rows with those of the small values as one, whose recipients are not said."""
    if not small:
        return list(rows)
    together = [row for row in rows if row.value in small]
    days: Counter[date] = Counter()
    for row in together:
        days.update(row.days)
    merged = ValueRow(SMALL_LABEL, small, sum((row.kpis for row in together), Kpis(latency={})), None, dict(days))
    return [row for row in rows if row.value not in small] + [merged]


def _with_standouts(rows: list[ValueRow]) -> list[ValueRow]:
    found = standouts(
        {row.value: _counts(row) for row in rows if _is_compared(row)},
        rest=[_counts(row) for row in rows if not _is_compared(row)],
    )
    return [replace(row, standout=found.get(row.value)) if _is_compared(row) else row for row in rows]


def _is_compared(row: ValueRow) -> bool:
    """Return whether the row is one group of recipients; "(none)" is one, too."""
    return not row.is_small and row.value != OTHER_LABEL


def _counts(row: ValueRow) -> tuple[int, int]:
    return row.kpis.volume.delivered, row.kpis.volume.messages
