"""Raw bodies as people may see them: nothing in them reaches a terminal or a page but as text."""

SHOWN_BYTES = 64 * 1024
_BOM = b"\xef\xbb\xbf"


def without_bom(body: bytes) -> bytes:
    """Return a body, or one line of it, without the byte order mark before it."""
    return body[3:] if body.startswith(_BOM) else body


def readable(body: bytes) -> str:
    """Return a raw body for people: its text with every invisible character written out, else its bytes in hex.

    At most SHOWN_BYTES of it, with a line about the rest.
    """
    shown = body[:SHOWN_BYTES]
    try:
        # A character that the cut divides is no reason to show hex.
        text = shown.decode("utf-8") if len(shown) == len(body) else _decode_cut(shown)
    except UnicodeDecodeError:
        text = shown.hex(" ", -4)
    else:
        text = "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
    if len(shown) < len(body):
        text += f"\n… {len(body) - len(shown)} bytes more"
    return text


def _decode_cut(shown: bytes) -> str:
    try:
        return shown.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(shown) - 3:
            raise
        return shown[: error.start].decode("utf-8")
