"""Sums of a tenant's recent messages by minute and by quarter of an hour, each made once, when messages are old enough.

A look reads the minutes of its window, and for the usual the quarters of the past weeks: no message is read twice.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum

from campaigns.latency import percentile
from deliveries.models import LatencyCount
from portal.common.periods import local_day
from portal.tenants.models import Tenant
from reports.alerts.places import ADDED, DELIVERED, OPERATOR, PLACED, QUARTER
from reports.alerts.statistics import age_of
from reports.models import AlertClock, AlertMinute

MINUTE, QUARTER_HOUR, DAY = timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1)
KEPT_MINUTES = timedelta(hours=3)  # of sums by minute; after a longer pause quarters are made from messages
USUAL_DAYS = 28
KEPT_DAYS = 90 + USUAL_DAYS + 1  # of sums by quarter, so that a backtest of 90 days knows what was usual
FIRST_WINDOW = timedelta(minutes=45)

_FROM_MESSAGES = f"""
FROM message m CROSS JOIN LATERAL ({PLACED}) p
WHERE m.tenant_id = %(tenant)s AND m.sent_at >= %(begin)s AND m.sent_at < %(end)s
AND m.day >= %(begin)s::date - 1 AND m.day <= %(end)s::date + 1
GROUP BY m.tenant_id, 2, m.account_id, m.country, 5
ON CONFLICT (tenant_id, {{unit}}, account_id, country, operator)
DO UPDATE SET messages = excluded.messages, delivered = excluded.delivered
"""
_INSERT = "INSERT INTO alert_{unit} (tenant_id, {unit}, account_id, country, operator, messages, delivered)"
_MINUTES = f"""
{_INSERT}
SELECT m.tenant_id, date_trunc('minute', m.sent_at), m.account_id, m.country, {OPERATOR}, count(*), {DELIVERED}
{_FROM_MESSAGES}
""".format(unit="minute")
_QUARTERS = f"""
{_INSERT} SELECT m.tenant_id, {QUARTER.format("m.sent_at")}, m.account_id, m.country, {OPERATOR}, count(*), {DELIVERED}
{_FROM_MESSAGES}
""".replace("{unit}", "quarter").replace("{{unit}}", "quarter")
_CONDENSE = f"""
INSERT INTO alert_quarter (tenant_id, quarter, account_id, country, operator, messages, delivered)
SELECT s.tenant_id, {QUARTER.format("s.minute")}, s.account_id, s.country, s.operator, sum(s.messages), {ADDED}
FROM alert_minute s WHERE s.tenant_id = %(tenant)s AND s.minute >= %(begin)s AND s.minute < %(end)s
GROUP BY s.tenant_id, 2, s.account_id, s.country, s.operator
ON CONFLICT (tenant_id, quarter, account_id, country, operator)
DO UPDATE SET messages = excluded.messages, delivered = excluded.delivered
"""  # noqa: S608  terms of this package, constants


def quarter_of(at: datetime) -> datetime:
    """Return the start of the quarter of an hour (UTC) that an instant is in."""
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def minute_of(at: datetime) -> datetime:
    """Return the start of the minute that an instant is in."""
    return at.replace(second=0, microsecond=0)


def begin_clock(tenant: Tenant, *, until: datetime) -> AlertClock:
    """Return a clock that has summed up nothing yet; everything received before `until` is applied."""
    today = local_day(until, tenant.timezone)
    age = usual_age(tenant, until=until)
    start = quarter_of(until - timedelta(seconds=age) - FIRST_WINDOW)
    return AlertClock(tenant=tenant, age=age, age_set_on=today, summed_until=start, filled_from=start)


def usual_age(tenant: Tenant, *, until: datetime) -> int:
    """Return the age in seconds at which the tenant's messages are looked at, by the times of the past four weeks."""
    today = local_day(until, tenant.timezone)
    counted = LatencyCount.objects.filter(tenant=tenant, day__gte=today - USUAL_DAYS * DAY, day__lt=today)
    buckets = dict(counted.values_list("bucket").annotate(n=Sum("messages")).order_by())
    return age_of(percentile({bucket: n for bucket, n in buckets.items() if n > 0}, 0.95))


def advance(clock: AlertClock, *, until: datetime) -> bool:
    """Sum up the minutes that are old enough at `until`, in the caller's transaction; return whether there was any.

    Everything received before `until` is applied. The clock is changed, and saved by the caller.
    """
    _set_age(clock, until=until)
    target = minute_of(until - timedelta(seconds=clock.age))
    if target - clock.summed_until > KEPT_MINUTES:
        clock.summed_until = clock.filled_from = quarter_of(target - FIRST_WINDOW)
    begin = clock.summed_until
    if target <= begin:
        return False
    first, last = quarter_of(begin), quarter_of(target)
    with connection.cursor() as cursor:
        cursor.execute(_MINUTES, {"tenant": clock.tenant_id, "begin": begin, "end": target})
        if first < last:
            cursor.execute(_CONDENSE, {"tenant": clock.tenant_id, "begin": first, "end": last})
    AlertMinute.objects.filter(tenant_id=clock.tenant_id, minute__lt=target - KEPT_MINUTES).delete()
    clock.summed_until = target
    return True


def _set_age(clock: AlertClock, *, until: datetime) -> None:
    """Update the age once a day. After a rise, quarters are recomputed, because they hold shorter times alone."""
    today = local_day(until, clock.tenant.timezone)
    if clock.age_set_on == today:
        return
    age = usual_age(clock.tenant, until=until)
    if age > clock.age:
        clock.filled_from = quarter_of(clock.summed_until)
    clock.age, clock.age_set_on = age, today


def fill_day(clock: AlertClock, *, now: datetime) -> bool:
    """Make the quarters of one more day in the past from messages; return whether there was one to make."""
    limit = quarter_of(now - KEPT_DAYS * DAY)
    if clock.filled_from <= limit:
        return False
    begin = max(clock.filled_from - DAY, limit)
    with connection.cursor() as cursor:
        cursor.execute(_QUARTERS, {"tenant": clock.tenant_id, "begin": begin, "end": clock.filled_from})
    clock.filled_from = begin
    return True
