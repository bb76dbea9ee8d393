"""Applies the reports of a file row by row for some seconds; prints how many a second."""

import os
import sys
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.baseline.settings"

import django
import orjson


def main(path: Path, seconds: float) -> None:
    django.setup()
    from benchmarks.baseline.rows import apply_report

    lines = path.read_bytes().split(b"\n")
    count, began = 0, time.monotonic()
    for line in lines:
        if time.monotonic() - began > seconds:
            break
        apply_report(orjson.loads(line))
        count += 1
    print(count / (time.monotonic() - began))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
