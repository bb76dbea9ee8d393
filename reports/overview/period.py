"""The period that a page with figures shows: chosen in its header, kept from page to page by the query string."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.common.day_field import day_example, day_text
from portal.common.days_typed import parse_day
from portal.common.period_picker import (
    COMPARISONS,
    FIRST_DAY,
    MAX_DAYS,
    PRESETS,
    Period,
    PeriodError,
    comparison,
    named,
    parse,
    parse_comparison,
    query,
)
from portal.common.periods import local_day
from portal.tenants.models import Tenant

DEFAULT, DEFAULT_COMPARISON = "30d", "previous"
PARAMETERS = ("period", "from", "to", "compare")

NAMES: dict[str, Promise] = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "12m": gettext_lazy("12 whole months"),
    "this_year": gettext_lazy("This year"),
    "last_year": gettext_lazy("Last year"),
}
COMPARISON_NAMES: dict[str, Promise] = {
    "previous": gettext_lazy("previous period"),
    "year": gettext_lazy("one year earlier"),
    "none": gettext_lazy("no comparison"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose; `query` is the page's query string with it."""

    value: str
    text: str | Promise
    query: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PagePeriod:
    """The chosen period and the choices. `error` explains an invalid choice, in the page's language.

    With an error `period` is the default one and `wish` still the typed text. `others` are the page's further
    parameters, which a change of the period keeps; `query` is the choice only, for links to other pages.
    """

    period: Period
    how: str
    today: date
    zone: str
    error: PeriodError | None
    wish: Mapping[str, str]
    others: tuple[tuple[str, str], ...]

    @property
    def day_example(self) -> str:
        return day_example()

    @property
    def compared(self) -> Period | None:
        return comparison(self.period, self.how)

    @property
    def is_running(self) -> bool:
        """Return whether the period includes today: counts so far are then compared with whole days."""
        return self.period.first <= self.today <= self.period.last

    @property
    def query(self) -> str:
        return query_of(self.period, self.how)

    @property
    def presets(self) -> list[Choice]:
        return [
            Choice(name, NAMES[name], self.with_period(named(name, today=self.today)), name == self.period.name)
            for name in PRESETS
        ]

    @property
    def comparisons(self) -> list[Choice]:
        return [
            Choice(how, COMPARISON_NAMES[how], self._kept(query_of(self.period, how)), how == self.how)
            for how in sorted(COMPARISONS, key=list(COMPARISON_NAMES).index)
        ]

    @property
    def title(self) -> str:
        """The days, as short as they are clear: `1 – 31 Oct 2026`."""
        return range_text(self.period)

    @property
    def compared_title(self) -> str:
        return range_text(self.compared) if self.compared else ""

    @property
    def error_text(self) -> str:
        return _error_text(self.error, self.wish) if self.error else ""

    def with_period(self, period: Period) -> str:
        """Return the page's query string for another period, compared in the same way."""
        return self._kept(query_of(period, self.how))

    def _kept(self, chosen: str) -> str:
        return f"{chosen}&{urlencode(self.others)}" if self.others else chosen


def page_period(request: HttpRequest, tenant: Tenant, *, keep: tuple[str, ...] = ()) -> PagePeriod:
    """Return what the request's parameters choose, by the tenant's days; the default where they cannot be followed.

    `keep` are further parameters of the page that stay when the period changes.
    """
    today = local_day(timezone.now(), tenant.timezone)
    wish = {name: request.GET.get(name, "") for name in PARAMETERS}
    error, period, how = None, named(DEFAULT, today=today), DEFAULT_COMPARISON
    try:
        period = parse(wish, today=today, default=DEFAULT, read=parse_day)
        how = parse_comparison(wish, default=DEFAULT_COMPARISON)
    except PeriodError as problem:
        error = problem
    others = tuple((name, value) for name in keep for value in request.GET.getlist(name) if value)
    return PagePeriod(period, how, today, tenant.timezone, error, wish, others)


def query_of(period: Period, how: str) -> str:
    """Return the parameters that choose this on a page; `none` is said too, for it is not the pages' default."""
    return query(period, how) if how != "none" else f"{query(period)}&compare=none"


def range_text(period: Period) -> str:
    """Return the days in the request's language, what both ends share said once."""
    first, last = period.first, period.last
    whole = date_format(last, "SHORT_DATE_FORMAT")
    if first == last:
        return whole
    if first.year != last.year:
        return f"{date_format(first, 'SHORT_DATE_FORMAT')} – {whole}"
    return f"{date_format(first, 'DAY_OF_MONTH_FORMAT' if first.month == last.month else 'DAY_FORMAT')} – {whole}"


def _error_text(error: PeriodError, wish: Mapping[str, str]) -> str:
    """Say in the request's language what PeriodError says in English."""
    names = {"from": _("From"), "to": _("To"), "period": _("Period"), "compare": _("Compared with")}
    wanted = {
        "name": _("unknown period"),
        "both": _("choose a period by name or by first and last day, not both"),
        "no_first": _("the first day is missing"),
        "not_a_day": _("write a day as %(example)s; the earliest day is %(first)s")
        % {"example": day_example(), "first": day_text(FIRST_DAY)},
        "order": _("the last day is before the first"),
        "too_long": _("a period may have at most %(days)s days") % {"days": MAX_DAYS},
        "comparison": _("unknown comparison"),
    }[error.code]
    value = wish.get(error.field, "")[:40]
    return f"{names[error.field]}{f' “{value}”' if value else ''}: {wanted}."
