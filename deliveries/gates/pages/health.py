"""Health of a gate over 24 hours or 30 days: delivered, failed and p95 by hour or day."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext as _

from campaigns.latency import percentile
from deliveries.gates.recording import DELIVERED, NOT_FIRST
from deliveries.models import Gate, GateHour
from portal.common.periods import zone

HOURS, DAYS = 24, 30
SPANS = {"24h": HOURS, "30d": DAYS}


@dataclass(frozen=True, slots=True)
class Column:
    """An hour or a day of the customer's zone. `p95_ms` is None where nothing was delivered at once."""

    start: datetime | date
    day: date
    delivered: int
    failed: int
    p95_ms: float | None

    @property
    def p95_seconds(self) -> float | None:
        return None if self.p95_ms is None else self.p95_ms / 1000


def columns(gate: Gate, span: str, *, timezone: str, now: datetime) -> list[Column]:
    """Return the columns of a span of SPANS, the present one last."""
    tz, by_hour = zone(timezone), span == "24h"
    if by_hour:
        this = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        keys: list = [this - timedelta(hours=back) for back in reversed(range(HOURS))]
        first = keys[0]
    else:
        today = now.astimezone(tz).date()
        keys = [today - timedelta(days=back) for back in reversed(range(DAYS))]
        first = datetime(keys[0].year, keys[0].month, keys[0].day, tzinfo=tz)
    counts: dict[datetime | date, Counter[bool]] = defaultdict(Counter)
    buckets: dict[datetime | date, Counter[int]] = defaultdict(Counter)
    rows = GateHour.objects.filter(tenant_id=gate.tenant_id, gate_id=gate.pk, hour__gte=first)
    for hour, outcome, bucket, number in rows.values_list("hour", "outcome", "bucket", "number"):
        key = hour.astimezone(UTC) if by_hour else hour.astimezone(tz).date()
        counts[key][outcome == DELIVERED] += number
        if bucket != NOT_FIRST:
            buckets[key][bucket] += number
    found = []
    for key in keys:
        start = key.astimezone(tz) if by_hour else key
        p95 = percentile(buckets[key], 0.95)
        found.append(Column(start, start.date() if by_hour else start, counts[key][True], counts[key][False], p95))
    return found


def chart(found: list[Column], span: str) -> dict:
    """Return what static/js/charts.js draws as `stacked-days`, with p95 as a line."""
    by_hour = span == "24h"
    return {
        "unit": "hour" if by_hour else "day",
        "days": 2 if by_hour else DAYS,
        "classes": ["delivered", "failed"],
        "words": {
            "delivered": _("Delivered"),
            "failed": _("Failed"),
            "all": _("Attempts"),
            "line": _("p95 in seconds"),
            "provisional": "",
        },
        "rows": [
            {"first": str(one.day), "last": str(one.day), "counts": [one.delivered, one.failed], "provisional": False}
            | ({"clock": f"{one.start:%Y-%m-%dT%H:%M}", "offset": ""} if by_hour else {})
            for one in found
        ],
        "before": None,
        "line": [None if one.p95_ms is None else round(one.p95_ms / 1000, 3) for one in found],
    }
