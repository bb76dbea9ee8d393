"""Splits JSON text into single reports: lines, arrays and objects over several lines, in any mixture.

A piece is the bytes of one report, or of invalid text. JSON text holds no line end inside a string, so a broken line
damages only itself. Memory is bounded by the limit of a report.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, cast

import orjson

from deliveries.importing.archives.errors import BrokenArchiveError

KEPT = 1000  # bytes that are kept of a piece over the limit

_Always = Callable[[bytes, int], re.Match[bytes]]  # matches everywhere, if only nothing
_line_end = re.compile(rb"[\r\n]").search
# Between values: white space, commas, byte order marks, and the record separator of JSON text sequences (RFC 7464)
_separators = cast(_Always, re.compile(rb"(?:[\s,\x1e]++|\xef\xbb\xbf)*+").match)
_sign = re.compile(rb'["\\\[\]{},\r\n]').search
_text_end = re.compile(rb'[^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+"').match
_opens = re.compile(rb"\[\s*+[\[\]{]").match
_blank = cast(_Always, re.compile(rb"\s*").match)
_blank_in_line = cast(_Always, re.compile(rb"[ \t]*").match)
_MAX_SEPARATOR = 3
_MAX_START = 6  # bytes that show how a line begins
# What a line within an object can begin with
_goes_on = re.compile(rb'["}\]\[{,:]|-?\d|(?:true|false|null)\b').match
# What may follow a whole value
_ends = re.compile(rb"[\r\n,{\[\x1e]|\xef\xbb\xbf|\Z").match
_ends_in_array = re.compile(rb"[\r\n,{\[\]\x1e]|\xef\xbb\xbf|\Z").match


class Piece(NamedTuple):
    """Bytes between two separators; only the beginning if they exceed the limit."""

    body: bytes
    size: int

    @property
    def is_too_long(self) -> bool:
        return self.size > len(self.body)


def pieces(chunks: Iterable[bytes], *, limit: int) -> Iterator[Piece]:
    """Yield the pieces of a text in UTF-8, in order. Where the chunks are cut does not matter.

    Raises BrokenArchiveError of the chunks behind the last whole piece, and one of its own for an array without an end.
    """
    text = _Text(chunks, limit)
    arrays, is_empty = 0, False
    while sign := text.next_sign():
        if sign == b"[" and text.opens_array():
            arrays, is_empty = arrays + 1, True
            text.at += 1
        elif sign == b"]" and arrays:
            if is_empty:
                yield Piece(b"[]", 2)
            arrays, is_empty = arrays - 1, False
            text.at += 1
        else:
            is_empty = False
            piece = text.take_line() or text.take_value(in_array=arrays > 0)
            if piece is not None:
                yield piece
    if text.broken is not None:
        left_out = "; the report that is cut in two there is left out" if text.left_out else ""
        raise type(text.broken)(f"{text.broken}{left_out}")
    if arrays:
        raise BrokenArchiveError("the file ends within an array: it may be cut off")


class _Text:
    """The text from `at` on, as much of it as was needed so far."""

    def __init__(self, chunks: Iterable[bytes], limit: int) -> None:
        self._chunks, self._limit = iter(chunks), limit
        self._buffer, self.at = b"", 0
        self._line_end, self._without_end = -1, 0  # where the line ends; up to where no end was found
        self._indent, self._in_indent = 0, True  # of the line that `at` is in; whether no value began in it
        self._ended = False
        self.broken: BrokenArchiveError | None = None
        self.left_out = False

    def _more(self) -> bool:
        """Read on; places in the buffer move back by what lies before `at`."""
        if self._ended:
            return False
        try:
            chunk = next(self._chunks, None)
        except BrokenArchiveError as error:
            self.broken, chunk = error, None
        if chunk is None:
            self._ended = True
            return False
        self._buffer = self._buffer[self.at :] + chunk
        self._line_end = max(-1, self._line_end - self.at)
        self._without_end = max(0, self._without_end - self.at)
        self.at = 0
        return True

    def _has(self, size: int) -> bool:
        """Read on until there are `size` bytes from `at`; return whether there are."""
        while len(self._buffer) - self.at < size:
            if not self._more():
                return False
        return True

    def next_sign(self) -> bytes:
        """Pass over separators and return the byte behind them, nothing at the end."""
        while True:
            self._pass(_separators(self._buffer, self.at).end())
            self._has(_MAX_SEPARATOR)
            if _separators(self._buffer, self.at).end() == self.at:
                self._in_indent = False
                return self._buffer[self.at : self.at + 1]

    def _pass(self, end: int) -> None:
        """Go on to a place behind separators."""
        skipped = self._buffer[self.at : end]
        blanks = len(skipped) - len(skipped.rstrip(b" \t"))
        if b"\n" in skipped or b"\r" in skipped:
            self._indent, self._in_indent = blanks, True
        elif self._in_indent:
            self._indent = blanks + (self._indent if blanks == len(skipped) else 0)
        self.at = end

    def _find_line_end(self) -> int | None:
        """Return the place where the line ends, None where it is over the limit."""
        while self._line_end < self.at:
            found = _line_end(self._buffer, max(self.at, self._without_end))
            if found:
                self._line_end = found.start()
                break
            self._without_end = len(self._buffer)
            if self._without_end - self.at > self._limit:
                return None
            if not self._more():
                self._line_end = len(self._buffer)
        return self._line_end if self._line_end - self.at <= self._limit else None

    def opens_array(self) -> bool:
        """Return whether a bracket opens an array of values, not a line such as `[info] started`."""
        end = self._find_line_end()
        if _opens(self._buffer, self.at, self.at + self._limit if end is None else end):
            return True
        line = self._buffer[self.at : end].strip() if end is not None else b""
        return line == b"[" or _loaded(line) is not None

    def take_line(self) -> Piece | None:
        """Take the rest of the line where it is one JSON object."""
        end = self._find_line_end()
        if end is None:
            return None
        line = self._buffer[self.at : end].rstrip(b" \t\f\v,")
        if not (line.startswith(b"{") and line.endswith(b"}")) or type(_loaded(line)) is not dict:
            return None
        self.at = end
        return Piece(line, len(line))

    def take_value(self, *, in_array: bool) -> Piece | None:
        """Take an object by its brackets, or else the text up to the next separator.

        Returns None for an incomplete last value of a broken archive.
        """
        self._has(1)
        value = _Value(is_object=self._buffer[self.at : self.at + 1] == b"{", indent=self._indent)
        length, is_whole = self._length(value, in_array=in_array)
        while length is None:  # over the limit: the rest is passed over
            value.drop(self._buffer[self.at : self.at + value.seen])
            self.at += value.seen
            value.seen = 0
            length, is_whole = self._length(value, in_array=in_array)
        taken = self._buffer[self.at : self.at + length]
        self.at += length
        if self.broken is not None and not is_whole:
            self.left_out = True
            return None
        size = value.dropped + length
        if size > self._limit:
            return Piece((value.begin + taken)[: min(KEPT, self._limit)], size)
        body = taken.rstrip()
        return Piece(body, len(body))

    def _length(self, value: "_Value", *, in_array: bool) -> tuple[int | None, bool]:
        """Return where the value ends, from `at`, and whether it is whole; None where it is over the limit so far."""
        while True:
            found = _sign(self._buffer, self.at + value.seen)
            if found is None:
                value.seen = len(self._buffer) - self.at
                if not self._has(value.seen + 1):
                    return value.seen, False
                if value.seen > self._limit:
                    return None, False
                continue
            place, sign = found.start() - self.at, found.group()
            value.seen, was_in_text = place + 1, value.in_text
            if sign in b"\r\n":
                if value.depth == 0 or not value.is_object:
                    return place, True
                if (is_whole := self._ends_at_line(value, place)) is not None:
                    return place, is_whole
            elif value.read(sign, value.dropped + place):
                if sign == b"," or (sign == b"]" and not value.closes):
                    if in_array:
                        return place, True
                elif value.closes and self._is_end(value, in_array):
                    return value.seen, True
            elif value.in_text and not was_in_text and (end := _text_end(self._buffer, found.end())):
                value.in_text, value.seen = False, end.end() - self.at
            if value.seen > self._limit:
                return None, False

    def _is_end(self, value: "_Value", in_array: bool) -> bool:
        """Tell whether a separator follows the value; anything else belongs to it, up to the line's end."""
        end = self._pass_over(_blank_in_line, value.seen, _MAX_SEPARATOR)
        match = _ends_in_array if in_array else _ends
        if end is not None and match(self._buffer, self.at + end):
            return True
        value.is_object = value.closes = False
        return False

    def _pass_over(self, blank: _Always, start: int, further: int) -> int | None:
        """Return where blanks end, with so many bytes read behind them; None where they are more than the limit."""
        while True:
            end = blank(self._buffer, self.at + start).end() - self.at
            if end - start > self._limit:
                return None
            self._has(end + further)
            if blank(self._buffer, self.at + start).end() - self.at == end:
                return end

    def _ends_at_line(self, value: "_Value", place: int) -> bool | None:
        """Return None where the next line goes on with the open object, else whether the object is as whole as can be.

        A line that begins with a bracket, no further in than the object's first line, begins another one.
        """
        value.in_text = False
        end = self._pass_over(_blank, place, _MAX_START)
        if end is None:
            return True
        if self.at + end >= len(self._buffer):
            return False
        skipped = self._buffer[self.at + place : self.at + end]
        indent = len(skipped) - max(skipped.rfind(b"\n"), skipped.rfind(b"\r")) - 1
        if self._buffer[self.at + end : self.at + end + 1] == b"{" and indent <= value.indent:
            return True
        if not _goes_on(self._buffer, self.at + end):
            return True
        value.seen, self._indent = end, indent
        return None


class _Value:
    """State of reading a value, by its brackets and texts only."""

    def __init__(self, *, is_object: bool, indent: int) -> None:
        self.is_object, self.indent = is_object, indent
        self.seen = 0  # bytes from the text's place on
        self.depth, self.in_text, self.closes = 0, False, False
        self._escaped = -1  # the place of a byte behind a backslash
        self.begin, self.dropped = b"", 0

    def drop(self, data: bytes) -> None:
        """Keep the beginning of what was read, and how much it was."""
        self.begin = (self.begin + data)[:KEPT]
        self.dropped += len(data)

    def read(self, sign: bytes, place: int) -> bool:
        """Take a sign in; return whether it may end the value."""
        if self.in_text:
            if place != self._escaped:
                if sign == b"\\":
                    self._escaped = place + 1
                elif sign == b'"':
                    self.in_text = False
            return False
        if sign == b'"':
            self.in_text = True
        elif sign in b"{[":
            self.depth += 1
        elif sign in b"}]" and self.depth:
            self.depth -= 1
            self.closes = self.depth == 0 and self.is_object
            return self.closes
        return self.depth == 0 and sign in b",]"


def _loaded(line: bytes) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
