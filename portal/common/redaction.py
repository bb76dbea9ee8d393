"""Redaction of log texts: removes tokens, sign-in links, keys, passwords and phone numbers."""

from __future__ import annotations

import re

SECRET, NUMBER = "[secret]", "[number]"

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_REST = r"[^\s\"'<>]+"

# Each group `keep` stays, the rest of the match becomes [secret].
_SECRETS = re.compile(
    "|".join(
        (
            rf"(?P<uuid>\b{_UUID}\b)",  # names of tasks; kept
            # A door, and what follows it: a GET has the report in its query.
            rf"(?P<door>(?i:/dlr)(?:/|%2[fF])){_REST}",
            rf"(?P<link>/(?:accounts/(?:invitation|password/reset/key|confirm-email)|share|embed|mail/(?:confirm|report|unsubscribe))/){_REST}",
            r"(?P<scheme>\b(?i:basic|bearer)\s+)[A-Za-z0-9._~+/=-]{6,}",
            r"(?P<login>://[^\s:/@\"']*:)[^\s/@\"']+(?=@)",
            r"(?P<field>\b(?i:sessionid|csrftoken|csrfmiddlewaretoken|password|secret|token|api_key|key)=)[^\s&;,\"')]+",
            r"\bsrk_\w{8}_[\w-]+",
            # Anything else that looks random: long and of mixed signs, or a long run of letters and digits.
            r"(?<![\w~-])(?=[\w~-]*[a-z])(?=[\w~-]*[A-Z])(?=[\w~-]*\d)[A-Za-z0-9_~-]{24,}",
            r"(?<![\w~-])(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{32,}(?![\w~-])",
        )
    )
)

# Dates of partitions (inbox_20261128), hexadecimal ids and fractions are no numbers of people.
_NUMBERS = re.compile(
    rf"(?P<uuid>\b{_UUID}\b)"
    r"|(?:\+|%2[bB])\d[\d \-().]{4,18}\d"
    r"|(?:(?<![\w.])|(?<=%20))\d{7,}(?!\w)"
    r"|(?<![\w.,:-])0\d{1,3}[ -]\d{3,4}[ -]?\d{2,4}(?![\w-])"
)


def redact(text: str) -> str:
    """Return the text with [secret] and [number] in place of what no log may hold.

    Seven digits and more in a row count as a phone number. A count that may be so long is logged with separators
    (`f"{count:,}"`).
    """
    return _NUMBERS.sub(_without_number, _SECRETS.sub(_without_secret, text))


def _without_secret(match: re.Match[str]) -> str:
    if match["uuid"]:
        return match["uuid"]
    return next((text for text in match.groups() if text), "") + SECRET


def _without_number(match: re.Match[str]) -> str:
    return match["uuid"] or NUMBER
