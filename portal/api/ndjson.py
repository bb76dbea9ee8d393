"""Bodies of NDJSON: one JSON value a line."""

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from portal.api.parameters import NDJSON
from portal.api.problems import TooLarge


class NdjsonParser(BaseParser):
    """Lines of JSON; a line that is not JSON becomes `not_json()`. Empty lines do not count."""

    media_type = NDJSON
    most_bytes: int
    most_lines: int

    @staticmethod
    def not_json() -> object:
        raise NotImplementedError

    def parse(self, stream, media_type: str | None = None, parser_context: dict | None = None) -> list:
        """Return the values of the lines, in their order. Raises TooLarge and ParseError."""
        raw = stream.read(self.most_bytes + 1)
        if len(raw) > self.most_bytes:
            raise TooLarge(f"The body is longer than the limit of {self.most_bytes} bytes.")
        lines = [line for line in raw.splitlines() if line.strip()]
        if not 1 <= len(lines) <= self.most_lines:
            raise ParseError(f"The body has {len(lines)} lines; 1 to {self.most_lines} are accepted.")
        return [self._line(line) for line in lines]

    def _line(self, line: bytes) -> object:
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            return self.not_json()


def is_ndjson(request: Request) -> bool:
    """Return whether the request's body is NDJSON."""
    return (request.content_type or "").split(";")[0].strip().lower() == NDJSON
