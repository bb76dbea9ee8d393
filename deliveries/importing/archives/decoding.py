"""Text in UTF-8, UTF-16 or UTF-32, with or without a mark, as UTF-8."""

import codecs
from collections.abc import Iterable, Iterator

from deliveries.importing.archives.errors import BrokenArchiveError
from deliveries.importing.archives.unpacking import with_head

# The longer ones first: UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Where no mark is: JSON begins with ASCII, so the zeros tell (RFC 4627, section 3).
_ZEROS: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text by its first four bytes."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    return _ZEROS.get(tuple(byte == 0 for byte in head[:4]), "utf-8")


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the text in UTF-8. Text that is UTF-8 already stays as it is, right or wrong.

    Bytes of UTF-16 or UTF-32 that are no character become invalid UTF-8, so that only their own line is unreadable.
    """
    chunks = with_head(chunks, 4)
    head = next(chunks, b"")
    encoding = encoding_of(head)
    if encoding == "utf-8":
        if head:
            yield head
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)("portal.as_surrogates")
    yield decoder.decode(head).encode("utf-8", "surrogatepass")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        raise BrokenArchiveError(
            f"the file begins in {encoding.upper()} and ends in the middle of a character: it is cut off, or a part of"
            " it is in another encoding, and nothing from that part on can be read (import each encoding as a file of"
            " its own)"
        )


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    """Keep each wrong byte as a lone surrogate, which UTF-8 does not know."""
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("portal.as_surrogates", _as_surrogates)
