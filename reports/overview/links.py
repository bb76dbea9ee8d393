"""Links of figures: to the list of their messages, or to the same page for one part of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import parse_qs, urlencode

from django.urls import reverse

from portal.common.period_picker import Period


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a page that shows `period`, chosen by `query`, of what `filters` let through."""

    slug: str
    period: Period
    query: str
    filters: Mapping[str, str]

    def messages(self, *, first: date | None = None, last: date | None = None, **found: object) -> str:
        """Return the URL of the list with these messages.

        `found` are filters of the list in addition to the page's, `first` and `last` other days than the page's.
        """
        days = {"from": first or self.period.first, "to": last or self.period.last}
        return f"{_list_address(self.slug)}?{urlencode(days | dict(self.filters) | found)}"

    def narrowed(self, **found: object) -> str:
        """Return the query string that shows the page for a part of what it counts, or for other `from` and `to`."""
        if "first" in found:
            days = {"from": found.pop("first"), "to": found.pop("last")}
            compared = {"compare": how[0]} if (how := parse_qs(self.query).get("compare")) else {}
            return f"?{urlencode(days | compared | dict(self.filters) | found)}"
        others = dict(self.filters) | found
        return f"?{self.query}&{urlencode(others)}" if others else f"?{self.query}"

    def page_query(self) -> str:
        """Return the query string of all that the page counts."""
        return Links.narrowed(self)

    def without(self, name: str) -> str:
        """Return the query string of the page with one filter less."""
        others = {key: value for key, value in self.filters.items() if key != name}
        return f"?{self.query}&{urlencode(others)}" if others else f"?{self.query}"


class PageLinks(Links):
    """The links of a page for people who open no messages: to parts of the page alone."""

    def messages(self, **_found: object) -> str:
        return ""


class NoLinks(Links):
    """The links of a page for people without an account: none."""

    def messages(self, **_found: object) -> str:
        return ""

    def narrowed(self, **_found: object) -> str:
        return ""

    def page_query(self) -> str:
        return ""

    def without(self, name: str) -> str:
        return ""


@lru_cache(maxsize=1000)
def _list_address(slug: str) -> str:
    """Return the address of a tenant's Message Search; a page has hundreds of links to it."""
    return reverse("messages:list", args=[slug])
