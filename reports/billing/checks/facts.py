"""Our side of a check: sums of the account's messages, most of them from the counts of days.

Days that a border of the month cuts, by the account's time zone or by UTC, are counted from their messages. Messages
with reports from after the gateway's close are moved to sums of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection
from django.db.models import Q, Sum

from deliveries.messages.fold import PARTNER_OVER_LIMIT
from deliveries.messages.row import OTHER_LABEL
from deliveries.models import DailyCount, RetentionMark
from reports.billing.checks.late import MessageKey, TooManyLate, late_messages
from reports.billing.checks.scope import CheckScope
from reports.billing.checks.span import BEFORE, DURING
from reports.billing.proof.facts import Fact
from reports.billing.proof.rules import Rule
from reports.pricing.tariff import changes_of_prices

_COLUMNS = "partner_id", "country", "operator", "sender_type", "status"
_MESSAGES = """
SELECT tenant_id, day, CASE WHEN flags & %(over_limit)s > 0 THEN %(other)s ELSE partner_id END, country, operator,
    sender_type, status,
    (sent_at >= %(start)s)::int + (sent_at >= %(end)s)::int - 1,
    (sent_at >= %(utc_start)s)::int + (sent_at >= %(utc_end)s)::int - 1,
    count(*), sum(parts)
