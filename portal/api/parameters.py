"""Query parameters: each is declared once, read strictly by it and described by it (portal/api/schema.py).

What is unknown, given twice or unreadable is refused by its name.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from portal.accounts.access import Access, access_below
from portal.api.problems import BadParameter
from portal.common.countries import country_problem
from portal.common.nearest import nearest
from portal.common.period_picker import FIRST_DAY, PRESETS, Period, PeriodError, named, parse
from portal.common.periods import local_day, zone
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.partner_owners import held_by

MAX_NUMBER = 2**31 - 1
MAX_TEXT = 4096
PAGE, MAX_PAGE = 50, 500
LAST_DAY = date(2999, 12, 31)
DEFAULT_PERIOD = "30d"
CSV, NDJSON = "text/csv", "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One query parameter, or one in the path.

    `default` applies if it is not given; one that is `required` has none. A repeatable one may be given several times;
    with `commas` its values may also be given in one, separated by commas. A choice may also be any text that begins
    with `beginning`, if that is given.
    The kind "map" is `name[key]=value`, with any number of keys; "when" is a day or an instant.
    """

    name: str
    text: str
    kind: Literal["text", "day", "when", "instant", "number", "choice", "map", "country"] = "text"
    choices: tuple[str, ...] = ()
    beginning: str = ""
    least: int = 0
    most: int = MAX_NUMBER
    pattern: str = ""
    default: object = None
    repeatable: bool = False
    commas: bool = False
    example: object = None
    required: bool = False

    def schema(self) -> dict:
        """Return what a value is, as JSON Schema."""
        one = {
            "text": {"type": "string", "maxLength": MAX_TEXT},
            "day": {"type": "string", "format": "date"},
            "when": {
                "type": "string",
                "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
            },
            "instant": {"type": "string", "format": "date-time"},
            "number": {"type": "integer", "minimum": self.least, "maximum": self.most},
            "choice": {"type": "string", "enum": list(self.choices)},
            "country": {"type": "string", "pattern": "^([A-Z]{2})?$"},
            "map": {"type": "object", "additionalProperties": {"type": "string", "maxLength": MAX_TEXT}},
        }[self.kind]
        if self.beginning:
            one = {"type": "string", "anyOf": [{"enum": list(self.choices)}, {"pattern": f"^{self.beginning}."}]}
        if self.pattern:
            one |= {"pattern": self.pattern}
        if self.repeatable:
            one = {"type": "array", "items": one}
        return one | ({} if self.default is None else {"default": self.default})


CURSOR = Parameter(name="cursor", text="The `next_cursor` or `previous_cursor` of a page. Opaque; do not build one.")
SIZE = Parameter(
    name="size",
    text="Rows per page. Without it CSV and NDJSON are all rows, from `cursor` on.",
    kind="number",
    least=1,
    most=MAX_PAGE,
    default=PAGE,
    example=100,
)
ACCOUNT = Parameter(name="account", text="Only this gateway account, by name.", example="link-main")
TENANT = Parameter(name="tenant", text="Only this tenant, by slug.", example="nordic-retail")
BELOW = replace(TENANT, text="A tenant below the key's own, by slug; without it the key's own.")
FROM = Parameter(
    name="from", text="First day, in each tenant's own time zone, from 2000 on.", kind="day", example="2026-10-01"
)
TO = Parameter(name="to", text="Last day, included; not before `from`.", kind="day", example="2026-10-31")
SINCE = Parameter(
    name="from",
    text=(
        "The beginning: the first day, in each tenant's own time zone, or an instant with its offset from UTC. From"
        " 2000 on."
    ),
    kind="when",
    example="2026-10-01",
)
UNTIL = Parameter(
    name="to",
    text="The end: the last day, included, or an instant, not included. A day with a day, an instant with an instant.",
    kind="when",
    example="2026-10-31",
)
TIMEZONE = Parameter(
    name="timezone",
    text="The time zone in which times are shown, by its IANA name. Default: UTC.",
    example="Europe/Helsinki",
)
LANG = Parameter(
    name="lang",
    text="The language of CSV: `fi` has semicolons, decimal commas and Finnish times, as Excel in Finland reads them.",
    kind="choice",
    choices=("en", "fi"),
    default="en",
)
WORDS_LANG = replace(LANG, text="The language of names and texts.", example="fi")
UPDATED_SINCE = Parameter(
    name="updated_since",
    text=(
        "Only rows that changed at this instant or later, in the order of change. Go on with the `data_as_of` of the"
        " last page."
    ),
    kind="instant",
    example="2026-10-01T08:00:00.123456Z",
)
PERIOD = Parameter(
    name="period",
    text=(
        "A named period instead of `from` and `to`. “Today” is in the key's time zone. `12m` is twelve whole months."
    ),
    kind="choice",
    choices=tuple(PRESETS),
    example="last_month",
)


