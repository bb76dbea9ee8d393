"""Deletes data past its tenant's retention in small batches. Counts do not change (docs/operations.md).

A day is first sealed. When every batch that may not have seen the seal has committed, the day's messages are deleted.
So no message is deleted during a change, and a late report for the day is quarantined and not counted wrongly.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from campaigns.conversions.models import ConversionEvent
from deliveries.attributing.attribute import attribute_due, freeze
from deliveries.counts import segment_fold
from deliveries.erasure import conversions, erase, erased_names, message_ids, partner_ids, segment_values
from deliveries.messages import partitions, slices
from deliveries.messages.parameter_rows import rows_go_with
from deliveries.messages.slices import wait_for_running_batches
from deliveries.messages.store import same_message
from deliveries.models import RetentionMark
from deliveries.retention import gates, raw_rows
from deliveries.retention.gates import DeletedOfGates
from portal.common.bulk import plan_for_small_sets
from portal.common.periods import local_day, start_of_day
from portal.tenants.models import Tenant

BATCH = 5000  # messages in one transaction
_LOCK = "portal.retention"


@dataclass(slots=True)
class DeletedCounts:
    """Results of a run, or of a dry run: messages, numbers and raw rows by tenant or account, and partitions.

    `quarantined` rows keep their reason, and no body. `of_gates`: attempts and orphaned deliveries of all gates.
    """

    messages: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    raw_rows: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    partitions: list[str] = field(default_factory=list)
    of_gates: DeletedOfGates = field(default_factory=DeletedOfGates)


@dataclass(frozen=True, slots=True)
class Plan:
    """A tenant's days: everything before them is past retention."""

    tenant: Tenant
    messages_before: date
    numbers_before: date


