"""Bytes of a plain or gzipped file, unpacked in pieces of bounded size."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from deliveries.importing.archives.errors import BrokenArchiveError

GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 31  # zlib's window bits
_STEP = 64 * 1024  # packed bytes that are unpacked at once
_MAX_OUT = 1024 * 1024


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of a gzipped file, of all its members; the bytes themselves where it is no gzip file.

    Raises BrokenArchiveError behind the last byte that could be unpacked.
    """
    chunks = with_head(chunks, len(GZIP))
    head = next(chunks, b"")
    chunks = chain([head], chunks)
    return _gunzip(chunks) if head.startswith(GZIP) else chunks


def with_head(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the chunks; the first one has at least `size` bytes where there are so many."""
    chunks, head = iter(chunks), b""
    try:
        for chunk in chunks:
            head += chunk
            if len(head) >= size:
                break
    except BrokenArchiveError:
        yield head
        raise
    if head:
        yield head
    yield from chunks


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    place, begin, member = 0, 0, None  # `place` is that of `data` in the file, `begin` the member's
    for chunk in chunks:
        data = chunk
        while data:
            if member is None:
                padded, data = len(data), data.lstrip(b"\0")  # members may be padded with zeros
                place += padded - len(data)
                if not data:
                    break
                member, begin = zlib.decompressobj(_WITH_GZIP_HEADER), place
            step = data[:_STEP]
            yield from _inflate(member, step, place, begin)
            left = len(member.unused_data) if member.eof else 0
            place += len(step) - left
            data = data[len(step) - left :]
            if member.eof:
                member = None
    if member is not None:
        yield member.flush()
        raise BrokenArchiveError(f"the gzip archive is cut off at byte {place:,}")


def _inflate(member: "zlib._Decompress", step: bytes, place: int, begin: int) -> Iterator[bytes]:
    data = step
    while True:
        before = member.copy()
        try:
            out = member.decompress(data, _MAX_OUT)
        except zlib.error as error:
            good = len(step) - len(data)
            for number in range(len(data)):  # the failing call's output is lost: get it byte by byte
                try:
                    yield before.decompress(data[number : number + 1])
                except zlib.error:
                    break
                good += 1
            raise BrokenArchiveError(_description(str(error), place + good, begin)) from error
        if out:
            yield out
        data = member.unconsumed_tail
        if member.eof or (not data and len(out) < _MAX_OUT):
            return


def _description(error: str, place: int, begin: int) -> str:
    if "header check" in error:
        return f"the gzip archive breaks at byte {begin:,}: what follows there is no gzip data"
    if "data check" in error or "length check" in error:
        return f"the gzip archive's checksum at byte {place:,} is wrong: its content may be damaged"
    return f"the gzip archive breaks at byte {place:,}: its data are damaged there"
