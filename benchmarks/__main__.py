"""bin/bench: runs benchmarks by name, prints a table of their figures, then each as a line of JSON."""

import argparse
import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("PORTAL_HOME", str(Path(__file__).resolve().parents[1] / "var" / "bench"))
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.setdefault("GATE_ALLOWED_NETWORKS", "127.0.0.0/8")  # where the benchmarks' receivers are
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks.figure import table
    from benchmarks.registry import BENCHMARKS
    from benchmarks.stage import Stage

    arguments = _arguments(list(BENCHMARKS))
    call_command("migrate", verbosity=0)
    stage = Stage(quick=arguments.quick, messages=arguments.messages, campaigns=arguments.campaigns)
    stage.prepare(keep=arguments.keep)
    figures = []
    for name in arguments.names or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += BENCHMARKS[name](stage)
    print(table(figures), end="\n\n")
    for figure in figures:
        print(figure.as_json())
    if any(figure.is_missed for figure in figures):
        sys.exit("bin/bench: figures marked MISSED are not as promised")


def _arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures the portal on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*names, []], help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="each figure within 20 s")
    parser.add_argument("--messages", type=int, default=0, help="so many messages are stored before it begins")
    parser.add_argument(
        "--campaigns", type=int, default=0, help="so many campaigns of one tenant are counted beside them"
    )
    parser.add_argument("--keep", action="store_true", help="work with the messages that an earlier run has stored")
    return parser.parse_args()


if __name__ == "__main__":
    main()
