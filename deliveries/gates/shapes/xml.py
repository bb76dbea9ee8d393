"""A delivery report as XML (docs/gates.md); pure."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from deliveries.gates.shapes.link import Field

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Characters that no document of XML 1.0 can hold, not even escaped.
_forbidden = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(fields: Mapping[str, Field]) -> str:
    """Return a document: an element for each field, empty for nothing; a map holds `<entry>` elements.

    A control character, which XML cannot hold, becomes U+FFFD.
    """
    elements = "".join(f"<{name}>{_content(value)}</{name}>" for name, value in fields.items())
    return f"{_HEAD}<deliveryReport>{elements}</deliveryReport>"


def _content(value: Field) -> str:
    if isinstance(value, dict):
        return "".join(
            f"<entry><key>{_text(key)}</key><value>{_text(text)}</value></entry>" for key, text in value.items()
        )
    return "" if value is None else _text(str(value))


def _text(text: str) -> str:
    return escape(_forbidden.sub("\N{REPLACEMENT CHARACTER}", text), {"\r": "&#13;"})