def apply_retention(*, now: datetime, dry_run: bool = False) -> DeletedCounts | None:
    """Delete data past retention at `now`, or report it in a dry run; None if another process is doing it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
        try:
            return _dry_run(now) if dry_run else _delete_expired(now)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [_LOCK])


def plans(now: datetime) -> list[Plan]:
    """Return every tenant's plan, pools too; a day ends at midnight in the tenant's zone."""
    return [
        Plan(
            tenant,
            (today := local_day(now, tenant.timezone)) - timedelta(days=tenant.message_days),
            today - timedelta(days=tenant.number_days),
        )
        for tenant in Tenant.objects.order_by("id")
    ]


def _delete_expired(now: datetime) -> DeletedCounts:
    deleted = DeletedCounts()
    todo = plans(now)
    attribute_due(wait=True)  # what waits is decided while the messages are there
    for plan in todo:
        _move_marks(plan)
    wait_for_running_batches()
    freeze()
    marks = RetentionMark.objects.in_bulk()
    # Before the messages go: names of campaigns and variants, which stay for ever, may hold their numbers.
    old = [plan for plan in todo if _has_old_numbers(marks[plan.tenant.id])]
    for plan in old:
        if count := _erase_numbers(marks[plan.tenant.id]):
            deleted.numbers[plan.tenant.slug] = count
    if old:
        gates.delete_texts_past_retention()
    raw_rows.erase_beside({plan.tenant.id for plan in old}, now=now)
    for plan in old:
        mark = marks[plan.tenant.id]
        RetentionMark.objects.filter(tenant_id=mark.tenant_id).update(numbers_done=mark.numbers_before)
    partner_ids.rename_queued(actor="retention")
    message_ids.forget_places()
    for plan in todo:
        mark = marks[plan.tenant.id]
        if mark.messages_before and (count := _delete_messages(plan.tenant.id, mark.messages_before)):
            deleted.messages[plan.tenant.slug] = count
        if mark.messages_before:
            _delete_events(plan.tenant, mark.messages_before)
    deleted.partitions = [name for name in _months_past(todo) if partitions.drop_if_empty(name)]
    deleted.quarantined = raw_rows.empty_quarantined(now)
    deleted.raw_rows, days = raw_rows.delete_expired(now)
    deleted.partitions += days
    deleted.of_gates = gates.delete_expired(now=now)
    return deleted


def _dry_run(now: datetime) -> DeletedCounts:
    deleted = DeletedCounts()
    todo = plans(now)
    marks = RetentionMark.objects.in_bulk()
    for plan in todo:
        if count := _count_messages(plan.tenant.id, plan.messages_before):
            deleted.messages[plan.tenant.slug] = count
        mark = marks.get(plan.tenant.id)
        first = mark.numbers_done if mark else None
        if count := erase.count_numbers(tenant_id=plan.tenant.id, first=first, before=plan.numbers_before):
            deleted.numbers[plan.tenant.slug] = count
    deleted.partitions = _months_past(todo)
    deleted.quarantined = raw_rows.count_quarantined(now)
    deleted.raw_rows, days = raw_rows.count_expired(now)
    deleted.partitions += days
    deleted.of_gates = gates.count_expired(now=now)
    return deleted


def _move_marks(plan: Plan) -> None:
    """Seal the days that have messages to be taken, and say until where numbers go.

    A day without messages stays open, so that an archive from before may be taken in when its tenant keeps more.
    """
    with transaction.atomic():
        mark, _new = RetentionMark.objects.select_for_update().get_or_create(tenant=plan.tenant)
        if _has_messages(plan.tenant.id, plan.messages_before):
            mark.messages_before = max(plan.messages_before, mark.messages_before or date.min)
        if mark.messages_before is not None:
            # The zone may have been changed: what the present one calls sealed is sealed by the hour, too.
            if mark.sealed_in not in ("", plan.tenant.timezone):
                mark.hours_from = mark.hours_before
            mark.sealed_in = plan.tenant.timezone
            midnight = start_of_day(mark.messages_before, plan.tenant.timezone)
            mark.hours_before = max(midnight, mark.hours_before or midnight)
        mark.numbers_before = max(plan.numbers_before, mark.numbers_before or date.min)
        mark.save()


def _has_messages(tenant_id: int, before: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM message WHERE tenant_id = %s AND day < %s AND sent_at < %s)",
            [tenant_id, before, before + timedelta(days=2)],
        )
        return cursor.fetchone()[0]


def _count_messages(tenant_id: int, before: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM message WHERE tenant_id = %s AND day < %s", [tenant_id, before])
        return cursor.fetchone()[0]


def _delete_messages(tenant_id: int, before: date) -> int:
    """Delete a tenant's messages of sealed days with their reports, oldest first; return how many messages."""
    deleted, after = 0, datetime(1970, 1, 1, tzinfo=UTC)
    parameters = {"tenant": tenant_id, "before": before, "end": before + timedelta(days=2), "limit": BATCH}
    where = "tenant_id = %(tenant)s AND day < %(before)s AND sent_at >= %(after)s"
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT max(sent_at), min(day) FROM (SELECT sent_at, day FROM message WHERE {where}"  # noqa: S608  a condition of this module, its values are parameters
                " AND sent_at < %(end)s ORDER BY sent_at LIMIT %(limit)s) AS step",
                parameters | {"after": after},
            )
            until, first = cursor.fetchone()
            if until is None:
                return deleted
            plan_for_small_sets()
            cursor.execute(
                f"WITH gone AS (DELETE FROM message WHERE {where} AND sent_at <= %(until)s"  # noqa: S608  a condition of this module, its values are parameters
                " RETURNING tenant_id, day, account_id, message_id, sent_at, custom_parameters, labels), reports AS ("
                "DELETE FROM delivery_report d USING gone g WHERE d.day = g.day AND d.day >= %(first)s"
                f" AND d.day < %(before)s AND {same_message('d', 'g')}),"
                f" found_by AS ({rows_go_with('gone')})"
                " SELECT count(*) FROM gone",
                parameters | {"after": after, "until": until, "first": first},
            )
            deleted += cursor.fetchone()[0]
        after = until


def _delete_events(tenant: Tenant, before: date) -> None:
    """Delete the conversion events of days whose messages are deleted, in small batches."""
    of_days = ConversionEvent.objects.filter(tenant=tenant, occurred_at__lt=start_of_day(before, tenant.timezone))
    while ids := list(of_days.order_by("occurred_at").values_list("id", flat=True)[:BATCH]):
        ConversionEvent.objects.filter(id__in=ids).delete()


def _has_old_numbers(mark: RetentionMark) -> bool:
    return mark.numbers_done is None or mark.numbers_done < mark.numbers_before


def _erase_numbers(mark: RetentionMark) -> int:
    """Erase the numbers of days that are newly before the mark; later messages of these days are stored without."""
    count = erase.erase_days(tenant_id=mark.tenant_id, first=mark.numbers_done, before=mark.numbers_before)
    midnight = start_of_day(mark.numbers_before, mark.tenant.timezone)
    conversions.erase_days(tenant_id=mark.tenant_id, before=midnight)
    with transaction.atomic():
        segment_values.lock_keys(mark.tenant_id)
        slices.lock(range(slices.SLICES))
        segment_fold.fold_all()
        segment_values.forget_unused(mark.tenant_id, first=mark.numbers_done or date.min, before=mark.numbers_before)
    erased_names.delete_all_empty_counts(mark.tenant_id, first=mark.numbers_done, before=mark.numbers_before)
    return count


def _months_past(todo: list[Plan]) -> list[str]:
    """Return the months that every tenant's policy has left behind."""
    oldest = min((plan.messages_before for plan in todo), default=date.min)
    return [str(month) for month in partitions.months() if month.next().first_day <= oldest]
