"""Names of campaigns and variants that hold an erased number: they are masked, and the counts follow.

A campaign keeps its id; where two would be called the same, a number in parentheses tells them apart. A name that many
share is no person's just because six of its digits are: it is masked where the whole number stands in it, or where all
its messages went to that number.
"""

from collections.abc import Collection, Iterable
from datetime import date
from functools import cached_property

from django.db import connection

from campaigns.models import Campaign, SegmentKey
from campaigns.segments import NO_SEGMENTS, label_of
from deliveries.counts import causes, segment_fold
from deliveries.counts.changes import CAMPAIGN, LATENCY, SEGMENT, SEGMENT_LATENCY, TABLES, CountTable
from deliveries.counts.rollups import invalidate_rollups
from deliveries.erasure import equal_names
from deliveries.messages.number_hashes import hashed
from deliveries.messages.row import Change, StoredMessage
from deliveries.models import ErasedMonth
from deliveries.models.rollups import Span
from portal.common.hidden_numbers import holds_number, without_number
from portal.common.msisdn import tells_number
from portal.common.periods import Month

# Columns of counts that may hold a number, with those within which they are names.
_COUNTED_NAMES = {"variant": ("campaign_id",), "operator": (), "value": ("key",)}
_CONDENSED_NAMES = (
    ("condensed_campaign_count", "variant"),
    ("condensed_campaign_latency", "operator"),
    ("condensed_campaign_latency", "variant"),
    ("condensed_campaign_place", "operator"),
    ("condensed_campaign_place", "variant"),
    ("condensed_daily_count", "operator"),
    ("condensed_latency", "operator"),
    ("condensed_place", "operator"),
    ("condensed_segment", "value"),
    ("condensed_segment_count", "value"),
)
_LEDGER = CountTable(causes.TABLE, causes.KEYS, causes.VALUES, facts="")
_MAX_NAME = 240  # of 256 characters: the rest is for the number that tells equal names apart


class Names:
    """The names of one tenant that hold numbers which are being erased."""

    def __init__(self, tenant_id: int) -> None:
        self.tenant_id = tenant_id
        self.months: set[Month] = set()  # in whose reports a name was changed
        self.apart: dict[equal_names.Name, str] = {}  # new texts of names, told apart where they became equal
        self._known: dict[tuple, bool] = {}

    @cached_property
    def segment_keys(self) -> frozenset[str]:
        """The custom parameters that are segment keys: messages are counted by their values."""
        keys = SegmentKey.objects.filter(tenant_id=self.tenant_id, removed=False).values_list("key", flat=True)
        return frozenset(key for key in keys if label_of(key) is None)

    def tell_apart(self, names: Iterable[tuple[str, str, str]]) -> None:
        """Find the new texts of names (scope, text, the number that it holds)."""
        masked: dict[equal_names.Name, str] = {}
        for scope, text, number in names:
            masked[scope, text] = without_number(masked.get((scope, text), text), number)
        self.apart |= equal_names.told_apart(self.tenant_id, masked)

    def is_about(self, message: StoredMessage, number: str, *, variant: str = "") -> bool:
        """Return whether a name with six digits of the number belongs to it alone, and not to others' messages."""
        key = (message.campaign_id, variant, number)
        if key not in self._known:
            self._known[key] = self._is_about(*key)
        return self._known[key]

    def _is_about(self, campaign_id: int, variant: str, number: str) -> bool:
        if variant and holds_number(variant, number):
            return True
        own = [number, hashed(number, tenant_id=self.tenant_id)]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM message WHERE tenant_id = %s AND campaign_id = %s"
                " AND (%s = '' OR variant = %s) AND destination <> ALL (%s))",
                [self.tenant_id, campaign_id, variant, variant, own],
            )
            return not cursor.fetchone()[0]

    def rename_campaigns(self, pairs: Iterable[tuple[StoredMessage, str]]) -> None:
        """Mask each number in the name of its message's campaign."""
        found: dict[int, list[tuple[StoredMessage, str]]] = {}
        for message, number in pairs:
            if message.campaign_id > 0:
                found.setdefault(message.campaign_id, []).append((message, number))
        names = dict(Campaign.objects.filter(id__in=found).values_list("id", "name")) if found else {}
        renamed = {}
        for id_, name in sorted(names.items()):
            for message, number in found[id_]:
                if holds_number(name, number) or (tells_number(name, number) and self.is_about(message, number)):
                    renamed[id_] = without_number(name, number)
                    self.months.add(Month.of(message.day))
                    break
        rename(self.tenant_id, renamed)
        self.tell_reports(renamed)

    def tell_reports(self, campaign_ids: Iterable[int] = ()) -> None:
        """Queue the workbooks of months with changed names to be made again (reports/runs/erased_files.py)."""
        if ids := list(campaign_ids):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT DISTINCT date_trunc('month', day)::date FROM campaign_count"
                    " WHERE tenant_id = %s AND campaign_id = ANY (%s)",
                    [self.tenant_id, ids],
                )
                self.months |= {Month.of(day) for (day,) in cursor.fetchall()}
        tell_reports(self.tenant_id, self.months)


