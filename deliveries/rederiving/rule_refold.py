"""Recalculates messages stored by older rules: the job that an upgrade queues, and `refold --rules`.

The rules of docs/link.md section 5 put outcomes before codes that are not outcomes, and count to the first delivery.
Both can change a message only if a report's code is final without being an outcome, or an outcome without being final
(4, 5, 1010, 1007), or if a part has two outcomes. Finally, numbers that can be read now are converted to E.164.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import psycopg
from django.db import connection, transaction

from deliveries.dialects.codes import OUTCOMES
from deliveries.messages import partitions
from deliveries.messages.store import Key
from deliveries.models import RuleRefold
from deliveries.rederiving.normalise_numbers import normalise_numbers
from deliveries.rederiving.refold import BATCH, refold_messages
from portal.accounts.models import record
from portal.common import jobs
from portal.common.periods import Month

logger = logging.getLogger(__name__)

_POSITION = ("month", "after_account_id", "after_message_id")
_NUMBERS = date.min  # the `month` of a job that has read all months and is at the numbers

Progress = Callable[[RuleRefold], None]

# Read once a month of messages, as a whole: by the index each report would be fetched for itself.
_AFFECTED = """
SELECT d.account_id, d.message_id FROM delivery_report d
JOIN (SELECT DISTINCT account_id, dialect FROM tenants_feed) f ON f.account_id = d.account_id
JOIN result_code c ON c.dialect = f.dialect AND c.code = d.result_code
WHERE d.day BETWEEN %(first)s AND %(last)s
AND (d.message_id, d.account_id) > (%(after_message)s COLLATE "C", %(after_account)s)
GROUP BY d.message_id, d.account_id
HAVING bool_or(c.final <> (c.status = ANY (%(outcomes)s)))
OR count(*) FILTER (WHERE c.status = ANY (%(outcomes)s))
    > count(DISTINCT coalesce(d.part, -1)) FILTER (WHERE c.status = ANY (%(outcomes)s))
ORDER BY d.message_id, d.account_id
"""


def request_rule_refold() -> RuleRefold:
    """Return the refold that is open, or a new one if there is none."""
    return jobs.open_jobs(RuleRefold).first() or RuleRefold.objects.create()


def run_rule_refolds(*, progress: Progress = lambda job: None) -> int:
    """Run the refolds that are due. Return how many were done."""
    return jobs.run_all(RuleRefold, partial(_run, progress=progress))


def _run(job: RuleRefold, progress: Progress) -> None:
    for month in reversed(partitions.months()):
        if job.month is not None and month.first_day > job.month:
            continue  # done in an earlier attempt
        if month.first_day != job.month:
            job.month, job.after_account_id, job.after_message_id = month.first_day, 0, ""
        jobs.renew(job, *_POSITION, lease=jobs.LONG_STEP)
        for keys in _affected(job, month):
            job.changed += refold_messages(keys, around=_around(month))
            job.done += len(keys)
            job.after_account_id, job.after_message_id = keys[-1]
            jobs.renew(job, "changed", *_POSITION)
            progress(job)
    _normalise_numbers(job)
    with transaction.atomic():
        jobs.finish(job)
        record("messages.refolded", actor="refold", details={"messages": job.done, "changed": job.changed})
    logger.info("refolded by the rules of now: %s messages looked at, %s changed", f"{job.done:,}", f"{job.changed:,}")


def _normalise_numbers(job: RuleRefold) -> None:
    """Bring all numbers into E.164, from where an earlier attempt stopped."""
    if job.month != _NUMBERS:
        job.month, job.after_account_id, job.after_message_id = _NUMBERS, 0, ""
    jobs.renew(job, *_POSITION, lease=jobs.LONG_STEP)

    def reached(after: Key) -> None:
        job.after_account_id, job.after_message_id = after
        jobs.renew(job, *_POSITION, lease=jobs.LONG_STEP)

    normalise_numbers(after=(job.after_account_id, job.after_message_id), reached=reached)


def _affected(job: RuleRefold, month: Month) -> Iterator[list[Key]]:
    """Yield the month's messages that the rules may change, in batches, from the job's position."""
    parameters = {
        "first": month.first_day,
        "last": month.last_day,
        "after_message": job.after_message_id,
        "after_account": job.after_account_id,
        "outcomes": sorted(OUTCOMES),
    }
    with _cursor_beyond_commits() as cursor:
        cursor.execute(_AFFECTED, parameters)
        while keys := cursor.fetchmany(BATCH):
            yield keys


@contextmanager
def _cursor_beyond_commits() -> Iterator[psycopg.ServerCursor]:
    """Yield a cursor whose rows lie in the server, also while batches are committed between two fetches."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.cursor(name="affected", withhold=True) as cursor:
        yield cursor


def _around(month: Month) -> tuple[datetime, datetime]:
    """Return the earliest and latest time at which messages of the month's days were sent, in any zone."""
    return (
        datetime.combine(month.first_day - timedelta(days=1), time(), UTC),
        datetime.combine(month.last_day + timedelta(days=2), time(), UTC),
    )
