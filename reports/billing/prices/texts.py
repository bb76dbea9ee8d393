"""Texts about the rows of price lists and their problems, in the language of the page."""

from datetime import date

from django.utils import formats
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from portal.common.templatetags.figures import count, country
from reports.billing.prices.checks import Problem
from reports.billing.prices.differences import What
from reports.billing.prices.rows import FeeRow, PriceRow, Row, last_day
from reports.billing.prices.table import COLUMNS, LineProblem, TableProblem
from reports.templatetags.money import list_price

SENDER_TYPES: dict[str, Promise] = {
    "alphanumeric": gettext_lazy("text as sender"),
    "shortnumber": gettext_lazy("short number as sender"),
    "msisdn": gettext_lazy("phone number as sender"),
}
WHATS: dict[What, Promise] = {
    What.ADDED: pgettext_lazy("row of a price list", "Added"),
    What.CHANGED: pgettext_lazy("row of a price list", "Changed"),
    What.ENDED: pgettext_lazy("row of a price list", "Ended"),
    What.REMOVED: pgettext_lazy("row of a price list", "Removed"),
}
KIND_TEXTS: dict[str, Promise] = {
    "monthly": gettext_lazy("Monthly fee"),
    "minimum": gettext_lazy("Monthly minimum"),
    "one_off": gettext_lazy("One-off item"),
}
LIST_PROBLEMS: dict[str, Promise] = {
    "exists": gettext_lazy("There is a list for this already. Change that one, or archive it first."),
    "account": gettext_lazy("A cost list is for a gateway account of the issuer."),
    "customer": gettext_lazy("A list is for a customer directly below the issuer."),
    "too_many": gettext_lazy("An issuer has at most 5,000 lists, archived ones included."),
}
ROW_PROBLEMS: dict[str, Promise] = {
    "too_many_rows": gettext_lazy("There are %(rows)s rows. A price list has at most %(most)s."),
    "far_day": gettext_lazy("The days lie between 1 January 2000 and 31 December 2099."),
    "ends_before": gettext_lazy("The last day is before the first one."),
    "name": gettext_lazy("A name of 1 to %(most)s characters is needed."),
    "number": gettext_lazy(
        "Leave phone numbers (8 or more digits) out of names and operators. They are kept permanently."
    ),
    "country": gettext_lazy(
        "%(country)s is no country: two capital letters of ISO 3166-1, such as FI, or ZZ for unknown ones."
    ),
    "operator": gettext_lazy("An operator's name has at most %(most)s characters."),
    "sender_type": gettext_lazy("%(sender_type)s is no sender type. There are: %(known)s."),
    "price": gettext_lazy("A price is from 0 to %(most)s of the currency's units."),
    "group_countries": gettext_lazy("A price by quantity is for 1 to 250 countries."),
    "first_of_month": gettext_lazy(
        "Prices by quantity begin on the first day of a month and end on the last one: they count whole months."
    ),
    "too_many_tiers": gettext_lazy("A group has at most %(most)s tiers."),
    "quantity": gettext_lazy("A quantity is at most %(most)s."),
    "tiers": gettext_lazy(
        "The quantities of tiers ascend from 1, and the last tier has none. A package has a size of at least 1."
    ),
    "amount": gettext_lazy(
        "An amount is at most 10,000,000,000 of the currency's units, and only a one-off item is negative."
    ),
    "one_off_day": gettext_lazy("A one-off item has a first day only: it is charged in that month."),
    "overlap": gettext_lazy("Another row with the same key is valid on %(day)s, too."),
    "overlap_of_group": gettext_lazy("%(country)s has another price or group on %(day)s, too."),
    "gap": gettext_lazy("There is no price from %(first)s to %(last)s."),
    "cheaper_with_more": gettext_lazy(
        "More would cost less: %(quantity)s cost %(cost)s, one more %(next_cost)s in total."
    ),
    "unknown_operator": gettext_lazy(
        "No message of the last 90 days was to the operator %(operator)s. Is the name as delivery reports have it?"
    ),
    "unpriced": gettext_lazy("Messages of the last 90 days went to countries without a price here: %(countries)s."),
}
LINE_PROBLEMS: dict[str, Promise] = {
    "columns": gettext_lazy("the line has more cells than the first line"),
    "kind": gettext_lazy("“%(value)s” is no kind of row"),
    "kind_meant": gettext_lazy("unknown kind of row. Did you mean “%(value)s”?"),
    "other_currency": gettext_lazy("the list has another currency than %(value)s"),
    "not_of_kind": gettext_lazy("must be empty in rows of this kind"),
    "group_twice": gettext_lazy("“%(value)s” is a package already, and has one line"),
    "group_differs": gettext_lazy("the lines of “%(value)s” differ in kind, countries or last day"),
    "control": gettext_lazy("has control characters"),
    "country": gettext_lazy("“%(value)s” is no country: two letters, such as FI, are needed"),
    "country_meant": gettext_lazy("unknown country. Did you mean %(value)s?"),
    "quantity": gettext_lazy("“%(value)s” is no whole number"),
    "missing": gettext_lazy("is missing"),
    "amount": gettext_lazy("“%(value)s” is no amount such as 0.0412 or 0,0412"),
    "decimals": gettext_lazy("has more than %(value)s decimals"),
    "currency_decimals": gettext_lazy("has more decimals than the currency: %(value)s"),
    "negative": gettext_lazy("is negative"),
    "day": gettext_lazy("“%(value)s” is no day such as 2026-10-31 or 31.10.2026"),
}
TABLE_PROBLEMS: dict[str, Promise] = {
    "unknown_columns": gettext_lazy("The first line names columns that a price list does not have: %(names)s."),
    "columns_twice": gettext_lazy("The first line names columns twice: %(names)s."),
    "missing_columns": gettext_lazy("The first line lacks these columns: %(names)s."),
}