def tell_reports(tenant_id: int, months: Iterable[Month]) -> None:
    """Queue the deletion of workbooks of these months, which may hold an erased number."""
    ErasedMonth.objects.bulk_create(
        [ErasedMonth(tenant_id=tenant_id, month=month.first_day) for month in sorted(set(months), key=str)]
    )


def rename(tenant_id: int, names: dict[int, str]) -> None:
    """Rename campaigns (by id). A name that another campaign has gets a number behind it."""
    if not names:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.campaign_names'), %s)", [tenant_id])
    for id_, name in sorted(names.items()):
        Campaign.objects.filter(id=id_, tenant_id=tenant_id).update(name=_free_name(tenant_id, id_, name[:_MAX_NAME]))


def _free_name(tenant_id: int, campaign_id: int, name: str) -> str:
    others = Campaign.objects.filter(tenant_id=tenant_id).exclude(id=campaign_id)
    taken = set(others.filter(name__gte=name, name__lt=f"{name} )").values_list("name", flat=True))
    if name not in taken:
        return name
    numbers = [int(other[len(name) + 2 : -1]) for other in taken if _is_numbered(other, name)]
    return f"{name} ({max(numbers, default=1) + 1})"


def _is_numbered(other: str, name: str) -> bool:
    number = other[len(name) + 2 : -1]
    return other == f"{name} ({number})" and number.isascii() and number.isdigit() and len(number) < 10


def delete_empty_counts(tenant_id: int, changes: Iterable[Change]) -> None:
    """Delete the counts of zero that messages left under their older variant or operator."""
    variants: set[tuple] = set()
    operators: dict[str, str] = {}
    for change in changes:
        before, after = change.before, change.after
        if before.variant != after.variant:
            variants.add((before.day, before.folded.account_id, before.campaign_id, before.variant))
        if before.folded.operator != after.folded.operator:
            operators[before.folded.operator] = after.folded.operator
    with connection.cursor() as cursor:
        if variants:
            spans = {(span.of(day), *rest) for day, *rest in variants for span in Span}
            condensed = [table for table, column in _CONDENSED_NAMES if column == "variant"]
            for table in (CAMPAIGN.name, LATENCY.name, *condensed):
                rows, empty = (spans, "") if table in condensed else (variants, " AND c.messages = 0")
                cursor.execute(
                    f"DELETE FROM {table} c USING unnest(%s::date[], %s::int[], %s::int[], %s::text[])"  # noqa: S608  tables, columns and conditions of this module; values are parameters
                    " AS g (day, account_id, campaign_id, variant) WHERE c.tenant_id = %s"
                    " AND c.day = g.day AND c.account_id = g.account_id"
                    f" AND c.campaign_id = g.campaign_id AND c.variant = g.variant{empty}",
                    [*map(list, zip(*sorted(rows), strict=True)), tenant_id],
                )
            _forget_variants(cursor, tenant_id, {variant for *_key, variant in variants})
        if operators:
            whole = (*(table for table, column in _CONDENSED_NAMES if column == "operator"), _LEDGER.name)
            for table in (*(t.stored for t in TABLES if "operator" in t.keys), *whole):
                empty = "" if table in whole else " AND messages = 0"
                cursor.execute(
                    f"DELETE FROM {table} WHERE tenant_id = %s AND operator = ANY (%s){empty}",  # noqa: S608  tables, columns and conditions of this module; values are parameters
                    [tenant_id, sorted(operators)],
                )
            for old, new in sorted(operators.items()):
                _rename_on_statements(cursor, old, new)


def _rename_on_statements(cursor, old: str, new: str) -> None:
    """Rename an operator on lines of statements, which stay equal to the counts that they were made of."""
    cursor.execute("UPDATE statement_line SET operator = %s WHERE operator = %s", [new, old])