@dataclass(frozen=True, slots=True)
class Span:
    """A period of days, both included, or of instants, the second one not included; None where an end is open."""

    first: date | None = None
    last: date | None = None
    since: datetime | None = None
    until: datetime | None = None


def today(access: Access) -> date:
    """Return what day it is where the key belongs."""
    return local_day(timezone.now(), access.tenant.timezone)


class Parameters:
    """The parameters of one request. Raises BadParameter here for names, in its methods for values."""

    def __init__(self, query: QueryDict, declared: Sequence[Parameter]) -> None:
        self._query = query
        self._declared = {parameter.name: parameter for parameter in declared}
        for name, values in query.lists():
            known = self._declared.get(name.split("[", 1)[0] if name.endswith("]") else name)
            if known is None or (known.kind != "map" and known.name != name):
                there_is = ", ".join(sorted(self._declared)) or "none"
                raise BadParameter(name, f"unknown parameter; allowed: {there_is}")
            if known.kind == "map" and known.name == name:
                raise BadParameter(name, f"needs a key, such as {name}[key]=value")
            if len(values) > 1 and not known.repeatable:
                raise BadParameter(name, "given more than once")
            if any("\0" in text for text in (name, *values)):
                raise BadParameter(name, "a text without the character U+0000")
            if any(len(value) > MAX_TEXT for value in values):
                raise BadParameter(name, f"at most {MAX_TEXT} characters")
        for parameter in declared:
            if parameter.required and not query.get(parameter.name):
                raise BadParameter(parameter.name, "must be given")

    def __contains__(self, name: str) -> bool:
        return name in self._query

    def text(self, name: str) -> str:
        text = self._query.get(name, "")
        return self._country(name, text) if text and self._declared[name].kind == "country" else text

    def texts(self, name: str) -> list[str] | None:
        """Return all values of a repeatable parameter, read as it is declared; None where it is not given."""
        if name not in self._query:
            return None
        values = list(dict.fromkeys(self._query.getlist(name)))
        if self._declared[name].commas:
            values = [part for value in values for part in value.split(",")]
        if self._declared[name].kind == "choice":
            return [self._one_of(name, value) for value in values]
        if self._declared[name].kind == "country":
            return [self._country(name, value) for value in values]
        return values

    def tenants(self, access: Access) -> dict[str, int] | None:
        """Return the ids of the requested tenants, by slug; None if none is named."""
        slugs = self.texts("tenant")
        if not slugs or slugs == [""]:
            return None
        known = dict(Tenant.objects.filter(id__in=access.tenant_ids).values_list("slug", "id"))
        for slug in slugs:
            if slug not in known:
                raise BadParameter("tenant", f"no tenant of this name that the key may see{_meant(slug, known)}")
        return {slug: known[slug] for slug in slugs}

    def of_tenant(self, access: Access) -> Access:
        """Return the access that a key of the tenant named by `tenant` would have; the key's own if none is named."""
        named = self.tenants(access)
        if named is None:
            return access
        if access.account is not None:
            raise BadParameter("tenant", "with a key of a customer alone, since an account has no tenants below it")
        [tenant_id] = named.values()
        return access_below(access, Tenant.objects.get(id=tenant_id))

    def map(self, name: str) -> dict[str, str]:
        """Return the values of a map by key; empty where none is given."""
        start = f"{name}["
        return {text[len(start) : -1]: self._query[text] for text in self._query if text.startswith(start)}

    def choice(self, name: str) -> str | None:
        """Return the value, the default where it is not given."""
        return self._one_of(name, self.text(name)) if name in self._query else self._declared[name].default

    def number(self, name: str) -> int | None:
        """Return a whole number, the default where it is not given."""
        return self._number(name, self.text(name)) if name in self._query else self._declared[name].default

    def numbers(self, name: str) -> list[int] | None:
        """Return the values of a repeatable number, None where it is not given."""
        values = self.texts(name)
        return None if values is None else [self._number(name, value) for value in values]

    def size(self) -> int:
        """Return the number of rows of a page."""
        return self.number("size")

    def day(self, name: str) -> date | None:
        """Return a day, None where it is not given."""
        if name not in self._query:
            return None
        text = self.text(name)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text or not FIRST_DAY <= day <= LAST_DAY:
            only = "; no instants: what is asked for is counted by days" if read_instant(text) else ""
            raise BadParameter(name, f"a day like 2026-10-31, from {FIRST_DAY} to {LAST_DAY}{only}")
        return day

    def instant(self, name: str) -> datetime | None:
        """Return an instant in UTC, None where it is not given."""
        if name not in self._query:
            return None
        found = read_instant(self.text(name))
        if found is None:
            raise BadParameter(name, f"an instant like 2026-10-31T08:00:00Z or …+02:00, {_WITHIN}")
        return found

    def zone(self) -> ZoneInfo | None:
        """Return the zone of `timezone`, None if it is not given."""
        if "timezone" not in self:
            return None
        try:
            return zone(self.text("timezone"))
        except ValueError as error:
            raise BadParameter("timezone", "the IANA name of a time zone, such as Europe/Helsinki") from error

    def span(self, access: Access) -> Span:
        """Return the period: named, of days, or of instants."""
        given = [name for name in ("from", "to") if name in self]
        instants = {name: found for name in given if (found := read_instant(self.text(name)))}
        if not instants:
            return Span(*self.days(access))
        if "period" in self:
            raise BadParameter("period", "either a named period, or from and to")
        if other := [name for name in given if name not in instants]:
            raise BadParameter(other[0], "an instant like 2026-10-31T08:00:00Z, as the other end is one")
        since, until = instants.get("from"), instants.get("to")
        if since and until and until <= since:
            raise BadParameter("to", "an instant after “from”")
        return Span(since=since, until=until)

    def period(self, access: Access) -> Period:
        """Return the days of `period`, or of `from` and `to`; without any of them DEFAULT_PERIOD."""
        self._check_days()
        given = {name: self.text(name) for name in ("period", "from", "to")}
        try:
            return parse(given, today=today(access), default=DEFAULT_PERIOD)
        except PeriodError as error:
            raise BadParameter(error.field, error.text) from error

    def days(self, access: Access) -> tuple[date | None, date | None]:
        """Return the first and the last day; None where that end is open."""
        first, last = self._check_days()
        if "period" in self:
            if first or last:
                raise BadParameter("period", "either a named period, or from and to")
            period = named(self.choice("period"), today=today(access))
            return period.first, period.last
        return first, last

    def _check_days(self) -> tuple[date | None, date | None]:
        if "period" in self:
            self.choice("period")
        first, last = self.day("from"), self.day("to")
        if first and last and last < first:
            raise BadParameter("to", "not before “from”")
        return first, last

    def account_id(self, access: Access) -> int | None:
        """Return the requested account, or the one that the key is limited to; None for all.

        A tenant's key may name the accounts in which its tenants have partner IDs.
        """
        name = self.text("account")
        if access.account is not None:
            known = {access.account.name: access.account.id}
        elif name:
            mine = held_by(access.tenant_ids).values("account_id")
            known = dict(GatewayAccount.objects.filter(id__in=mine).values_list("name", "id"))
        else:
            return None
        if name and name not in known:
            raise BadParameter("account", f"no account of this name that the key may see{_meant(name, known)}")
        return known[name] if name else access.account.id

    def _one_of(self, name: str, value: str) -> str:
        choices, beginning = self._declared[name].choices, self._declared[name].beginning
        if value not in choices and not (beginning and value != beginning and value.startswith(beginning)):
            more = f", {beginning}…" if beginning else ""
            raise BadParameter(name, f"one of {', '.join(filter(None, choices))}{more}{_meant(value, choices)}")
        return value

    def _country(self, name: str, value: str) -> str:
        if problem := country_problem(value):
            raise BadParameter(name, problem)
        return value

    def _number(self, name: str, text: str) -> int:
        declared, digits = self._declared[name], text.removeprefix("-")
        is_number = digits.isascii() and digits.isdecimal() and len(digits) <= 10
        if is_number and declared.least <= int(text) <= declared.most:
            return int(text)
        raise BadParameter(name, f"a whole number from {declared.least} to {declared.most}")


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,6})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_WITHIN = f"from {FIRST_DAY} to {LAST_DAY}"


def read_instant(text: str) -> datetime | None:
    """Return an instant in UTC; None for a text without an offset from UTC, and for one out of range."""
    # A plus sign that was not encoded arrives as a blank.
    text = text.strip().replace(" ", "+")
    if not _INSTANT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if FIRST_DAY <= found.date() <= LAST_DAY else None


def _meant(value: str, known: Iterable[str]) -> str:
    near = nearest(value, filter(None, known))
    return f"; did you mean {near}?" if near else ""
