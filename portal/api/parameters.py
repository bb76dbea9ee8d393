"""Query parameters, read strictly: what is unknown, given twice or unreadable is refused by its name."""

from datetime import date

from django.http import QueryDict

from portal.accounts.access import Access
from portal.api.problems import BadParameter
from portal.common.periods import FIRST_YEAR, LAST_YEAR
from portal.tenants.models import GatewayAccount, PartnerId

MAX_NUMBER = 2**31 - 1
PAGE, MAX_PAGE = 50, 500


class Parameters:
    """The parameters of one request. Raises BadParameter here for names, in its methods for values."""

    def __init__(self, query: QueryDict, *, single: frozenset[str], repeatable: frozenset[str]) -> None:
        self._query = query
        for name, values in query.lists():
            if name not in single | repeatable:
                there_is = ", ".join(sorted(single | repeatable)) or "none"
                raise BadParameter(name, f"there is no such parameter here; there is {there_is}")
            if name in single and len(values) > 1:
                raise BadParameter(name, "given more than once")
            if any("\0" in value for value in values):
                raise BadParameter(name, "a text without the character U+0000")

    def text(self, name: str) -> str:
        return self._query.get(name, "")

    def texts(self, name: str) -> list[str] | None:
        """Return all values of a parameter, None where it is not given."""
        return list(dict.fromkeys(self._query.getlist(name))) if name in self._query else None

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """Return the value, None where it is not given."""
        if name not in self._query:
            return None
        return self.one_of(name, self.text(name), choices)

    def one_of(self, name: str, value: str, choices: tuple[str, ...]) -> str:
        if value not in choices:
            raise BadParameter(name, f"one of {', '.join(choices)}")
        return value

    def number(self, name: str, *, least: int = 0, most: int = MAX_NUMBER) -> int | None:
        """Return a whole number, None where it is not given."""
        return self.as_number(name, self.text(name), least, most) if name in self._query else None

    def as_number(self, name: str, text: str, least: int = 0, most: int = MAX_NUMBER) -> int:
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdecimal() and len(digits) <= 10 and least <= int(text) <= most:
            return int(text)
        raise BadParameter(name, f"a whole number from {least} to {most}")

    def size(self) -> int:
        """Return how many rows a page shall have."""
        return self.number("size", least=1, most=MAX_PAGE) or PAGE

    def day(self, name: str) -> date | None:
        """Return a day, None where it is not given."""
        if name not in self._query:
            return None
        text = self.text(name)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text or not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise BadParameter(name, f"a day like 2026-10-31, from {FIRST_YEAR} to {LAST_YEAR}")
        return day

    def days(self) -> tuple[date | None, date | None]:
        """Return `from` and `to`, both inclusive."""
        first, last = self.day("from"), self.day("to")
        if first and last and last < first:
            raise BadParameter("to", "not before “from”")
        return first, last

    def account_id(self, access: Access) -> int | None:
        """Return the account that is asked for, or that the key is held to; None for all.

        A tenant's key knows the accounts at which its tenants have partner IDs.
        """
        name = self.text("account")
        if access.account is not None:
            known = {access.account.name: access.account.id}
        elif name:
            mine = PartnerId.objects.filter(tenant_id__in=access.tenant_ids).values("account_id")
            known = dict(GatewayAccount.objects.filter(id__in=mine).values_list("name", "id"))
        else:
            return None
        if name and name not in known:
            raise BadParameter("account", "no account of this name that the key may see")
        return known[name] if name else access.account.id
