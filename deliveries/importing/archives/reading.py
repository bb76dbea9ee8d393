"""An archive on disk: hashed whole, refused for what it is not, and read piece by piece."""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from deliveries.importing.archives import kinds
from deliveries.importing.archives.decoding import as_utf8
from deliveries.importing.archives.errors import ArchiveError, BrokenArchiveError, ChangedFileError
from deliveries.importing.archives.pieces import Piece, pieces
from deliveries.importing.archives.unpacking import unpacked, with_head

_CHUNK = 256 * 1024
_nothing = re.compile(rb"(?:\s|\xef\xbb\xbf)*+(?:\[\s*\])?\s*").fullmatch
_HEAD = 8 * 1024  # of the file, and of what is packed in it, for kinds that are no text
LOOKED_AT = 1024 * 1024  # bytes of text among which a JSON object must be

Progress = Callable[[int], None]  # the place in the file


@dataclass(frozen=True, slots=True)
class Archive:
    """A file as it was when it was hashed."""

    path: Path
    size: int
    sha256: str
    is_empty: bool

    def pieces(self, *, limit: int, progress: Progress | None = None) -> Iterator[Piece]:
        """Yield the archive's reports, in order and in constant memory.

        Raises behind what could be read: BrokenArchiveError, or of its kinds ChangedFileError where the file is not
        the one that was hashed, and OSError.
        """
        yield from pieces(as_utf8(unpacked(self._chunks(progress))), limit=limit)

    def _chunks(self, progress: Progress | None) -> Iterator[bytes]:
        digest, place = hashlib.sha256(), 0
        with self.path.open("rb") as file:
            while chunk := file.read(min(_CHUNK, self.size - place)):
                digest.update(chunk)
                place += len(chunk)
                yield chunk
                if progress is not None:
                    progress(place)
            if digest.hexdigest() != self.sha256 or os.fstat(file.fileno()).st_size != self.size:
                raise ChangedFileError("the file was changed while it was read")


def open_archive(path: Path, *, limit: int, progress: Progress | None = None) -> Archive:
    """Hash the whole file and look at its beginning. Raises ArchiveError for what is no archive of reports."""
    archive = hash_archive(path, progress=progress)
    try:
        return replace(archive, is_empty=_refuse_others(path, limit))
    except OSError as error:
        raise ArchiveError(f"it cannot be read: {error.strerror or error}") from error


def hash_archive(path: Path, *, progress: Progress | None = None) -> Archive:
    """Hash the whole file, of any kind; it counts as empty without a byte. Raises ArchiveError."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ArchiveError("this is a directory")
        if not stat.S_ISREG(mode):
            raise ArchiveError("this is no regular file, so it cannot be read a second time: write it to a file first")
        sha256, size = _hashed(path, progress)
    except FileNotFoundError as error:
        raise ArchiveError("no such file") from error
    except OSError as error:
        raise ArchiveError(f"it cannot be read: {error.strerror or error}") from error
    return Archive(path, size, sha256, is_empty=size == 0)


def _hashed(path: Path, progress: Progress | None) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if progress is not None:
                progress(size)
    return digest.hexdigest(), size


def _refuse_others(path: Path, limit: int) -> bool:
    """Refuse a file without a JSON object in its first LOOKED_AT bytes; return whether nothing at all is in it."""
    with path.open("rb") as file:
        raw = with_head(iter(lambda: file.read(_CHUNK), b""), _HEAD)
        head = next(raw, b"")
        _refuse(kinds.packed_kind(head) if not head.startswith(b"\x1f\x8b") else None)
        try:
            inner = with_head(unpacked(chain([head], raw)), _HEAD)
            first = next(inner, b"")
        except BrokenArchiveError as error:
            raise ArchiveError(f"nothing can be read of it: {error}") from error
        _refuse(kinds.packed_kind(first))
        looked_at = bytearray()
        broken = None
        try:
            for piece in pieces(_beginning(as_utf8(chain([first], inner)), looked_at), limit=limit):
                if kinds.is_like_report(piece.body):
                    _refuse(kinds.wrapping_kind(piece.body))
                    return False
        except BrokenArchiveError as error:
            broken = error
    text = bytes(looked_at)
    if broken is not None and not text.strip():
        raise ArchiveError(f"nothing can be read of it: {broken}") from broken
    if _nothing(text):
        return True
    _refuse(kinds.text_kind(text))
    return False


def _beginning(chunks: Iterator[bytes], seen: bytearray) -> Iterator[bytes]:
    for chunk in chunks:
        part = chunk[: LOOKED_AT - len(seen)]
        seen += part
        yield part
        if len(seen) >= LOOKED_AT:
            return


def _refuse(kind: str | None) -> None:
    if kind is not None:
        raise ArchiveError(f"it seems to be {kind}. {kinds.JSON_IS_NEEDED}, one a line or in an array")
