"""import_dlrs: an archive into the inbox."""

import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks import traffic
from benchmarks.figure import Figure
from benchmarks.programs import REPOSITORY
from benchmarks.stage import Stage
from deliveries.models import ImportRun

REPORTS, QUICK_REPORTS = 1_000_000, 200_000


def import_dlrs(stage: Stage) -> Iterator[Figure]:
    """One NDJSON file by the command."""
    stage.clear()
    count = QUICK_REPORTS if stage.quick else REPORTS
    path = stage.lines_file.with_name("archive.ndjson")
    lines = traffic.rounds(stage.lines, traffic.fresh())
    with path.open("wb") as file:
        for _ in range(count):
            file.write(next(lines) + b"\n")
    ImportRun.objects.all().delete()
    began = time.monotonic()
    words = ["manage.py", "import_dlrs", str(path), "--feed", "link-main/main", "--no-wait"]
    subprocess.run([sys.executable, *words], cwd=REPOSITORY, check=True, capture_output=True)
    seconds = time.monotonic() - began
    path.unlink()
    yield Figure("import_dlrs", count / seconds, "DLRs/s", note="the command's start included")
    stage.clear()
