"""The message log: the messages of a search in the run's days, as exports write them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.utils import translation

from deliveries.exports.days import OldestDays
from deliveries.exports.searches import MESSAGES, Messages, known_columns
from deliveries.search.query import BadFilter, MessageQuery
from portal.common.database import side_connection, snapshot, snapshot_time
from portal.common.masking import Masking
from portal.tenants.scope import web_scope
from reports.models import DefinitionFile, ReportDefinition
from reports.monthly.texts import name_days, translate
from reports.schedules import files
from reports.schedules.reading import Made, Reading, SubjectGone, TooLarge

Format = ReportDefinition.Format
FORMATS = (Format.XLSX, Format.CSV, Format.PARQUET, Format.JSON)
DEFAULT_COLUMNS = ("sent_at", "message_id", "number", "sender", "country", "operator", "status", "campaign", "parts")

Aside = Callable[[Callable[[], None]], None]
Beat = Callable[[int], None]  # percent


@dataclass(slots=True)
class _Log:
    """What the files of one run have in common."""

    reading: Reading
    query: MessageQuery
    columns: list[str]
    rows: int
    kind: str
    as_of: datetime
    beat: Beat
    days: OldestDays
    files_in_all: int
    digest: Any = None  # of the rows, where the definition asks for changes
    written: int = 0

    def pages(self, masking: Masking, path: Path) -> Iterator[list[Any]]:
        """Yield the rows, and note progress, days and what they hold. Raises TooLarge."""
        columns = [known_columns(self.columns)[name] for name in self.columns] if self.digest is not None else []
        for rows, days in Messages(self.query, masking, self.columns).pages():
            self.days.note(days)
            for column in columns:
                self.digest.update(repr(column.raw_values(rows)).encode(errors="backslashreplace"))
            yield rows
            self.written += len(rows)
            self.beat(5 + 90 * self.written // max(1, self.rows * self.files_in_all))
            if path.exists() and path.stat().st_size > settings.EXPORT_MAX_BYTES:
                raise TooLarge("the file is larger than a file may be")
        self.digest = None  # the first file's rows are those of all


def query_of(reading: Reading) -> MessageQuery:
    """Return the search of the run: the definition's filters within its days."""
    search = dict(reading.parameters.get("search", {}))
    if "statuses" in search:
        search["statuses"] = tuple(search["statuses"])
    return MessageQuery(
        tenant_ids=reading.tenant_ids,
        first=reading.run.first,
        last=reading.run.last,
        number_country=reading.run.tenant.country,
        **search,
    )


def make_log(
    reading: Reading, folder: Path, *, kind: str, beat: Beat, is_wanted: Callable[[Made], bool]
) -> tuple[Made, list[DefinitionFile]]:
    """Write all files of a message log from one snapshot. Raises SubjectGone and TooLarge.

    `is_wanted` says whether the files are to be made, from the number of rows. The progress is written by a connection
    of its own, since the snapshot holds this process's one.
    """
    definition = reading.run.definition
    columns = list(definition.parameters.get("columns") or DEFAULT_COLUMNS)
    in_full = reading.access.masking.in_full
    with (
        side_connection("report-progress") as aside,
        snapshot(),
        web_scope(reading.tenant_ids),
        translation.override(reading.language),
    ):
        try:
            query = query_of(reading)
            rows = Messages(query, reading.access.masking).count()
            if rows > settings.EXPORT_MAX_ROWS:
                raise TooLarge(f"{rows} messages")
            made = Made(data_as_of=snapshot_time(), kind=kind, rows=rows)
            if not is_wanted(made):
                return made, []
            log = _Log(
                reading, query, columns, rows, kind, made.data_as_of, lambda percent: aside(lambda: beat(percent)),
                OldestDays(), len(definition.formats) * (1 + in_full),
                sha256(repr(columns).encode()) if definition.condition == definition.Condition.CHANGED else None,
            )  # fmt: skip
            digest = log.digest
            stored = [
                _write(log, folder, format=format, edition=edition)
                for format in definition.formats
                for edition in [DefinitionFile.Edition.FULL] * in_full + [DefinitionFile.Edition.MASKED]
            ]
        except BadFilter as error:
            raise SubjectGone(str(error)) from error
    made.oldest = log.days.by_tenant()
    made.content_hash = digest.hexdigest() if digest is not None else ""
    return made, stored


def _write(log: _Log, folder: Path, *, format: str, edition: str) -> DefinitionFile:
    from deliveries.exports.writers import WRITERS, Table  # slow import: pyarrow, in workers only
    from reports.schedules.log_json import write as write_json

    run, masking = log.reading.run, Masking(in_full=edition == DefinitionFile.Edition.FULL)
    known, days = known_columns(log.columns), name_days(run.first, run.last, log.reading.language)
    table = Table(
        columns=[known[name] for name in log.columns],
        rows_heading=str(MESSAGES.rows),
        timezone=run.tenant.timezone,
        csv_form=run.tenant.csv_form,
        title=masking.text(f"{run.definition.name} · {days} · {translate(log.kind, log.reading.language)}"),
        as_of=log.as_of,
        in_full=masking.in_full,
        rows=log.rows,
    )
    path, begun = folder / f"log.{format}", monotonic()
    writer = write_json if format == Format.JSON else WRITERS[format]
    writer(table, log.pages(masking, path), path)
    stored = files.store(run, path, format=format, edition=edition)
    stored.seconds = round(monotonic() - begun, 2)
    path.unlink()
    return stored
