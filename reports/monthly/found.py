"""Filters of Message Search that find the messages of a report's rows; None where no filter finds them alone."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from reports.monthly.figures import OVER_LIMIT_KEY, ErrorCount, MonthFigures
from reports.monthly.tables import Found

_OTHER, _NO_CAMPAIGN = "(other)", "(none)"  # as Message Search names them
_MOST = {"campaign": 256, "variant": 256, "partner_id": 256, "operator": 100}  # characters that its fields take
_KEEPS_SPACES = frozenset({"partner_id"})  # the others are stripped


def days_of(month: str) -> list[date]:
    """Return the days of `2026-10`."""
    first = date.fromisoformat(f"{month}-01")
    return [first.replace(day=n) for n in range(1, monthrange(first.year, first.month)[1] + 1)]


@dataclass(frozen=True, slots=True)
class MonthFilters:
    """Filters for the rows of one month's tables, by the keys of its figures."""

    figures: MonthFigures

    def month(self, **more: str) -> dict[str, str]:
        """Return the filter for all messages of the month, or for some of them."""
        days = days_of(self.figures.header.month)
        return {"from": days[0].isoformat(), "to": days[-1].isoformat(), **more}

    def day(self, day: date) -> Found:
        """Return the filter for a day."""
        return {"from": day.isoformat(), "to": day.isoformat()}

    def country(self, code: str) -> Found:
        """Return the filter for a country."""
        return self.month(country=code)

    def operator(self, key: tuple[str, str]) -> Found:
        """Return the filter for an operator of a country; none for messages without one."""
        country, name = key
        return self._of(country, operator=search_text("operator", name))

    def partner_id(self, key: tuple[str, ...]) -> Found:
        """Return the filter for a partner ID, of one tenant where there are several, in a country."""
        partner_id = _OTHER if key[0] == OVER_LIMIT_KEY else search_text("partner_id", key[0])
        return self._of(key[-1], key[1:-1], partner_id=partner_id)

    def campaigns(self) -> Callable[[tuple[str, ...]], Found]:
        """Return the filter for a key of the campaigns' figures.

        Messages without a variant are found only where the campaign has no others in that country.
        """
        alone = Counter(key[:1] + key[2:] for key in self.figures.campaigns)

        def found(key: tuple[str, ...]) -> Found:
            name, variant, *_ = key
            campaign = {"": _NO_CAMPAIGN, OVER_LIMIT_KEY: _OTHER}.get(name) or search_text("campaign", name)
            if not variant:
                is_alone = alone[key[:1] + key[2:]] == 1
                return self._of(key[-1], key[2:-1], campaign=campaign) if is_alone else None
            return self._of(key[-1], key[2:-1], campaign=campaign, variant=search_text("variant", variant))

        return found

    def errors(self, errors: Iterable[ErrorCount]) -> Callable[[ErrorCount], Found]:
        """Return the filter for an error; none where two gateways give one code two meanings."""
        rows = Counter((error.code, error.status) for error in errors)

        def found(error: ErrorCount) -> Found:
            if rows[error.code, error.status] > 1:
                return None
            return self.month(result_code=str(error.code), status=error.status)

        return found

    def tenant(self, label: str, **more: str | None) -> Found:
        """Return the filter for all messages of one of several tenants."""
        return self._of(None, (label,), **more)

    def of_partner_id(self, partner_id: str) -> Found:
        """Return the filter for a partner ID of all tenants and countries."""
        return self.partner_id((partner_id, ""))

    def _of(self, country: str | None, tenant: Collection[str] = (), **found: str | None) -> Found:
        slugs: Mapping[str, str] = self.figures.tenant_slugs
        more: dict[str, Any] = {"country": country} if country else {}
        for label in tenant:
            more["tenant"] = slugs.get(label)
        more |= found
        return None if None in more.values() else self.month(**more)


def search_text(name: str, text: str) -> str | None:
    """Return the text if Message Search finds just its messages by the filter of this name, else None."""
    if not text or len(text) > _MOST[name] or not text.isprintable() or text in (_OTHER, _NO_CAMPAIGN):
        return None
    return text if name in _KEEPS_SPACES or text == text.strip() else None
