"""ETags of answers (RFC 9110): a digest of what is shown, whatever the time of the request."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

_OF_THE_REQUEST = ("data_as_of",)  # which says when was asked, not what was found


def etag_of(data: Any, *shown_as: str | None) -> str:
    """Return the weak ETag of an answer's data, shown in some way."""
    if isinstance(data, Mapping):
        data = {name: value for name, value in data.items() if name not in _OF_THE_REQUEST}
    content = orjson.dumps([data, *shown_as], default=str)
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(etag: str, if_none_match: str) -> bool:
    """Return whether the header `If-None-Match` has the ETag, by weak comparison."""
    known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in known or etag.removeprefix("W/") in known
