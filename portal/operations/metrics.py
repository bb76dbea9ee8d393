"""Prometheus metrics: waiting rows, received reports, failures; no names and no phone numbers."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, Min, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from deliveries.checks.gates import oldest_due
from deliveries.models import (
    ApplierStop,
    ConversionDue,
    Gate,
    GateDelivery,
    GateEvent,
    GateHour,
    IngestCount,
    QuarantinedRow,
    RefusalCount,
    SegmentChange,
    StandingCheck,
    WaitingRow,
)
from deliveries.stream.figures import FIGURES, STREAMS
from portal.common.jobs import JobState, job_models
from portal.common.postgres.base import pools
from portal.shares.links import open_links
from portal.tenants.models import Feed
from reports.models import Alert, ReportMail

_COUNTED = ("received", "reports", "submissions", "duplicates", "quarantined", "clock_oddities", "other_channels")
_MAX_WAITING = 1_000_000  # counting on would cost more than it tells


def exposition() -> bytes:
    """Return all metrics in the text format 0.0.4; for a request of `portal_metrics`, which reads few columns."""
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
            "portal_quarantine_waiting_rows", "Quarantined rows that were neither replayed nor discarded", "reason",
            QuarantinedRow.objects.filter(state="waiting").values_list("reason").annotate(n=Count("id")),
        )  # fmt: skip
        yield _jobs()
        yield from _conversions(now)
        yield from _gates(now)
        yield _segment_changes(now)
        yield GaugeMetricFamily(
            "portal_share_links_open",
            "Shared links that are neither revoked nor expired",
            value=open_links(now).count(),
        )
        yield _by_label(
            "portal_report_mails", "E-mails of reports", "state",
            ReportMail.objects.values_list("state").annotate(n=Count("id")),
        )  # fmt: skip
        yield GaugeMetricFamily(
            "portal_alerts_open", "Open alerts of all tenants", value=Alert.objects.filter(closed_at=None).count()
        )
        yield from _streams()
        yield from _checks()
        yield from _pools()


def _streams() -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
    listeners = GaugeMetricFamily(
        "portal_stream_listeners", "Open streams and waiting requests for events", labels=["stream"]
    )
    events = CounterMetricFamily(
        "portal_stream_events", "Events sent to streams since the process began", labels=["stream"]
    )
    for stream in STREAMS:
        listeners.add_metric([stream], FIGURES.listeners[stream])
        events.add_metric([stream], FIGURES.events[stream])
    yield from (listeners, events)
    yield GaugeMetricFamily(
        "portal_stream_held_seconds",
        "Time for which delivery reports wait for an older transaction before they can be streamed",
        value=FIGURES.held_seconds,
    )


def _jobs() -> GaugeMetricFamily:
    family = GaugeMetricFamily("portal_jobs", "Jobs in the background", labels=["kind", "state"])
    for model in job_models():
        counts = dict(model._default_manager.values_list("state").annotate(n=Count("id")).order_by())
        for state in JobState.values:
            family.add_metric([model.KIND, state], counts.get(state, 0))
    return family


def _conversions(now: datetime) -> Iterator[GaugeMetricFamily]:
    oldest = ConversionDue.objects.order_by("id").values_list("since", flat=True).first()
    yield GaugeMetricFamily(
        "portal_conversions_due",
        f"Notes of changes that conversion events are still to be attributed by (at most {_MAX_WAITING})",
        value=ConversionDue.objects.order_by().values("id")[:_MAX_WAITING].count(),
    )
    yield GaugeMetricFamily(
        "portal_conversions_oldest_due_seconds",
        "Age of the oldest note",
        value=max((now - oldest).total_seconds(), 0) if oldest else 0,
    )


def _gates(now: datetime) -> Iterator[GaugeMetricFamily]:
    yield _by_label(
        "portal_gates", "Gates", "state", Gate.objects.values_list("state").annotate(n=Count("id")),
    )  # fmt: skip
    yield GaugeMetricFamily(
        "portal_gate_waiting_deliveries",
        f"Deliveries of gates that wait to be sent, those of held gates included (at most {_MAX_WAITING})",
        value=GateDelivery.objects.order_by().values("gate_id")[:_MAX_WAITING].count(),
    )
    oldest = oldest_due()
    yield GaugeMetricFamily(
        "portal_gate_oldest_due_seconds",
        "Time for which a delivery of an active gate is due",
        value=max((now - oldest).total_seconds(), 0) if oldest else 0,
    )
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    yield _by_label(
        "portal_gate_attempts_last_hour", "Attempts of gates in the last full hour (UTC)", "outcome",
        GateHour.objects.filter(hour=hour).values_list("outcome").annotate(n=Sum("number")),
    )  # fmt: skip
    yield _by_label(
        "portal_gate_events_last_hour", "Events for gates in the last full hour (UTC)", "type",
        GateEvent.objects.filter(at__gte=hour, at__lt=hour + timedelta(hours=1)).values_list("type")
        .annotate(n=Count("type")),
    )  # fmt: skip


def _segment_changes(now: datetime) -> GaugeMetricFamily:
    oldest = SegmentChange.objects.aggregate(oldest=Min("since"))["oldest"]
    return GaugeMetricFamily(
        "portal_segment_changes_oldest_seconds",
        "Age of the oldest change of counts by segment that is not folded into the stored counts",
        value=max((now - oldest).total_seconds(), 0) if oldest else 0,
    )


def _inbox(now: datetime) -> Iterator[GaugeMetricFamily]:
    oldest = WaitingRow.objects.aggregate(oldest=Min("received_at"))["oldest"]
    waiting = WaitingRow.objects.all()[:_MAX_WAITING].count()
    yield GaugeMetricFamily(
        "portal_inbox_waiting_rows", f"Delivery reports waiting (at most {_MAX_WAITING})", value=waiting
    )
    yield GaugeMetricFamily(
        "portal_inbox_oldest_waiting_seconds",
        "Age of the oldest waiting delivery report",
        value=max((now - oldest).total_seconds(), 0) if oldest else 0,
    )
    yield GaugeMetricFamily(
        "portal_applier_stopped",
        "1 while processing has stopped at a failure that no row causes, else 0",
        value=ApplierStop.objects.count(),
    )


def _feeds() -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
    names = _feed_names()
    sums = {
        row["feed_id"]: row
        for row in IngestCount.objects.values("feed_id").annotate(
            **{f"sum_{name}": Sum(name) for name in _COUNTED}, last=Max("hour")
        )
    }
    for name in _COUNTED:
        family = CounterMetricFamily(f"portal_feed_{name}", f"Processed rows: {name}", labels=["account", "feed"])
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


def _feed_names() -> dict[int, list[str]]:
    """Return the names of each feed's account and of the feed, by the feed's id."""
    return {id_: [account, name] for id_, account, name in Feed.objects.values_list("id", "account__name", "name")}


def _refused() -> CounterMetricFamily:
    names = {feed_id: "/".join(labels) for feed_id, labels in _feed_names().items()}
    family = CounterMetricFamily(
        "portal_dlr_refused", "Rejected requests, by feed (unknown: by none)", labels=["feed", "reason"]
    )
    rows = RefusalCount.objects.values_list("feed_id", "reason").annotate(n=Sum("refusals")).order_by()
    totals = Counter()
    for feed_id, reason, n in rows:
        totals[names.get(feed_id, "unknown"), reason] += n
    for labels, n in sorted(totals.items()):
        family.add_metric(labels, n)
    return family


def _checks() -> Iterator[GaugeMetricFamily]:
    problems = GaugeMetricFamily(
        "portal_check_problems", "Problems that a standing check found in its last run", labels=["check"]
    )
    last = GaugeMetricFamily(
        "portal_check_last_run_timestamp_seconds", "Time of the check's last run", labels=["check"]
    )
    checks = StandingCheck.objects.order_by("name").values_list("name", "problems", "checked_at")
    for name, found, checked_at in checks:
        problems.add_metric([name], found)
        last.add_metric([name], checked_at.timestamp())
    yield problems
    yield last


def _pools() -> Iterator[GaugeMetricFamily]:
    """Return how far the pools of this process are used up: pages wait then, while the door is open."""
    used = GaugeMetricFamily(
        "portal_pool_connections_in_use", "Database connections that requests hold", labels=["login"]
    )
    most = GaugeMetricFamily("portal_pool_connections_max", "Database connections that a pool opens", labels=["login"])
    waiting = GaugeMetricFamily("portal_pool_requests_waiting", "Requests that wait for a connection", labels=["login"])
    for login, counted in pools():
        used.add_metric([login], counted["pool_size"] - counted["pool_available"])
        most.add_metric([login], counted["pool_max"])
        waiting.add_metric([login], counted["requests_waiting"])
    yield used
    yield most
    yield waiting


def _by_label(name: str, text: str, label: str, rows) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, n in rows.order_by():
        family.add_metric([value], n)
    return family
