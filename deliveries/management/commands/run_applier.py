"""`bin/portal run_applier`: apply rows as they are received, until it is stopped."""

import gc
import signal

from django.core.management.base import BaseCommand, CommandParser

from deliveries.applying.apply import BATCH
from deliveries.applying.loop import Applier

_COLLECT_AFTER = 2_000_000


class Command(BaseCommand):
    help = (
        "Process delivery reports as they are received. Several appliers may run. SIGTERM ends one after its"
        " current batch."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--groups",
            type=int,
            default=4,
            choices=[1, 2, 4, 8, 16],
            help=("number of parts into which the slices are divided"),
        )
        parser.add_argument("--batch", type=int, default=BATCH, help="largest number of rows in one transaction")
        parser.add_argument(
            "--threads",
            type=int,
            default=2,
            choices=[1, 2, 3, 4],
            help=("number of parallel connections to the database"),
        )

    def handle(self, *, groups: int, batch: int, threads: int, **options) -> None:
        applier = Applier(groups=groups, limit=batch, threads=threads)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: applier.stopping.set())
        # A batch is hundreds of thousands of objects that end with it, none in a cycle: walking through them again and
        # again in search of cycles would be a fifth of an applier's work (docs/performance.md).
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        total = applier.run()
        self.stdout.write(
            f"applied {total.claimed:,} rows: {total.reports:,} reports, {total.submissions:,} submissions,"
            f" {total.duplicates:,} duplicates,"
            f" {total.quarantined:,} quarantined, {total.other_channels:,} of other channels"
        )
