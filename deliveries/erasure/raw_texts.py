"""Numbers in bodies and queries of HTTP requests, in whatever form they are written there; pure."""

import zlib
from contextlib import suppress
from html import unescape
from urllib.parse import unquote_plus

import orjson

from portal.common.hidden_numbers import holds_number

_MAX_BYTES = 4 * 1024 * 1024
_GZIP_OR_ZLIB = 47  # zlib's wbits


def holds(body: bytes, query: str, number: str, encoding: str = "") -> bool:
    """Return whether a request holds the number, also in escapes of JSON or a form, or compressed."""
    if encoding:  # the door could not unpack it
        with suppress(zlib.error):
            body += zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, _MAX_BYTES)
    texts = [query, unquote_plus(query)]
    for charset in ("utf-8", "utf-16-le", "utf-16-be"):
        text = body.decode(charset, "replace")
        texts += [text, unescape(unquote_plus(text))]
    if b"\\u" in body:
        try:
            texts.append(orjson.dumps(orjson.loads(body)).decode())
        except orjson.JSONDecodeError:
            texts.append(body.decode("unicode_escape", "replace"))
    return any(holds_number(text, number) for text in texts if text)
