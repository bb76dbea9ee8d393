"""Prometheus metrics: what waits, what came in, what failed; nothing that names a person or a number."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import Count, Max, Min, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from deliveries.models import (
    ApplierStop,
    IngestCount,
    QuarantinedRow,
    RefusalCount,
    StandingCheck,
    WaitingRow,
)
from portal.common.jobs import JobState, job_models
from portal.tenants.models import Feed

_COUNTED = ("received", "reports", "submissions", "duplicates", "quarantined", "clock_oddities")
_MOST_WAITING = 1_000_000  # counting on would cost more than it tells


def exposition() -> bytes:
    """Return all metrics in the text format 0.0.4; reads the database, so call it in a staff scope."""
    registry = CollectorRegistry()
    registry.register(_Collector())
    return generate_latest(registry)


class _Collector:
    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        now = datetime.now(UTC)
        yield from _inbox(now)
        yield from _feeds()
        yield _refused()
        yield _by_label(
            "portal_quarantine_waiting_rows", "Quarantined rows that nobody replayed or discarded", "reason",
            QuarantinedRow.objects.filter(state="waiting").values_list("reason").annotate(n=Count("id")),
        )  # fmt: skip
        yield _jobs()
        yield from _checks()


def _jobs() -> GaugeMetricFamily:
    family = GaugeMetricFamily("portal_jobs", "Jobs in the background", labels=["kind", "state"])
    for model in job_models():
        counts = dict(model._default_manager.values_list("state").annotate(n=Count("id")).order_by())
        for state in JobState.values:
            family.add_metric([model.KIND, state], counts.get(state, 0))
    return family


def _inbox(now: datetime) -> Iterator[GaugeMetricFamily]:
    oldest = WaitingRow.objects.aggregate(oldest=Min("received_at"))["oldest"]
    waiting = WaitingRow.objects.all()[:_MOST_WAITING].count()
    yield GaugeMetricFamily(
        "portal_inbox_waiting_rows", f"Delivery reports not applied yet (at most {_MOST_WAITING})", value=waiting
    )
    yield GaugeMetricFamily(
        "portal_inbox_oldest_waiting_seconds",
        "Age of the oldest delivery report that is not applied yet",
        value=max((now - oldest).total_seconds(), 0) if oldest else 0,
    )
    yield GaugeMetricFamily(
        "portal_applier_stopped",
        "1 while appliers have stopped at a failure that is about no row, else 0",
        value=ApplierStop.objects.count(),
    )


def _feeds() -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
    names = {feed.id: [feed.account.name, feed.name] for feed in Feed.objects.select_related("account")}
    sums = {
        row["feed_id"]: row
        for row in IngestCount.objects.values("feed_id").annotate(
            **{f"sum_{name}": Sum(name) for name in _COUNTED}, last=Max("hour")
        )
    }
    for name in _COUNTED:
        family = CounterMetricFamily(f"portal_feed_{name}", f"Applied rows: {name}", labels=["account", "feed"])
        for feed_id, labels in names.items():
            family.add_metric(labels, sums.get(feed_id, {}).get(f"sum_{name}", 0))
        yield family
    last = GaugeMetricFamily(
        "portal_feed_last_hour_timestamp_seconds", "The last hour with traffic", labels=["account", "feed"]
    )
    for feed_id, row in sums.items():
        if feed_id in names:
            last.add_metric(names[feed_id], row["last"].timestamp())
    yield last


def _refused() -> CounterMetricFamily:
    names = {feed.id: str(feed) for feed in Feed.objects.select_related("account")}
    family = CounterMetricFamily(
        "portal_dlr_refused", "Requests refused at the door, by feed (unknown: by none)", labels=["feed", "reason"]
    )
    rows = RefusalCount.objects.values_list("feed_id", "reason").annotate(n=Sum("refusals")).order_by()
    totals = Counter()
    for feed_id, reason, n in rows:
        totals[names.get(feed_id, "unknown"), reason] += n
    for labels, n in sorted(totals.items()):
        family.add_metric(labels, n)
    return family


def _checks() -> Iterator[GaugeMetricFamily]:
    problems = GaugeMetricFamily("portal_check_problems", "What a standing check found the last time", labels=["check"])
    last = GaugeMetricFamily("portal_check_last_run_timestamp_seconds", "When it was run", labels=["check"])
    for check in StandingCheck.objects.order_by("name"):
        problems.add_metric([check.name], check.problems)
        last.add_metric([check.name], check.checked_at.timestamp())
    yield problems
    yield last


def _by_label(name: str, text: str, label: str, rows) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, n in rows.order_by():
        family.add_metric([value], n)
    return family
