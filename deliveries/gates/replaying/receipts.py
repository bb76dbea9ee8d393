"""Reports that the portal received in a period and that pass the gate's filter, day by day of their messages.

No index has the time of receipt. But ids of the inbox ascend with it: a day whose newest report came before the period
has none of the period, so that a look at each day's newest one finds the days to read.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from django.db import connection

from deliveries.dialects.codes import CodeTable
from deliveries.gates.replaying.wanted import After, Portion, Report, Wanted
from deliveries.gates_outbox.matching import Facts, Filter
from deliveries.gates_outbox.outbox import gates_of
from deliveries.messages.code_tables import code_tables
from deliveries.messages.partitions import months
from deliveries.messages.store import same_message
from portal.common.bulk import EACH
from portal.tenants.models import Feed

_SLACK = timedelta(hours=1)  # by which times of receipt and ids may disagree
_STEP = 1_000  # reports that are compared with the filter at a time

_DAYS = """
SELECT d.day::date FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') d (day)
CROSS JOIN LATERAL (
    SELECT r.received_at FROM delivery_report r WHERE r.tenant_id = %(tenant)s AND r.day = d.day::date
    ORDER BY r.inbox_id DESC LIMIT 1
) newest
WHERE newest.received_at >= %(from)s AND d.day::date >= %(after)s ORDER BY 1
"""
# What filters look at, so that equal values can be counted together: of the refId and the custom parameter only
# whether they fit.
_FACTS = """
r.account_id, r.result_code, m.partner_id, m.country, m.campaign_id,
starts_with(coalesce(m.ref_id, ''), %(prefix)s),
coalesce(%(value)s::text IN ('', m.custom_parameters ->> %(key)s::text) AND m.custom_parameters ? %(key)s::text, false)
"""
_OF_DAY = (
    "FROM delivery_report r CROSS JOIN LATERAL (SELECT * FROM message x WHERE x.tenant_id = r.tenant_id"  # noqa: S608  conditions of this module, constants
    f" AND x.day = r.day AND {same_message('x', 'r')} {EACH}) m"
    " WHERE r.tenant_id = %(tenant)s AND r.day = %(day)s AND r.received_at >= %(since)s AND r.received_at < %(until)s"
)
_COUNT = f"SELECT count(*), {_FACTS} {_OF_DAY} GROUP BY 2, 3, 4, 5, 6, 7, 8"
_READ = (
    f"SELECT r.inbox_id, r.message_id, {_FACTS} {_OF_DAY} AND r.inbox_id > %(after)s"
    " ORDER BY r.inbox_id LIMIT %(limit)s"
)


def count(wanted: Wanted) -> int:
    """Return how many reports of the period pass the filter."""
    chosen = _Chosen(wanted)
    found: Counter[bool] = Counter()
    with connection.cursor() as cursor:
        for day in _days(wanted, date.min):
            cursor.execute(_COUNT, chosen.parameters | {"day": day})
            for number, *facts in cursor.fetchall():
                found[chosen.has(facts)] += number
    return found[True]


def read(wanted: Wanted, after: After, *, limit: int) -> Portion:
    """Return the next of them, by day of the message and order of receipt; perhaps none, and yet not the end."""
    chosen = _Chosen(wanted)
    place, inbox_id = (date.fromisoformat(after[0]), after[1]) if after else (date.min, 0)
    for day in _days(wanted, place):
        step = min(_STEP, limit)
        values = chosen.parameters | {"day": day, "after": inbox_id if day == place else 0, "limit": step}
        with connection.cursor() as cursor:
            cursor.execute(_READ, values)
            rows = cursor.fetchall()
        if rows:
            fits = [Report(inbox, facts[0], message, day) for inbox, message, *facts in rows if chosen.has(facts)]
            return Portion(fits, (day.isoformat(), rows[-1][0]))
    return Portion([], None)


class _Chosen:
    """The gate's filter as it is now, with the statuses of result codes."""

    def __init__(self, wanted: Wanted) -> None:
        gate = wanted.gate
        self._filter = filter_of(wanted)
        self._codes = codes_of_accounts()
        self.parameters = {
            "tenant": gate.tenant_id,
            "since": wanted.since,
            "until": wanted.until,
            "prefix": gate.ref_id_prefix,
            "key": gate.parameter_key,
            "value": gate.parameter_value,
        }

    def has(self, facts: list) -> bool:
        account_id, result_code, partner_id, country, campaign_id, is_ref_id, is_parameter = facts
        status, is_final = meaning(self._codes, account_id, result_code)
        ref_id = self._filter.ref_id_prefix if is_ref_id else ""
        parameters = {self._filter.parameter_key: self._filter.parameter_value} if is_parameter else {}
        return self._filter.matches(Facts(partner_id, status, is_final, country, campaign_id, ref_id, parameters))


def filter_of(wanted: Wanted) -> Filter:
    """Return the gate's filter, its campaigns with those that are merged into them."""
    gates = gates_of([wanted.gate.tenant_id])[wanted.gate.tenant_id]
    return next(gate.filter for gate in gates if gate.id == wanted.gate.pk)


def codes_of_accounts() -> dict[int, CodeTable]:
    """Return the code table of each gateway account that has a feed."""
    tables = code_tables()
    return {account_id: tables[name] for account_id, name in Feed.objects.values_list("account_id", "dialect")}


def meaning(codes: Mapping[int, CodeTable], account_id: int, result_code: int) -> tuple[str, bool]:
    """Return status and finality of a report's code."""
    return codes[account_id].meaning(result_code) if account_id in codes else ("unknown", False)


def _days(wanted: Wanted, after: date) -> list[date]:
    there = months()
    if not there or wanted.since is None:
        return []
    values = {
        "tenant": wanted.gate.tenant_id,
        "first": there[0].first_day,
        "last": there[-1].last_day,
        "from": wanted.since - _SLACK,
        "after": after,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, values)
        return [day for (day,) in cursor.fetchall()]
