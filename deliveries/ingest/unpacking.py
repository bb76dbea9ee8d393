"""Packed bodies (Content-Encoding), unpacked up to the limit of a body."""

import zlib

from django.conf import settings

from deliveries.ingest.bodies import TooLarge

_GZIP = 16 + zlib.MAX_WBITS
_STEP = 64 * 1024


def unpack(body: bytes, encoding: str) -> tuple[bytes, str]:
    """Return the unpacked body and '', or the received body and its remaining encoding.

    A body that is not gzip, or broken, is returned as received: content never causes an error, and a proxy may have
    unpacked it without removing the header. Raises TooLarge for a body that unpacks to more than INGEST_MAX_BODY; no
    more than that is ever unpacked.
    """
    kind = encoding.strip().lower()
    if kind in ("", "identity") or not body:
        return body, ""
    if kind not in ("gzip", "x-gzip"):
        return body, encoding
    try:
        return _gunzip(body), ""
    except zlib.error:
        return body, encoding


def _gunzip(body: bytes) -> bytes:
    """Return what one or more gzip members hold. Raises zlib.error for what is broken, or not whole."""
    most = settings.INGEST_MAX_BODY
    pieces, size = [], 0
    while body:
        member = zlib.decompressobj(_GZIP)
        while not member.eof:
            piece = member.decompress(body, _STEP)
            if not piece and not member.eof and not member.unconsumed_tail:
                raise zlib.error("the data ends in the middle")
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise TooLarge
            body = member.unconsumed_tail
        body = member.unused_data
    return b"".join(pieces)
