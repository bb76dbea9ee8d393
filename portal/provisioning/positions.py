"""YAML values with their positions, so that each problem names its line, column and path.

No message repeats a value unless the caller says so: it could be a password or a token.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import yaml

from portal.common.nearest import nearest

_KINDS = {
    "null": "nothing",
    "int": "a number",
    "float": "a number",
    "bool": "true or false (so YAML reads yes, no, on and off too)",
    "timestamp": "a date",
    "map": "a mapping",
    "seq": "a list",
    "str": "text",
}
_TRUE = {"yes", "true", "on"}
_TAG = "tag:yaml.org,2002:"
_is_day = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Position of a value: line and column from 1, and its path, such as `tenants[0].slug`."""

    line: int
    column: int
    path: str


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong, where, and what would be right."""

    position: Position
    text: str

    def located(self, filename: str) -> str:
        """Return the line to print: FILE:line:column: path.to.key: what is wrong."""
        where = f"{filename}:{self.position.line}:{self.position.column}"
        return ": ".join(part for part in (where, self.position.path, self.text) if part)


class Problems:
    """Problems of a file, each once, in the file's order."""

    def __init__(self) -> None:
        self._found: set[Problem] = set()

    def add(self, position: Position, text: str) -> None:
        self._found.add(Problem(position, text))

    def sorted(self) -> list[Problem]:
        return sorted(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)


class Value:
    """One value of the file. Failed checks are added to the problems."""

    __slots__ = ("_node", "_problems", "position")

    def __init__(self, node: yaml.Node, path: str, problems: Problems) -> None:
        self._node = node
        self._problems = problems
        self.position = _position(node.start_mark, path)

    @property
    def is_null(self) -> bool:
        return self._node.tag == f"{_TAG}null"

    @property
    def is_mapping(self) -> bool:
        return isinstance(self._node, yaml.MappingNode)

    def wrong(self, text: str) -> None:
        """Say what is wrong with this value."""
        self._problems.add(self.position, text)

    def entries(self) -> dict[str, "Value"]:
        """Return the values of a mapping by key; empty, with a problem, where it is none."""
        if not isinstance(self._node, yaml.MappingNode):
            self.wrong(f"must be a mapping (key: value), is {self._kind()}")
            return {}
        found: dict[str, Value] = {}
        for key_node, node in self._node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problems.add(_position(key_node.start_mark, self.position.path), "a key must be text")
                continue
            key = key_node.value
            if _has_control(key):
                self._problems.add(_position(key_node.start_mark, self.position.path), "a key has a control character")
                continue
            path = _join(self.position.path, key)
            if key in found:
                first = found[key].position.line
                self._problems.add(_position(key_node.start_mark, path), f"given twice (before in line {first})")
            else:
                found[key] = Value(node, path, self._problems)
        return found

    def keys(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, "Value"]:
        """Return the values of a mapping with fixed keys; unknown and missing ones are problems."""
        required = tuple(required)
        allowed = (*required, *optional)
        entries = self.entries()
        for key in [key for key in entries if key not in allowed]:
            self._unknown(key, entries.pop(key), allowed)
        if isinstance(self._node, yaml.MappingNode):
            for key in required:
                if key not in entries:
                    self._problems.add(_position(self._node.start_mark, _join(self.position.path, key)), "missing")
        return entries

    def items(self) -> list["Value"]:
        """Return the values of a list; empty, with a problem, where it is none."""
        if not isinstance(self._node, yaml.SequenceNode):
            self.wrong(f"must be a list, is {self._kind()}")
            return []
        return [Value(node, f"{self.position.path}[{i}]", self._problems) for i, node in enumerate(self._node.value)]

    def text(self, *, longest: int, empty: bool = False) -> str:
        """Return a text; `''`, with a problem, where it is none, or not one that can be stored."""
        if self._node.tag != f"{_TAG}str" or not isinstance(self._node, yaml.ScalarNode):
            is_scalar = isinstance(self._node, yaml.ScalarNode) and not self.is_null
            self.wrong(f"must be text, is {self._kind()}" + ("; put it in quotes" if is_scalar else ""))
            return ""
        text = self._node.value
        if not empty and not text.strip():
            self.wrong("must not be empty")
        if len(text) > longest:
            self.wrong(f"has {len(text)} characters, the limit is {longest}")
        if _has_control(text):
            self.wrong("has a control character")
            return ""
        return text

    def scalar(self, *, longest: int) -> str:
        """Return a text, a number or a date as it is written; `''` for null, and with a problem for anything else."""
        if not isinstance(self._node, yaml.ScalarNode):
            self.wrong(f"must be text, is {self._kind()}")
            return ""
        if self.is_null:
            return ""
        if len(self._node.value) > longest:
            self.wrong(f"has {len(self._node.value)} characters, the limit is {longest}")
            return ""
        return self._node.value

    def day(self) -> date | None:
        """Return a date; None, with a problem, where it is none. Its limits are not checked here."""
        if isinstance(self._node, yaml.ScalarNode) and self._node.tag in (f"{_TAG}timestamp", f"{_TAG}str"):
            try:
                if _is_day(self._node.value):
                    return date.fromisoformat(self._node.value)
            except ValueError:
                pass
        self.wrong("must be a day like 2026-11-01")
        return None

    def flag(self) -> bool:
        """Return true or false; False, with a problem, where it is neither."""
        if self._node.tag != f"{_TAG}bool":
            self.wrong(f"must be true or false, is {self._kind()}")
            return False
        return self._node.value.lower() in _TRUE

    def _kind(self) -> str:
        return _KINDS.get(self._node.tag.removeprefix(_TAG), "something else")

    def _unknown(self, key: str, value: "Value", allowed: Iterable[str]) -> None:
        mark = next(node.start_mark for node, _ in self._node.value if node.value == key)
        if self._node.flow_style and value._node.start_mark == value._node.end_mark:
            # Not repeated: it may be the rest of a password with a comma in it.
            text = "a word without a value; put a text that has a comma in quotes"
            self._problems.add(_position(mark, self.position.path), text)
        else:
            text = f"unknown key{meant(key, allowed)}; allowed: {', '.join(allowed)}"
            self._problems.add(_position(mark, value.position.path), text)


def compose(text: str, problems: Problems) -> Value | None:
    """Return the document of a YAML text; None, with a problem, where there is none."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        problems.add(_position(mark, ""), f"not YAML: {_without_values(said)}")
        return None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        position = Position(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1, "")
        problems.add(position, "not YAML: the file contains a character that YAML does not allow")
        return None
    except RecursionError:
        problems.add(Position(1, 1, ""), "not readable YAML: nested too deeply")
        return None
    if node is None:
        problems.add(Position(1, 1, ""), "the file is empty")
        return None
    return Value(node, "", problems)


def meant(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean …?)` with the nearest of the known words, `''` where none is near."""
    near = nearest(word, known)
    return f" (did you mean {near}?)" if near else ""


def _has_control(text: str) -> bool:
    """Return whether the text has a character that PostgreSQL cannot store or people cannot see."""
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def _without_values(said: str) -> str:
    # The parser quotes what it stumbled over: one sign is a help, more may be a secret. <…> is its own word.
    return re.sub(
        r"""'[^']*'|"[^"]*\"""",
        lambda quoted: quoted[0] if len(quoted[0]) <= 3 or quoted[0][1] == "<" else "…",
        said,
    )


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _position(mark: yaml.Mark | None, path: str) -> Position:
    return Position(mark.line + 1, mark.column + 1, path) if mark else Position(1, 1, path)
