"""apply_keys: what ten chosen segment keys add to applying, and what folding their counts takes in the background.

Processor time of the applier and of its connection, in this process: it hardly depends on what else the machine does.
The file also runs with the code of an older commit, to compare with.
"""

import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
from django.db import connection

from benchmarks.figure import Figure
from benchmarks.programs import tree_cpu
from benchmarks.stage import Stage
from campaigns.models import SegmentKey
from deliveries.applying.apply import apply_waiting
from deliveries.rederiving import segment_keys
from portal.tenants.models import Tenant

try:
    from deliveries.counts import segment_fold
except ImportError:  # the code of an older commit
    segment_fold = None

REPORTS, QUICK_REPORTS = 100_000, 40_000
WARM_UP = 10_000
KEYS = tuple(f"key{n}" for n in range(10))
FEW, MANY = "2 to 20", "1,000"  # values of a key


def apply_keys(stage: Stage) -> Iterator[Figure]:
    """Apply messages with ten custom parameters, without and with keys."""
    plain = list(stage.lines)
    without = 0.0
    for name, values in (("apply_no_key", FEW), ("apply_keys_few", FEW), ("apply_keys_many", MANY)):
        stage.lines[:] = [_with_parameters(line, values) for line in plain]
        stage.empty()
        if name != "apply_no_key":
            _choose()
        applied, folded = _measure(stage)
        without = without or applied
        note = f"{len(KEYS)} keys of {values} values; folding {folded:.1f}" if name != "apply_no_key" else ""
        yield Figure(name, applied, "µs/DLR", baseline=without, note=note)
    stage.lines[:] = plain
    SegmentKey.objects.all().delete()


def _with_parameters(line: bytes, values: str) -> bytes:
    """Return a report with a value of each key, which depends on its message alone."""
    report = orjson.loads(line)
    message_id = report["id"].partition("$")[0]
    numbers = (2 * (n + 1) if values == FEW else 1000 for n in range(len(KEYS)))
    report["customParameters"] = (report.get("customParameters") or {}) | {
        key: f"v{zlib.crc32(f'{message_id}{key}'.encode()) % number}" for key, number in zip(KEYS, numbers, strict=True)
    }
    return orjson.dumps(report)


def _choose() -> None:
    for tenant in Tenant.objects.all():
        for key in KEYS:
            segment_keys.choose(tenant=tenant, key=key, actor="bench", now=datetime.now(UTC))
    segment_keys.run_segment_keys()


def _measure(stage: Stage) -> tuple[float, float]:
    """Return the processor time of a report when it is applied, and when its changes are folded, µs."""
    count = QUICK_REPORTS if stage.quick else REPORTS
    stage.put(WARM_UP)
    apply_waiting()
    _fold()
    stage.put(count)
    began = _cpu()
    apply_waiting()
    applied = _cpu()
    _fold()
    return (applied - began) / count * 1e6, (_cpu() - applied) / count * 1e6


def _fold() -> None:
    if segment_fold is not None:
        segment_fold.fold_waiting()


def _cpu() -> float:
    connection.ensure_connection()
    return time.process_time() + tree_cpu(connection.connection.info.backend_pid)
