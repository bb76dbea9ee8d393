"""apply_keys: what ten chosen segment keys add to applying, and what folding their counts takes in the background.

Processor time of the applier and of its connection, in this process: it hardly depends on what else the machine does.
The file also runs with the code of an older commit, to compare with (benchmarks/against.py).
"""

import gc
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
from django.db import connection

from benchmarks.figure import Figure
from benchmarks.stage import Stage
from campaigns.models import SegmentKey
from deliveries.applying.apply import apply_waiting
from deliveries.rederiving import segment_keys
from portal.tenants.models import Tenant

try:
    from deliveries.counts import segment_fold, segment_values
except ImportError:  # the code of an older commit
    segment_fold = segment_values = None

REPORTS, QUICK_REPORTS = 100_000, 20_000
WARM_UP = 10_000
KEYS = tuple(f"key{n}" for n in range(10))
FEW, MANY = "2 to 20", "1,000"  # values of a key
NO_KEY, NEW_MONTH = "no_key", "new_month"  # in a new month no value is registered yet
PHASES = {NO_KEY: FEW, "few": FEW, "many": MANY, NEW_MONTH: MANY}


def apply_keys(stage: Stage) -> Iterator[Figure]:
    """Apply messages with ten custom parameters, without and with keys."""
    plain = list(stage.lines)
    without = 0.0
    for phase, values in PHASES.items():
        prepare(stage, phase, plain)
        applied, folded = measure(stage, phase, QUICK_REPORTS if stage.quick else REPORTS)
        without = without or applied
        note = f"{len(KEYS)} keys of {values} values; folding {folded:.1f}" if phase != NO_KEY else ""
        name = "apply_no_key" if phase == NO_KEY else f"apply_keys_{phase}"
        yield Figure(name, applied, "µs/DLR", baseline=without, note=note)
    stage.lines[:] = plain
    SegmentKey.objects.all().delete()


def prepare(stage: Stage, phase: str, plain: list[bytes]) -> None:
    """Empty the stage, choose the keys, and apply some messages."""
    stage.lines[:] = [_with_parameters(line, PHASES[phase]) for line in plain]
    stage.empty()
    SegmentKey.objects.all().delete()
    if phase != NO_KEY:
        for tenant in Tenant.objects.all():
            for key in KEYS:
                segment_keys.choose(tenant=tenant, key=key, actor="bench", now=datetime.now(UTC))
        segment_keys.run_segment_keys()
    stage.put(WARM_UP)
    apply_waiting()


def measure(stage: Stage, phase: str, count: int) -> tuple[float, float]:
    """Return the processor time of a report when it is applied, and when its changes are folded, µs."""
    _fold()
    if phase == NEW_MONTH and segment_values is not None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE segment_value")
        segment_values._cache.clear()
    stage.put(count)
    gc.collect()
    gc.disable()  # as in the applier, which hardly ever collects
    began = _cpu()
    apply_waiting()
    applied = _cpu()
    gc.enable()
    _fold()
    return (applied - began) / count * 1e6, (_cpu() - applied) / count * 1e6


def _with_parameters(line: bytes, values: str) -> bytes:
    """Return a report with a value of each key, which depends on its message alone."""
    report = orjson.loads(line)
    message_id = report["id"].partition("$")[0]
    numbers = (2 * (n + 1) if values == FEW else 1000 for n in range(len(KEYS)))
    report["customParameters"] = (report.get("customParameters") or {}) | {
        key: f"v{zlib.crc32(f'{message_id}{key}'.encode()) % number}" for key, number in zip(KEYS, numbers, strict=True)
    }
    return orjson.dumps(report)


def _fold() -> None:
    if segment_fold is not None:
        segment_fold.fold_waiting()


def _cpu() -> float:
    connection.ensure_connection()
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]
    return time.process_time() + int(backend) / 1e9
