"""A log of submitted messages as CSV: each row becomes the JSON of a submission, in order and in constant memory.

The header names the fields of a submission. Columns of custom parameters are called `custom_parameters.` and the
parameter's name. Empty cells are absent values.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import orjson

from deliveries.dialects.submission import FIELDS
from deliveries.importing.archives.decoding import as_utf8
from deliveries.importing.archives.errors import ArchiveError, BrokenArchiveError
from deliveries.importing.archives.pieces import KEPT, Piece
from deliveries.importing.archives.reading import Archive, Progress, hash_archive
from deliveries.importing.archives.unpacking import unpacked
from portal.common.nearest import nearest

PARAMETER = "custom_parameters."
NEEDED = ("message_id", "submitted_at")
DELIMITERS = (";", ",", "\t")
MAX_COLUMNS = 200
_COLUMNS = tuple(name for name in FIELDS if name != "custom_parameters")


@dataclass(frozen=True, slots=True)
class CsvLog(Archive):
    """A CSV file as it was when it was hashed, with the delimiter and the columns of its header."""

    delimiter: str = ","
    columns: tuple[str, ...] = ()

    def pieces(self, *, limit: int, progress: Progress | None = None) -> Iterator[Piece]:
        """Yield each row as JSON. Raises BrokenArchiveError behind the last row that could be read."""
        lines = _lines(as_utf8(unpacked(self._chunks(progress))), limit)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        try:
            next(reader, None)  # the header
            for cells in reader:
                if cells:
                    yield _piece(self._body(cells), limit)
        except csv.Error as error:
            text = f"its line {reader.line_num:,} is no CSV ({error}); is a quote missing?"
            raise BrokenArchiveError(text) from error

    def _body(self, cells: list[str]) -> bytes:
        if len(cells) != len(self.columns):
            return orjson.dumps([f"{len(cells)} cells, but the header has {len(self.columns)}", *cells])
        item: dict[str, object] = {}
        parameters: dict[str, str] = {}
        for name, cell in zip(self.columns, cells, strict=True):
            if not cell:
                continue
            if name.startswith(PARAMETER):
                parameters[name.removeprefix(PARAMETER)] = cell
            else:
                item[name] = cell
        return orjson.dumps(item | ({"custom_parameters": parameters} if parameters else {}))


def open_csv(path: Path, *, limit: int, progress: Progress | None = None) -> CsvLog:
    """Hash the file and read its header. Raises ArchiveError, also for a column that is no field."""
    archive = hash_archive(path, progress=progress)
    if archive.is_empty:
        return _of(archive)
    try:
        with path.open("rb") as file:
            chunks = iter(lambda: file.read(64 * 1024), b"")
            header = next(_lines(as_utf8(unpacked(chunks)), limit), "")
    except BrokenArchiveError as error:
        raise ArchiveError(f"nothing can be read of it: {error}") from error
    except OSError as error:
        raise ArchiveError(f"it cannot be read: {error.strerror or error}") from error
    delimiter = max(DELIMITERS, key=header.count)
    columns = tuple(next(csv.reader([header], delimiter=delimiter), ()))
    _check(columns)
    return _of(archive, delimiter=delimiter, columns=columns)


def _of(archive: Archive, *, delimiter: str = ",", columns: tuple[str, ...] = ()) -> CsvLog:
    values = {field.name: getattr(archive, field.name) for field in fields(archive)}
    return CsvLog(**values, delimiter=delimiter, columns=columns)


def _check(columns: tuple[str, ...]) -> None:
    """Raise ArchiveError for a header that does not name the fields of a submission."""
    if len(columns) > MAX_COLUMNS:
        raise ArchiveError(f"its header has {len(columns)} columns, at most {MAX_COLUMNS} are read")
    for name in columns:
        if name not in _COLUMNS and not (name.startswith(PARAMETER) and len(name) > len(PARAMETER)):
            meant = nearest(name, _COLUMNS)
            raise ArchiveError(
                f"its column {name[:50]!r} is no field of a submission{f'; did you mean {meant}?' if meant else ''}."
                f" Allowed: {', '.join(_COLUMNS)}, {PARAMETER}NAME"
            )
        if columns.count(name) > 1:
            raise ArchiveError(f"its column {name[:50]!r} is there twice")
    for name in NEEDED:
        if name not in columns:
            raise ArchiveError(f"its header has no column {name!r}")


def _piece(body: bytes, limit: int) -> Piece:
    return Piece(body if len(body) <= limit else body[:KEPT], len(body))


def _lines(chunks: Iterator[bytes], limit: int) -> Iterator[str]:
    """Yield the lines of a text in UTF-8 with their ends. Raises BrokenArchiveError for one over the limit."""
    rest, number = b"", 0
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            yield _text(line, number) + "\n"
        if len(rest) > limit:
            raise BrokenArchiveError(f"its line {number + 1:,} is longer than {limit:,} bytes")
    if rest.strip():
        yield _text(rest, number + 1)


def _text(line: bytes, number: int) -> str:
    try:
        return line.removeprefix(b"\xef\xbb\xbf").decode().removesuffix("\r")
    except UnicodeDecodeError as error:
        raise BrokenArchiveError(f"its line {number:,} is no UTF-8; save it as UTF-8") from error
