"""Standing checks for the portal's operators: the looks are made, and no account's delivery rate falls."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext_noop as _

from deliveries.checks.run import keep
from portal.common.kept_text import KeptText
from reports.alerts.looking import Looked, look_at_all
from reports.alerts.places import ADDED
from reports.alerts.reading import Window, usual_of
from reports.alerts.statistics import State, Sums, confirm_delivery, judge_delivery
from reports.alerts.sums import QUARTER_HOUR, USUAL_DAYS, minute_of, quarter_of
from reports.models import AlertClock

POINTS, MIN_MESSAGES = 10, 500
LOOKS_AT = timedelta(minutes=15)  # tenants whose last look is older are left out

_WINDOW = (
    f"SELECT s.account_id, sum(s.messages)::bigint, {ADDED} FROM alert_minute s JOIN alert_clock c USING (tenant_id)"  # noqa: S608  terms of this package, constants
    " WHERE s.minute >= c.summed_until - interval '15 minutes' AND c.summed_until > %(since)s GROUP BY s.account_id"
)
_QUARTERS = (
    f"SELECT s.account_id, s.quarter, sum(s.messages)::bigint, {ADDED} FROM alert_clock c JOIN alert_quarter s"  # noqa: S608  terms of this package, constants
    " ON s.tenant_id = c.tenant_id AND s.quarter >= %(begin)s AND s.quarter < %(end)s"
    " WHERE s.account_id = ANY (%(accounts)s) GROUP BY s.account_id, s.quarter"
)
_NAMES = "SELECT id, name FROM tenants_gatewayaccount WHERE id = ANY (%s) ORDER BY name"


def look(*, now: datetime) -> Looked:
    """Look at all tenants' alerts, and keep what failed as a standing check."""
    found = look_at_all(now=now)
    text = _("%(tenant)s: the look at its alerts failed. The log has the error")
    keep("alerts", [KeptText(text, tenant=slug) for slug in found.failed], now=now)
    return found


def check_accounts(*, now: datetime) -> list[str]:
    """Find accounts whose delivery rate falls over all their customers, and keep them as a standing check.

    The rule is that of a customer's alerts (reports/alerts/statistics/delivery.py), with more messages.
    """
    problems = _falling(now)
    keep("account_delivery", problems, now=now)
    return problems


def _falling(now: datetime) -> list[str]:
    since = now - timedelta(hours=1)
    newest = AlertClock.objects.aggregate(end=Max("summed_until"), age=Max("age"))
    end, age = newest["end"], newest["age"]
    if end is None or end < since:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_WINDOW, {"since": minute_of(end) - LOOKS_AT})
        windows = {account: Sums(n, tuple(delivered)) for account, n, delivered in cursor.fetchall()}
    accounts = [account for account, sums in windows.items() if sums.messages >= MIN_MESSAGES]
    if not accounts:
        return []
    quarters = _quarters(accounts, end)
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, [accounts])
        names = cursor.fetchall()
    text = _("%(account)s: %(share)s of %(messages)s messages delivered in 15 minutes, usually %(usual)s")
    found: list[str] = []
    wanted = {"age": age, "points": POINTS, "min_messages": MIN_MESSAGES}
    for account, name in names:
        sums, of_account = windows[account], quarters[account]
        verdict = judge_delivery(sums, usual_of(of_account, Window.ending(end)), **wanted)
        if verdict.state is not State.GOOD:
            verdict = confirm_delivery(sums, list(of_account.values()), **wanted)
        if verdict.state is State.BAD and verdict.now is not None and verdict.usual is not None:
            share, usual = f"{verdict.now:.1%}", f"{verdict.usual:.1%}"
            found.append(KeptText(text, account=name, share=share, messages=sums.messages, usual=usual))
    return found


def _quarters(accounts: list[int], end: datetime) -> dict[int, dict[datetime, Sums]]:
    begin = quarter_of(end) - timedelta(days=USUAL_DAYS) - 8 * QUARTER_HOUR
    found: dict[int, dict[datetime, Sums]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_QUARTERS, {"accounts": accounts, "begin": begin, "end": quarter_of(end)})
        for account, quarter, messages, delivered in cursor.fetchall():
            found[account][quarter] = Sums(messages, tuple(delivered))
    return found
