"""Results of each import's rows: rows + replayed = reports + duplicates + quarantined + others + waiting."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

from deliveries.messages.raw_row import BrokenRow, RawRow
from deliveries.models import ImportCount, ImportRun
from portal.common.bulk import Sums, add_to_counts

_KEYS = {"run_id": "bigint", "outcome": "text", "reason": "text"}
_REPORT, _DUPLICATE, _QUARANTINED, _REPLAYED, _OTHER = ImportCount.Outcome.values


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """Results of one import's rows so far, with the quarantined ones by reason."""

    rows: int
    reports: int = 0
    duplicates: int = 0
    replayed: int = 0
    others: int = 0  # events of other channels than SMS
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        return sum(self.reasons.values())

    @property
    def waiting(self) -> int:
        """Return how many rows are not applied yet."""
        return self.rows + self.replayed - self.reports - self.duplicates - self.quarantined - self.others


def sums(
    rows: list[RawRow], *, reports: set[int], broken: list[BrokenRow], others: Iterable[tuple[RawRow, str]] = ()
) -> Sums:
    """Return what applied rows add, nothing where none is an import's. `reports` are inbox ids of new reports."""
    runs = {row.id: row.import_run_id for row in rows if row.import_run_id is not None}
    reasons = {item.row.id: item.reason for item in broken} if runs else {}
    plain = dict.fromkeys(reports, _REPORT) | {row.id: _OTHER for row, _channel in others} if runs else {}
    counts: Counter[tuple] = Counter()
    for id_, run_id in runs.items():
        reason = reasons.get(id_)
        if reason is not None:
            counts[run_id, _QUARANTINED, reason] += 1
        else:
            counts[run_id, plain.get(id_, _DUPLICATE), ""] += 1
    return Sums("import_count", _KEYS, ("rows",), {key: [count] for key, count in counts.items()})


def add_replayed(run_ids: list[int]) -> None:
    """Count raw rows that were put on the to-do list a second time, by the runs that they are of."""
    replayed = Counter(run_ids)
    add_to_counts(Sums("import_count", _KEYS, ("rows",), {(id_, _REPLAYED, ""): [n] for id_, n in replayed.items()}))


def take_back_quarantined(rows: list[tuple[int, str]]) -> None:
    """Uncount quarantined rows (run id, reason) that are going to be applied again.

    Row by row, in key order: the staff role does this too, and it may not use a staging table of the owner's.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE import_count SET rows = rows - %s WHERE run_id = %s AND outcome = %s AND reason = %s",
            [(count, id_, _QUARANTINED, reason) for (id_, reason), count in sorted(Counter(rows).items())],
        )


def outcome_of(run: ImportRun) -> ImportOutcome:
    """Return what became of an import's rows until now."""
    counts = list(ImportCount.objects.filter(run=run).values_list("outcome", "reason", "rows"))
    plain = {outcome: rows for outcome, _reason, rows in counts if outcome != _QUARANTINED}
    return ImportOutcome(
        rows=run.rows,
        reports=plain.get(_REPORT, 0),
        duplicates=plain.get(_DUPLICATE, 0),
        replayed=plain.get(_REPLAYED, 0),
        others=plain.get(_OTHER, 0),
        reasons={reason: rows for outcome, reason, rows in sorted(counts) if outcome == _QUARANTINED and rows},
    )