FROM message WHERE tenant_id = %(tenant)s AND account_id = %(account)s AND day = ANY (%(days)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
_LATE = """
SELECT m.tenant_id, m.day, m.message_id, CASE WHEN m.flags & %(over_limit)s > 0 THEN %(other)s ELSE m.partner_id END,
    m.country, m.operator, m.sender_type, m.status, m.parts, m.sent_at
FROM unnest(%(tenants)s::int[], %(days)s::date[], %(ids)s::text[]) AS k (tenant_id, day, message_id)
JOIN message m ON m.tenant_id = k.tenant_id AND m.day = k.day AND m.account_id = %(account)s
    AND m.message_id = k.message_id
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """The sums, and the rules that they cannot be recounted under."""

    facts: list[Fact]
    without: frozenset[Rule]


def read_facts(scope: CheckScope) -> Facts:
    """Return the account's messages of the month and around it. Call it within one snapshot."""
    reader = _Reader(scope)
    without: set[Rule] = set()
    if not reader.read_counts():
        without.add(Rule.UTC_MONTH)
    try:
        reader.move_late()
    except TooManyLate:
        without |= {Rule.AT_CLOSE, Rule.CARRIED}
    if reader.is_past_retention:
        without |= {Rule.AT_CLOSE, Rule.CARRIED}
    return Facts([fact for fact in reader.facts() if fact.messages or fact.parts], frozenset(without))


class _Reader:
    """Sums by fact, being read."""

    def __init__(self, scope: CheckScope) -> None:
        self.scope = scope
        self.sums: dict[Fact, list[int]] = defaultdict(lambda: [0, 0])
        changes = changes_of_prices([scope.contract.tariff]) if scope.contract.tariff else set()
        self.changes = sorted(changes)
        marks = RetentionMark.objects.filter(tenant_id__in=scope.tenant_ids, messages_before__isnull=False)
        self.sealed = {mark.tenant_id: mark.messages_before or date.min for mark in marks}
        self.is_past_retention = any(
            self._is_sealed(tenant, day) for tenant in scope.zones for day in scope.span.days()
        )

    def facts(self) -> list[Fact]:
        """Return the facts with their sums."""
        return [replace(fact, messages=messages, parts=parts) for fact, (messages, parts) in self.sums.items()]

    def read_counts(self) -> bool:
        """Add all days; return False if the messages of a day that a border cuts are deleted: it counts as a whole."""
        is_whole = True
        for tenant_id, zone in self.scope.zones.items():
            uniform: dict[date, tuple[int, int]] = {}
            cut: list[date] = []
            for day in self.scope.span.days():
                place = self.scope.span.place_of_day(day, zone)
                if place is None and self._is_sealed(tenant_id, day):
                    is_whole = False
                    place = (DURING, DURING) if _is_in(self.scope, day) else (BEFORE, BEFORE)
                if place is None:
                    cut.append(day)
                elif DURING in place:
                    uniform[day] = place
            self._add_days(tenant_id, uniform)
            if cut:
                self._add_messages(tenant_id, cut)
        return is_whole

    def _is_sealed(self, tenant_id: int, day: date) -> bool:
        return day < self.sealed.get(tenant_id, date.min)

    def _add_days(self, tenant_id: int, places: dict[date, tuple[int, int]]) -> None:
        counts = DailyCount.objects.filter(
            Q(tenant_id=tenant_id, account_id=self.scope.account_id), day__in=sorted(places)
        )
        rows = counts.values_list("day", *_COLUMNS).annotate(Sum("messages"), Sum("parts")).order_by()
        for day, *key, messages, parts in rows:
            self._add(self._fact(tenant_id, day, key, places[day]), messages, parts)

    def _add_messages(self, tenant_id: int, days: list[date]) -> None:
        (start, end), (utc_start, utc_end) = self.scope.span.borders, self.scope.span.utc_borders
        with connection.cursor() as cursor:
            cursor.execute(
                _MESSAGES,
                {
                    "over_limit": PARTNER_OVER_LIMIT, "other": OTHER_LABEL, "start": start, "end": end,
                    "utc_start": utc_start, "utc_end": utc_end, "tenant": tenant_id,
                    "account": self.scope.account_id, "days": days,
                },
            )  # fmt: skip
            rows = cursor.fetchall()
        for _tenant, day, *key, month, utc_month, messages, parts in rows:
            self._add(self._fact(tenant_id, day, key, (month, utc_month)), messages, parts)

    def move_late(self) -> None:
        """Move messages that had another status at a close to facts of their own. Raises TooManyLate."""
        late = late_messages(self.scope)
        for tenant_id, day, message_id, *key, parts, sent_at in self._rows(late):
            place = self.scope.span.place(sent_at)
            fact = self._fact(tenant_id, day, key, place)
            if self._is_counted(tenant_id, day, place):
                self._add(fact, -1, -parts)
            known = late[tenant_id, day, message_id]
            self._add(replace(fact, closing=known.closing, before=known.before), 1, parts)

    def _rows(self, keys: Iterable[MessageKey]) -> list[tuple]:
        found = sorted(keys)
        if not found:
            return []
        tenants, days, ids = zip(*found, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                _LATE,
                {
                    "over_limit": PARTNER_OVER_LIMIT, "other": OTHER_LABEL, "tenants": list(tenants),
                    "days": list(days), "ids": list(ids), "account": self.scope.account_id,
                },
            )  # fmt: skip
            rows: list[tuple] = cursor.fetchall()
        return rows

    def _is_counted(self, tenant_id: int, day: date, place: tuple[int, int]) -> bool:
        """Return whether a message of this day is in the sums already."""
        if day not in set(self.scope.span.days()):
            return False
        whole = self.scope.span.place_of_day(day, self.scope.zones[tenant_id])
        return whole is None or DURING in place

    def _fact(self, tenant_id: int, day: date, key: Iterable[str], place: tuple[int, int]) -> Fact:
        partner_id, country, operator, sender_type, status = key
        month, utc_month = place
        return Fact(
            partner_id=partner_id,
            country=country,
            operator=operator,
            sender_type=sender_type,
            day=self._priced_on(day),
            status=status,
            messages=0,
            parts=0,
            month=month,
            utc_month=utc_month,
            declared=tenant_id != self.scope.pool_id,
        )

    def _priced_on(self, day: date) -> date:
        """Return the day from which the prices of this day hold, so that days with equal prices are one fact."""
        return max((change for change in self.changes if change <= day), default=date.min)

    def _add(self, fact: Fact, messages: int, parts: int) -> None:
        of_fact = self.sums[fact]
        of_fact[0] += messages
        of_fact[1] += parts


def _is_in(scope: CheckScope, day: date) -> bool:
    return scope.span.month.first_day <= day <= scope.span.month.last_day
