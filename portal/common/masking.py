"""Masking of phone numbers: the one place that hides them from people and keys that may not read them.

Pages, the REST API, CSV files, workbooks and the administration all mask through `Masking`.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import overload
from urllib.parse import unquote

from portal.common.msisdn import mask_number, mask_numbers, only_digits, revealing_digits

_MAX_SHORT_NUMBER = 8  # digits
_MAX_KNOWN = 256  # characters of a text that is remembered
_may_be_escaped = re.compile(r"[%&\\]|\d\+\d").search
_json_escape = re.compile(r"\\u([0-9a-fA-F]{4})").sub
_plus_for_space = re.compile(r"(?<=\d)\+(?=\d)").sub


@dataclass(frozen=True, slots=True)
class Masking:
    """Masks shown texts; `in_full` masks nothing.

    `own` is the recipient's number of the message that a text belongs to, None if there is no such message.
    """

    in_full: bool

    def number(self, number: str | None) -> str | None:
        """Return a text that is a phone number as a whole."""
        return number if self.in_full or number is None else mask_number(number)

    @overload
    def text(self, text: str, own: str | None = None) -> str: ...

    @overload
    def text(self, text: None, own: str | None = None) -> None: ...

    @overload
    def text(self, text: str | None, own: str | None = None) -> str | None: ...

    def text(self, text: str | None, own: str | None = None) -> str | None:
        """Return free text: masked as a whole if it reveals the own number, else with each number in it masked.

        Numbers in the escapes of URLs, forms, JSON and HTML are found too; such a text is shown decoded.
        """
        if self.in_full or not text:
            return text
        if _tells(text, own):
            return mask_number(own)
        return _masked_known(text) if len(text) <= _MAX_KNOWN else _masked(text)

    def id(self, text: str | None, own: str | None) -> str | None:
        """Return a message id or a partner ID, masked only if it reveals the own number: ids may be numeric."""
        return mask_number(own) if self.hides_id(text, own) else text

    def hides_id(self, text: str | None, own: str | None) -> bool:
        """Return whether `id` masks the text."""
        return not self.in_full and bool(text) and _tells(text, own)

    def texts(self, texts: Mapping[str, str] | None, own: str | None) -> dict[str, str]:
        """Return named texts with names and values masked; names that become the same get a number: none is lost."""
        return {key: text for key, _name, text in self.named(texts, own)}

    def named(self, texts: Mapping[str, str] | None, own: str | None) -> list[tuple[str, str, str]]:
        """Return (masked name, name, masked value) of each of the texts."""
        found: dict[str, tuple[str, str, str]] = {}
        for name, text in (texts or {}).items():
            masked = self.text(name, own)
            shown, n = masked, 1
            while shown in found or (shown != name and shown in texts):
                n += 1
                shown = f"{masked} ({n})"
            found[shown] = (shown, name, self.text(str(text), own))
        return list(found.values())

    def hides(self, text: str | None) -> bool:
        """Return whether free text holds a possible phone number that is masked."""
        return self.text(text) != text

    def sender(self, source: str | None, sender_type: str, own: str | None) -> str | None:
        """Return a message's sender: a short number is shown, a number is masked, anything else is free text."""
        if sender_type == "msisdn":
            return self.number(source)
        if sender_type == "shortnumber" and source and len(source) <= _MAX_SHORT_NUMBER:
            return self.id(source, own)
        return self.text(source, own)


def _tells(text: str, own: str | None) -> bool:
    end = revealing_digits(own) if own else ""
    if not end:
        return False
    digits, of_decoded = _digits_known(text) if len(text) <= _MAX_KNOWN else _digits(text)
    return end in digits or end in of_decoded


def _digits(text: str) -> tuple[str, str]:
    """Return the digits of the text, and of what its escapes stand for."""
    plain = _decoded(text)
    return only_digits(text), "" if plain is text else only_digits(plain)


def _masked(text: str) -> str:
    """Return the text with each number in it masked."""
    plain = _decoded(text)
    masked = mask_numbers(plain)
    return masked if masked != plain else mask_numbers(text)


# Names of campaigns, operators and senders come back in message after message of a list or a file.
_digits_known = lru_cache(maxsize=4096)(_digits)
_masked_known = lru_cache(maxsize=4096)(_masked)


def _decoded(text: str) -> str:
    if not _may_be_escaped(text):
        return text
    plain = _json_escape(lambda found: chr(int(found[1], 16)), html.unescape(unquote(text)))
    return _plus_for_space(" ", plain)
