"""An XML document as nested dictionaries of texts: no document type, no entities, bounded depth and size."""

from typing import Any
from xml.parsers import expat

from deliveries.dialects.report import Unreadable

MAX_DEPTH = 10
MAX_ELEMENTS = 2000


def read(body: bytes) -> dict[str, Any]:
    """Return what the root holds: `<k>v</k>`, or `<entry><key>k</key><value>v</value></entry>`, is {"k": "v"}.

    Texts lose the space around them, empty elements are absent, namespaces and attributes do not count. Elements of
    one name with different values become a list.
    Raises Unreadable.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable("not XML", str(error)[:300]) from None
    except (LookupError, ValueError) as error:  # an unknown encoding
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("not XML", str(error)[:300]) from None
    root = reader.root
    if type(root) is not dict:
        raise Unreadable("not an object", "the root of the XML holds no elements")
    return root


class _Reader:
    """expat's handlers, and the elements that are open: for each its children and its text."""

    def __init__(self) -> None:
        self.root: Any = None
        self._open: list[tuple[list[tuple[str, Any]], list[str]]] = []
        self._elements = 0

    def refuse_doctype(self, *_arguments: object) -> None:
        raise Unreadable("not XML", "a document type (DTD) is not read")

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Unreadable("too many", f"at most {MAX_ELEMENTS} XML elements")
        if len(self._open) >= MAX_DEPTH:
            raise Unreadable("too deep", f"at most {MAX_DEPTH} XML elements one in the other")
        self._open.append(([], []))

    def text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, name: str) -> None:
        children, texts = self._open.pop()
        value = _as_map(children) if children else "".join(texts).strip()
        if self._open:
            self._open[-1][0].append((name.rpartition(":")[2], value))
        else:
            self.root = value


def _as_map(children: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in children:
        if name == "entry" and type(value) is dict and type(value.get("key")) is str:
            name, value = value["key"], value.get("value", "")
        if value not in ("", {}):
            add_value(found, name, value)
    return found


def add_value(fields: dict[str, Any], name: str, value: Any) -> None:
    """Add a value under its name; different values under one name become a list."""
    known = fields.setdefault(name, value)
    if type(known) is list:
        known.append(value)
    elif known != value:
        fields[name] = [known, value]
