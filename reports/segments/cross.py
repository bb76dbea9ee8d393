"""A table of two keys, read from the messages, with small groups merged for masked roles."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.figures.kpis import Kpis
from reports.figures.query import SEGMENT, StatisticsQuery
from reports.segments import from_messages
from reports.segments.small_groups import SMALL_LABEL, Cell, GroupSize, hidden_cells, merged_values

MAX_ROWS, MAX_COLUMNS = 50, 12
REST_LABEL = ""  # the sum of the rows or columns beyond


@dataclass(frozen=True, slots=True)
class CrossTable:
    """Figures by the values of one key (rows) and of another (columns), largest first, with their sums.

    A cell is missing where no message has both values, and None where its group is hidden. Rows and columns beyond
    MAX_ROWS and MAX_COLUMNS are summed in REST_LABEL.
    """

    rows: list[str]
    columns: list[str]
    cells: Mapping[Cell, Kpis | None]
    row_sums: Mapping[str, Kpis]
    column_sums: Mapping[str, Kpis]
    total: Kpis

    @property
    def has_hidden(self) -> bool:
        return None in self.cells.values()


def cross_table(query: StatisticsQuery, keys: tuple[str, str], *, merge_small: bool) -> CrossTable:
    """Return the table of two keys; the tenants of the query must have chosen both. Raises TooManyGroups."""
    by = [SEGMENT + key for key in keys]
    kpis = {_cell(values): one for values, one in from_messages.groups_of(query, by).items()}
    hidden: frozenset[Cell] = frozenset()
    if merge_small:
        names = [_names(query, key, kpis, side) for side, key in enumerate(keys)]
        kpis = _renamed(kpis, names)
        recipients: defaultdict[Cell, int] = defaultdict(int)
        for values, n in from_messages.recipients_of(query, by).items():
            recipients[_new(_cell(values), names)] += n
        hidden = hidden_cells({cell: recipients[cell] for cell in kpis})
    tops = [_top(kpis, side, most) for side, most in ((0, MAX_ROWS), (1, MAX_COLUMNS))]
    shown = _renamed(kpis, tops)
    hidden = frozenset(_new(cell, tops) for cell in hidden)
    return CrossTable(
        rows=list(dict.fromkeys(tops[0].values())),
        columns=list(dict.fromkeys(tops[1].values())),
        cells={cell: None if cell in hidden else one for cell, one in shown.items()},
        row_sums=_sums(shown, 0),
        column_sums=_sums(shown, 1),
        total=Kpis.total([Kpis(latency={}), *shown.values()]),
    )


def _cell(values: Sequence[str]) -> Cell:
    row, column = values
    return row, column


def _names(query: StatisticsQuery, key: str, kpis: Mapping[Cell, Kpis], side: int) -> dict[str, str]:
    """Return what each value of a key is shown as: those of few recipients as one."""
    recipients = {values[0]: n for values, n in from_messages.recipients_of(query, (SEGMENT + key,)).items()}
    sums = _sums(kpis, side)
    small = merged_values(
        [GroupSize(value, recipients.get(value, 0), one.volume.messages) for value, one in sums.items()]
    )
    return {value: SMALL_LABEL if value in small else value for value in sums}


def _top(kpis: Mapping[Cell, Kpis], side: int, most: int) -> dict[str, str]:
    """Return what each value is shown as, the largest first: beyond `most` as their sum."""
    sums = _sums(kpis, side)
    by_size = sorted(sums, key=lambda value: (-sums[value].volume.messages, value))
    return {value: value if number < most else REST_LABEL for number, value in enumerate(by_size)}


def _renamed(kpis: Mapping[Cell, Kpis], names: Sequence[Mapping[str, str]]) -> dict[Cell, Kpis]:
    found: dict[Cell, Kpis] = {}
    for cell, one in kpis.items():
        new = _new(cell, names)
        found[new] = found[new] + one if new in found else one
    return found


def _new(cell: Cell, names: Sequence[Mapping[str, str]]) -> Cell:
    return names[0][cell[0]], names[1][cell[1]]


def _sums(kpis: Mapping[Cell, Kpis], side: int) -> dict[str, Kpis]:
    found: dict[str, Kpis] = {}
    for cell, one in kpis.items():
        found[cell[side]] = found[cell[side]] + one if cell[side] in found else one
    return found
