"""A content that waits to be confirmed, sealed into the page that shows its check: nothing is stored meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing

from reports.billing.prices.rows import Content, as_json, from_json
from reports.models import PriceList

_SALT = "billing.price_list"
_SECONDS = 3600  # for which a check can be confirmed


@dataclass(frozen=True, slots=True)
class Pending:
    """A content for a list, and the revision of the list that it was compared with."""

    content: Content
    revision: int
    cause: str

    def sealed(self, price_list: PriceList) -> str:
        """Return it as a text that only this list takes."""
        kept = {"list": price_list.pk, "revision": self.revision, "cause": self.cause, "content": as_json(self.content)}
        return signing.dumps(kept, salt=_SALT, compress=True)

    @classmethod
    def opened(cls, text: str, price_list: PriceList) -> Pending | None:
        """Return what was sealed for the list; None for anything else, or after an hour."""
        try:
            kept = signing.loads(text, salt=_SALT, max_age=_SECONDS)
        except signing.BadSignature:
            return None
        if kept["list"] != price_list.pk:
            return None
        return cls(from_json(kept["content"]), kept["revision"], kept["cause"])
