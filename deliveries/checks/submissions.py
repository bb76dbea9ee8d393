"""Gateway accounts and partner IDs whose submissions receive no delivery reports.

The rule is in deliveries/checks/unreported_submissions.py.

Reads the last day of the submissions' counts alone, by the index of their hours: a row for each partner ID and hour.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from deliveries.checks.unreported_submissions import UnreportedHours, assess_submissions, assessed_hours

# Named here for the test of its plan.
HOURS = """
SELECT a.name, c.partner_id, c.hour, sum(c.messages)::bigint, sum(c.unanswered)::bigint
FROM submission_count c JOIN tenants_gatewayaccount a ON a.id = c.account_id
WHERE c.hour >= %s AND c.hour < %s GROUP BY a.name, c.partner_id, c.hour
"""


@dataclass(frozen=True, slots=True)
class UnreportedSource:
    """Missing reports of an account (`partner_id` None), or of one of its partner IDs."""

    account: str
    partner_id: str | None
    found: UnreportedHours


def unreported_sources(*, until: datetime, within: timedelta) -> list[UnreportedSource]:
    """Return the accounts without reports by name, and of the others the partner IDs; one query.

    Messages count if they were submitted at least `within` before `until`. Everything received before `until` is
    applied.
    """
    start, end = assessed_hours(until=until, within=within)
    with connection.cursor() as cursor:
        cursor.execute(HOURS, [start, end])
        rows = cursor.fetchall()
    accounts: dict[str, dict] = defaultdict(dict)
    partners: dict[tuple[str, str], dict] = defaultdict(dict)
    for account, partner_id, hour, messages, unanswered in rows:
        known = accounts[account].get(hour, (0, 0))
        accounts[account][hour] = (known[0] + messages, known[1] + unanswered)
        partners[account, partner_id][hour] = (messages, unanswered)
    found = []
    for account in sorted(accounts):
        if alarm := assess_submissions(accounts[account], start=start, end=end):
            found.append(UnreportedSource(account, None, alarm))
            continue
        for name, partner_id in sorted(key for key in partners if key[0] == account):
            if alarm := assess_submissions(partners[name, partner_id], start=start, end=end):
                found.append(UnreportedSource(account, partner_id, alarm))
    return found
