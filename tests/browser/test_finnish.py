"""Every page in both languages: what stands there in the same words was not translated."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx
import pytest

from tests.browser.pages import IN_ENGLISH, LOOKED_AT_BY, OF_RECIPIENT, address_of

SHOWN_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")
WITHOUT_TEXT = ("script", "style", "select", "code", "time", "svg")
# Names of people, companies, things and custom parameters, and what both languages call the same.
SAME_IN_BOTH = re.compile(
    r"[\W\d_]*|[+−]?(\d+ (s|min|h|d) ?)+|.*@example\.(com|net).*|nordic-retail|Nordic Retail Oy"
    r"|Hansa (Group|Norge AS)|Newcomer|(link-main|nr-(fi|se)|Europe/\w+|Data warehouse|CSV)"
    r"|[Rr]efId|fi\.elisa|srk_\w+|python-httpx/.*|Chrome · Linux( [\d.]+)?|segment|store|Agency"
    r"|Logo|SMS reporting portal|Ctrl|Ctrl K|Enter|Esc|K|Tab|Failed lately|Not yet known|Purchase"
    r"|command provision|schedule|hansa-(group|norge)|newcomer|Nordic Retail Oy ·|A|B"
    r"|Order system|URL|p95(, 24 h)?|\d+ ms( · receiver\.example\.org)?|webhook-(id|signature|timestamp)"
    r"|X-Api-Key: …|id=\$\{id\}.*|(: )?Board pack|(← )?Board figures|Operators, by hand|JSON|PDF"
    r"|link-hansa\.csv|Default|link-main · hansa-no|dk\.\w+|(Customers|LINK|Nordic Retail) 2026|Baltics|Nordic|EUR"
    r"|XLSX|tests|Whole month|(Last|Next) year|1 EUR = … SEK|OperationalError: timeout|Norja"
    r"|address \d+|[\w &]+![A-Z]+\d+(:[A-Z]+\d+)?"
)
# Where what stands in these elements is data, of nobody's language.
DATA = {
    "reports:overview": ("tbody",),
    "campaigns:list": ("tbody",),
    "leaks:card": ("tbody",),
    "leaks:messages": ("tbody",),
    "segments:segments": ("tbody", "option"),
    "campaigns:ab": ("tbody", "h1", "label"),
    "campaigns:recipients": ("h1",),
    "campaigns:days": ("h1",),
    "campaigns:hours": ("h1",),
    "campaigns:conversions": ("h1", "tbody"),
    "campaigns:conversion_list": ("h1", "h2", "tbody"),
    "campaigns:recipient_list": ("h1", "tbody"),
    "campaigns:recipient": ("h1", "tbody"),
    "campaigns:campaign": ("tbody", "option", "h1", "p"),
    "campaigns:details": ("h1",),
    "settings:tenant": ("strong",),  # the preview: dates and figures in the customer's language
    "messages:list": ("tbody", "datalist"),
    "messages:message": ("tbody", "dd"),
    "settings:audit": ("tbody",),
    "settings:ref_ids": ("tbody",),
    "settings:segments": ("tbody",),
    "settings:shares": ("tbody",),
    "conversions:index": ("tbody",),
    "conversions:events": ("tbody",),
    "conversions:upload_one": ("thead", "tbody", "p"),
    "settings:conversions": ("tbody",),
    "exports:list": ("tbody", "h2", "h3"),
    "gates:replays": ("tbody",),
    "table_exports:recipients": ("h1",),
    "share": ("tbody",),
    "budgets:list": ("tbody",),
    "alerts:list": ("tbody",),
}


class Texts(HTMLParser):
    """The texts that a person reads or hears on a page."""

    def __init__(self, html: str, *, without: tuple[str, ...]) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._without = without
        self._skipped: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag in self._without or "code" in classes:
            self._skipped.append(tag)
        if not self._skipped:
            self.found |= {_normal(value) for name, value in attrs if name in SHOWN_ATTRIBUTES and value}

    def handle_endtag(self, tag) -> None:
        if self._skipped and self._skipped[-1] == tag:
            self._skipped.pop()

    def handle_data(self, data) -> None:
        if not self._skipped:
            self.found.add(_normal(data))


def _normal(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", [name for name in LOOKED_AT_BY if name not in {*IN_ENGLISH, *OF_RECIPIENT}])
def test_page_is_in_finnish(portal, name):
    person = LOOKED_AT_BY[name]
    without = WITHOUT_TEXT + DATA.get(name, ())
    texts = {}
    for language in ("en", "fi"):
        cookies = {"language": language} | ({"sessionid": portal.session(person)} if person else {})
        answer = httpx.get(portal.url + address_of(name, portal.rows), cookies=cookies, timeout=30)
        texts[language] = Texts(answer.text, without=without).found

    assert answer.status_code == 200
    untranslated = sorted(text for text in texts["en"] & texts["fi"] if not SAME_IN_BOTH.fullmatch(text))
    assert untranslated == [], "; ".join(untranslated)