def delete_all_empty_counts(tenant_id: int, *, first: date | None, before: date) -> None:
    """Delete counts of zero of days [first, before): a variant or value that no message has any more may be a number.

    Rows in an applier's hands are left.
    """
    for table in (CAMPAIGN, LATENCY, SEGMENT, SEGMENT_LATENCY):
        column, names = ("variant", ("",)) if "variant" in table.keys else ("value", NO_SEGMENTS)
        values = " AND ".join(f"{value} = 0" for value in table.values)
        stored = table.stored
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {stored} WHERE ctid = ANY (ARRAY (SELECT ctid FROM {stored} WHERE tenant_id = %s"  # noqa: S608  tables, columns and conditions of this module; values are parameters
                f" AND day >= %s AND day < %s AND {column} <> ALL (%s) AND {values} FOR UPDATE SKIP LOCKED))",
                [tenant_id, first or date.min, before, list(names)],
            )


def rename_counted(tenant_id: int, number: str) -> None:
    """Mask the number in variants, operators and segments of counts whose messages are gone, and in empty counts.

    The caller holds all slices' locks.
    """
    segment_fold.fold_all()
    months: set[Month] = set()
    days: set[date] = set()
    with connection.cursor() as cursor:
        for table in (*TABLES, _LEDGER):
            for column, within in _COUNTED_NAMES.items():
                if column not in table.keys:
                    continue
                keys = (*within, column)
                listed, same = ", ".join(keys), " AND ".join(f"{key} = %({key})s" for key in keys)
                cursor.execute(
                    f"SELECT DISTINCT {listed} FROM {table.stored} WHERE tenant_id = %s AND {column} <> ''",  # noqa: S608  tables, columns and conditions of this module; values are parameters
                    [tenant_id],
                )
                for found in [row for row in cursor.fetchall() if holds_number(row[-1], number)]:
                    if column == "operator":
                        _rename_on_statements(cursor, found[-1], _renamed(tenant_id, column, found, number))
                    columns = ", ".join([*table.keys, *table.values])
                    moved = ", ".join("%(new)s" if key == column else key for key in [*table.keys, *table.values])
                    counted = " OR ".join(f"{value} <> 0" for value in table.values)
                    added = ", ".join(f"{value} = {table.stored}.{value} + excluded.{value}" for value in table.values)
                    cursor.execute(
                        f"WITH gone AS (DELETE FROM {table.stored} WHERE tenant_id = %(tenant)s AND {same}"  # noqa: S608  tables, columns and conditions of this module; values are parameters
                        f" RETURNING *), moved AS (INSERT INTO {table.stored} ({columns}) SELECT {moved} FROM gone"
                        f" WHERE {counted} ON CONFLICT ({', '.join(table.keys)}) DO UPDATE SET {added})"
                        f" SELECT DISTINCT {table.time}::date FROM gone",
                        {"tenant": tenant_id, "new": _renamed(tenant_id, column, found, number)}
                        | dict(zip(keys, found, strict=True)),
                    )
                    changed = {day for (day,) in cursor.fetchall()}
                    months |= {Month.of(day) for day in changed}
                    days |= changed if table.time == "day" else set()
        invalidate_rollups((tenant_id, day) for day in days)
        for table, column in _CONDENSED_NAMES:
            cursor.execute(f"SELECT DISTINCT {column} FROM {table} WHERE tenant_id = %s", [tenant_id])  # noqa: S608  tables, columns and conditions of this module; values are parameters
            if names := [name for (name,) in cursor.fetchall() if holds_number(name, number)]:
                cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s AND {column} = ANY (%s)", [tenant_id, names])  # noqa: S608  tables, columns and conditions of this module; values are parameters
        cursor.execute(
            "SELECT DISTINCT v FROM condensed_campaign CROSS JOIN unnest(variants) AS v WHERE tenant_id = %s",
            [tenant_id],
        )
        _forget_variants(cursor, tenant_id, {name for (name,) in cursor.fetchall() if holds_number(name, number)})
    tell_reports(tenant_id, months)


def _forget_variants(cursor, tenant_id: int, variants: Collection[str]) -> None:
    """Empty the lists of variants with these in sums that are out of date: the next roll-up fills them again."""
    if variants:
        cursor.execute(
            "UPDATE condensed_campaign c SET variants = '{}' WHERE tenant_id = %s AND variants && %s"
            " AND NOT EXISTS (SELECT 1 FROM condensed_span s WHERE s.tenant_id = c.tenant_id AND s.span = c.span"
            " AND s.day = c.day AND s.is_ready)",
            [tenant_id, sorted(variants)],
        )


def _renamed(tenant_id: int, column: str, found: tuple, number: str) -> str:
    """Return the masked text of (operator,), (campaign id, variant) or (segment key, value)."""
    masked = without_number(found[-1], number)
    if column == "operator":
        return masked
    scope = equal_names.variant_scope if column == "variant" else equal_names.value_scope
    name = (scope(found[0]), found[1])
    return equal_names.told_apart(tenant_id, {name: masked})[name]
