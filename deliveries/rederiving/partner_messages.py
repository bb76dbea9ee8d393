"""Counting the messages that a change of a platformPartnerId's owners moves, and those of sealed days, which stay."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, Sum
from django.utils.translation import gettext, ngettext

from deliveries.messages.row import OTHER_LABEL
from deliveries.models import DailyCount, Message, RetentionMark
from portal.common.periods import local_day, start_of_day
from portal.tenants.models import Tenant
from portal.tenants.ownership_periods import OwnershipChange

MAX_COUNTED = 1_000  # messages that no count has by themselves


@dataclass(frozen=True, slots=True)
class Following:
    """`messages` move, `sealed` ones stay where they are counted; `is_least`: there may be more that move."""

    messages: int = 0
    sealed: int = 0
    is_least: bool = False

    def __add__(self, other: "Following") -> "Following":
        return Following(self.messages + other.messages, self.sealed + other.sealed, self.is_least or other.is_least)

    @property
    def more(self) -> str:
        """Remarks about the number of messages, '' for none."""
        texts = []
        if self.is_least:
            texts.append(gettext("There may be more: counting stopped there."))
        if self.sealed:
            text = ngettext(
                "%(count)d message is from days past retention. It is deleted and stays in the counts where it is.",
                "%(count)d messages are from days past retention. They are deleted and stay in the counts"
                " where they are.",
                self.sealed,
            )
            texts.append(text % {"count": self.sealed})
        return " ".join(texts)


def following(changes: Iterable[OwnershipChange], *, account_id: int, value: str) -> Following:
    """Return how many messages of the value the tenants that lose these times have in them, from the counts.

    Counts know whole days of the losing tenant. In the part of a day, and where the value is over the daily limit of
    new ones, messages are counted themselves, to MAX_COUNTED.
    """
    changes = list(changes)
    losing = {change.old for change in changes}
    zones = dict(Tenant.objects.filter(id__in=losing).values_list("id", "timezone"))
    marks = dict(RetentionMark.objects.filter(tenant_id__in=losing).values_list("tenant_id", "messages_before"))
    found = Following()
    for change in changes:
        of_value = {"tenant_id": change.old, "account_id": account_id}
        found += _of_change(change, of_value, value, zones[change.old], marks.get(change.old) or date.min)
    return found


def _of_change(change: OwnershipChange, of_value: dict, value: str, zone: str, open_from: date) -> Following:
    days, edges = _days(change, zone)
    counts = DailyCount.objects.filter(days, **of_value, partner_id__in=(value, OTHER_LABEL))
    rows = counts.values_list("partner_id").annotate(
        moving=Sum("messages", filter=Q(day__gte=open_from), default=0),
        sealed=Sum("messages", filter=Q(day__lt=open_from), default=0),
    )
    by_value = {partner_id: (moving, sealed) for partner_id, moving, sealed in rows}
    messages = Message.objects.filter(**of_value, partner_id=value)
    if not any(by_value.get(value, ())) and any(by_value.get(OTHER_LABEL, ())):
        return _bounded(messages.filter(_instants(change), day__gte=open_from))
    moving, sealed = by_value.get(value, (0, 0))
    found = Following(moving, sealed)
    for day in edges:
        if day >= open_from:
            found += _bounded(messages.filter(_instants(change), day=day))
    return found


def _days(change: OwnershipChange, zone: str) -> tuple[Q, set[date]]:
    """Return the condition of the whole days in a stretch, and the days that are in it in part."""
    days, edges = Q(), set()
    if change.from_at is not None:
        first = local_day(change.from_at, zone)
        if start_of_day(first, zone) != change.from_at:
            edges.add(first)
            first += timedelta(days=1)
        days &= Q(day__gte=first)
    if change.until_at is not None:
        end = local_day(change.until_at, zone)
        if start_of_day(end, zone) != change.until_at:
            edges.add(end)
        days &= Q(day__lt=end)
    return days, edges


def _instants(change: OwnershipChange) -> Q:
    found = Q()
    if change.from_at is not None:
        found &= Q(sent_at__gte=change.from_at)
    if change.until_at is not None:
        found &= Q(sent_at__lt=change.until_at)
    return found


def _bounded(messages) -> Following:
    count = messages[:MAX_COUNTED].count()
    return Following(count, 0, count == MAX_COUNTED)
