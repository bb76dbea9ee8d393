"""An XML document as elements: no document type, no entities, bounded depth and size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 20
MAX_ELEMENTS = 1_000_000


class XmlProblem(Exception):
    """The document cannot be read; `line` is where, 0 for the whole of it."""

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(code)
        self.code, self.line = code, line


@dataclass(slots=True)
class Element:
    """One element by its name without namespace, with its text without the space around it."""

    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, *path: str) -> Iterator[Element]:
        """Yield the elements below this one at a path of names."""
        if not path:
            yield self
            return
        for child in self.children:
            if child.name == path[0]:
                yield from child.all(*path[1:])

    def first(self, *path: str) -> Element | None:
        """Return the first element at a path of names."""
        return next(self.all(*path), None)

    def text_at(self, *path: str) -> str:
        """Return the text of the first element at a path of names, '' where there is none."""
        found = self.first(*path)
        return found.text if found is not None else ""


def read_xml(content: bytes) -> Element:
    """Return the root. Raises XmlProblem."""
    reader = _Reader()
    parser = reader.parser
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise XmlProblem("not_xml", error.lineno) from None
    except (LookupError, ValueError):  # an unknown encoding
        raise XmlProblem("not_xml", 1) from None
    assert reader.root is not None  # expat refuses a document without a root
    return reader.root


class _Reader:
    """expat's handlers, with the elements that are open."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.root: Element | None = None
        self._open: list[Element] = []
        self._elements = 0

    def refuse_doctype(self, *_arguments: object) -> None:
        raise XmlProblem("doctype", self.parser.CurrentLineNumber)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise XmlProblem("too_deep", self.parser.CurrentLineNumber)
        element = Element(name.rpartition(":")[2], self.parser.CurrentLineNumber, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def characters(self, text: str) -> None:
        self._open[-1].text += text

    def end(self, _name: str) -> None:
        element = self._open.pop()
        element.text = element.text.strip()
