"""Sums for a rule on a partner ID, a campaign or a sender: read from the messages themselves."""

from datetime import datetime

from django.db import connection

from reports.alerts.places import DELIVERED, PLACED, QUARTER
from reports.alerts.reading import WEEK, WEEKS, Window, usual_of
from reports.alerts.statistics import Sums, Usual
from reports.alerts.sums import DAY, QUARTER_HOUR, USUAL_DAYS, quarter_of
from reports.models import AlertRule

# The column of message by scope, and the rule's field.
FIELDS = {
    AlertRule.Scope.PARTNER_ID: ("partner_id", "partner_id"),
    AlertRule.Scope.CAMPAIGN: ("campaign_id", "campaign_id"),
    AlertRule.Scope.SENDER: ("source", "sender"),
}
_WHERE = (
    "m.tenant_id = %(tenant)s AND m.{column} = %(value)s AND m.sent_at >= %(begin)s AND m.sent_at < %(end)s"
    " AND m.day >= %(begin)s::date - 1 AND m.day <= %(end)s::date + 1"
)
_QUARTERS = (
    f"SELECT {QUARTER.format('m.sent_at')}, count(*), {DELIVERED} FROM message m"  # noqa: S608  terms of this package, constants
    f" CROSS JOIN LATERAL ({PLACED}) p WHERE {_WHERE} GROUP BY 1"
)
_NEWEST = f"SELECT max(m.sent_at) FROM message m WHERE {_WHERE}"  # noqa: S608  terms of this module, constants


def is_direct(rule: AlertRule) -> bool:
    """Return whether the rule's messages are read one by one."""
    return rule.scope in FIELDS


def quarters(rule: AlertRule, *, begin: datetime, end: datetime) -> dict[datetime, Sums]:
    """Return the sums of the rule's messages by quarter."""
    column, field = FIELDS[AlertRule.Scope(rule.scope)]
    values = {"tenant": rule.tenant_id, "value": getattr(rule, field), "begin": begin, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_QUARTERS.replace("{column}", column), values)
        return {quarter: Sums(messages, tuple(delivered)) for quarter, messages, delivered in cursor.fetchall()}


def window_sums(rule: AlertRule, window: Window) -> Sums:
    """Return the sums of a window."""
    return sum(quarters(rule, begin=window.begin, end=window.end).values(), Sums())


def usual_sums(rule: AlertRule, window: Window) -> Usual:
    """Return what is usual at the window's time."""
    cells = window.cells()
    found: dict[datetime, Sums] = {}
    for number in range(1, WEEKS + 1):
        back = number * WEEK
        found |= quarters(rule, begin=cells[0] - back, end=cells[-1] + QUARTER_HOUR - back)
    return usual_of(found, window)


def month_of(rule: AlertRule, *, end: datetime) -> list[Sums]:
    """Return the quarters of the past four weeks that have messages."""
    return list(quarters(rule, begin=end - USUAL_DAYS * DAY, end=quarter_of(end)).values())


def silent_since(rule: AlertRule, *, end: datetime) -> datetime | None:
    """Return since when there is no message before `end`, None where there was none for a day."""
    column, field = FIELDS[AlertRule.Scope(rule.scope)]
    values = {"tenant": rule.tenant_id, "value": getattr(rule, field), "begin": end - DAY, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST.replace("{column}", column), values)
        return cursor.fetchone()[0]
