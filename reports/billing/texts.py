"""Sentences about statements on pages and in the admin, in the request's language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.common.templatetags.figures import count, percent
from reports.billing.reading import is_overdue
from reports.models import BillingTerms, Statement
from reports.runs.cause_texts import CAUSES
from reports.templatetags.money import money


def remark_text(remark: Mapping[str, Any], currency: str) -> str:
    """Return what looks odd about a draft."""
    kind = remark["kind"]
    if kind == "unpriced":
        return ngettext(
            "%(messages)s message has no price (SMS parts: %(parts)s).",
            "%(messages)s messages have no price (SMS parts: %(parts)s).",
            remark["messages"],
        ) % {"messages": count(remark["messages"]), "parts": count(remark["parts"])}
    if kind == "immature":
        return _("Only %(share)s of the messages have a final status.") % {"share": percent(remark["share"])}
    if kind == "jump":
        return _("At least three times the month before (%(before)s without VAT).") % {
            "before": money(remark["before"], currency)
        }
    return _("The corrections are greater than the rest: the total is negative.")


def state_text(statement: Statement, today: date) -> str | Promise:
    """Return the state of a statement; an unpaid one past its due date is overdue."""
    if is_overdue(statement, today):
        return _("Overdue")
    return statement.get_state_display()


def cause_text(cause: str) -> str:
    """Return the words for a cause of the ledger."""
    return str(CAUSES[cause])


def signed(number: int) -> str:
    """Return a difference with its sign."""
    return f"+{count(number)}" if number > 0 else f"−{count(-number)}" if number else count(number)


def percent_of(terms: BillingTerms) -> str:
    """Return the rate of terms, such as "25.5 %"."""
    return percent(terms.vat_rate / 10_000)
