"""Places of elements in the bytes of an XML part, so that a part is edited without being written anew."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

_MAX_DEPTH = 200
_MAX_ELEMENTS = 1_000_000
_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")


class XmlError(ValueError):
    """A part is no XML that can be edited."""


@dataclass(slots=True)
class Element:
    """One element: its place in the bytes, from `start` to before `stop`; its content is `inner` to before `close`."""

    name: str
    attributes: dict[str, str]
    start: int
    inner: int = 0
    close: int = 0
    stop: int = 0
    text: str = ""
    parent: Element | None = field(default=None, repr=False)

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """The name's prefix with its colon, or nothing."""
        return self.name[: len(self.name) - len(self.local)]


def elements(content: bytes) -> list[Element]:
    """Return all elements in the order of their starts. Raises XmlError; a document type is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    found: list[Element] = []
    stack: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) >= _MAX_DEPTH:
            raise XmlError("too deep")
        if len(found) >= _MAX_ELEMENTS:
            raise XmlError("too many elements")
        at = parser.CurrentByteIndex
        element = Element(name, attributes, at, inner=_after_tag(content, at), parent=stack[-1] if stack else None)
        found.append(element)
        stack.append(element)

    def end(_name: str) -> None:
        element, at = stack.pop(), parser.CurrentByteIndex
        if content[element.inner - 2 : element.inner] == b"/>":
            element.close = element.stop = element.inner
        else:
            element.close, element.stop = at, _after_tag(content, at)

    def characters(text: str) -> None:
        if stack:
            stack[-1].text += text

    def refuse(*_arguments: object) -> None:
        raise XmlError("a document type")

    def declare(_version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
            raise XmlError(f"the encoding {encoding}")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, refuse
    parser.XmlDeclHandler = declare
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise XmlError("the encoding UTF-16")
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise XmlError(str(error)) from error
    return found


def _after_tag(content: bytes, at: int) -> int:
    """Return the place after the tag that begins at `at`; `>` within quotes does not end it."""
    found = _TAG.match(content, at)
    if found is None:
        raise XmlError("a tag without an end")
    return found.end()


def spliced(content: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return the content with places replaced; edits do not overlap."""
    pieces, at = [], 0
    for start, stop, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [content[at:start], new]
        at = stop
    return b"".join([*pieces, content[at:]])


def start_tag(element: Element, *, is_empty: bool = False, **changed: str | None) -> bytes:
    """Return the element's start tag with some attributes changed; None takes one away."""
    attributes = {**element.attributes, **changed}
    text = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None)
    return f"<{element.name}{text}{'/' if is_empty else ''}>".encode()
