"""Result codes of each dialect, read from their table."""

from collections import defaultdict
from time import monotonic

from deliveries.dialects.codes import Code, CodeTable
from deliveries.dialects.registry import DIALECTS
from deliveries.models import ResultCode

REMEMBERED = 5.0  # seconds
_remembered: tuple[float, dict[str, CodeTable]] | None = None


def code_tables(*, fresh: bool = False) -> dict[str, CodeTable]:
    """Return the code table of each dialect, cached for a few seconds; `fresh` reads it at once.

    A changed code applies to reports received later; `refold` applies it to stored messages.
    """
    global _remembered
    if fresh or _remembered is None or monotonic() - _remembered[0] > REMEMBERED:
        codes: dict[str, dict[int, Code]] = defaultdict(dict)
        for row in ResultCode.objects.all():
            codes[row.dialect][row.code] = Code(row.code, row.status, row.final, row.reason, row.text_en, row.text_fi)
        _remembered = (monotonic(), {dialect: CodeTable(table) for dialect, table in codes.items()})
    return _remembered[1]


def add_known_codes(**_signal: object) -> None:
    """Add a row for each code of the dialects that has none; rows that are there stay as operators left them."""
    ResultCode.objects.bulk_create(
        [
            ResultCode(
                dialect=dialect,
                code=code.code,
                status=code.status,
                final=code.final,
                reason=code.reason,
                text_en=code.text_en,
                text_fi=code.text_fi,
            )
            for dialect, known in DIALECTS.items()
            for code in known.codes.values()
        ],
        ignore_conflicts=True,
    )