def row_text(row: Row) -> str:
    """Return which row it is, without its price: `Finland, Elisa, from 1 January 2026`."""
    return ", ".join([*_key_texts(row), days_text(row)])


def key_text(row: Row) -> str:
    """Return which row it is, without its price and days."""
    return ", ".join(_key_texts(row))


def days_text(row: Row) -> str:
    """Return the days on which a row holds."""
    last = last_day(row)
    if last is None:
        return _("from %(first)s") % {"first": day_text(row.valid_from)}
    return f"{day_text(row.valid_from)} – {day_text(last)}"


def day_text(day: date) -> str:
    return formats.date_format(day, "SHORT_DATE_FORMAT")


def problem_text(problem: Problem, currency: str) -> str:
    """Return a problem as a sentence, after the row that it is about."""
    values = {name: _value_text(name, value, currency) for name, value in problem.values.items()}
    text = ROW_PROBLEMS[problem.code] % values
    return f"{row_text(problem.row)}: {text}" if problem.row else text


def line_text(problem: LineProblem) -> str:
    """Return what is wrong with a cell, after its line and column."""
    text = LINE_PROBLEMS[problem.code] % {"value": problem.value}
    where = _("Line %(line)s") % {"line": problem.line}
    return f"{where}, {column_name(problem.column)}: {text}" if problem.column else f"{where}: {text}"


def table_text(problem: TableProblem) -> str:
    """Return what is wrong with the columns of a file."""
    return TABLE_PROBLEMS[problem.code] % {"names": ", ".join(problem.names)}


def column_name(column: str) -> str:
    """Return the name of a file's column."""
    return COLUMNS[column][1 if (get_language() or "").startswith("fi") else 0]


def _key_texts(row: Row) -> list[str]:
    if not isinstance(row, PriceRow):
        return [f"{row.name} ({KIND_TEXTS[row.kind]})" if isinstance(row, FeeRow) else row.name]
    place = country(row.country) if row.country else ""
    sender = str(SENDER_TYPES.get(row.sender_type, row.sender_type))
    texts = [text for text in (place, row.operator, sender) if text]
    return [capfirst(texts[0]), *texts[1:]] if texts else [_("All countries")]


def _value_text(name: str, value: object, currency: str) -> str:
    if isinstance(value, date):
        return day_text(value)
    if name in ("cost", "next_cost") and isinstance(value, int):
        return list_price(value, currency)
    if isinstance(value, int):
        return count(value)
    if isinstance(value, list):
        return ", ".join(country(one) for one in value)
    return country(value) if name == "country" and isinstance(value, str) else str(value)
