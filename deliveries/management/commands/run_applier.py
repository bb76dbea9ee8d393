"""run_applier: apply what comes in, until it is told to stop."""

import signal

from django.core.management.base import BaseCommand, CommandParser

from deliveries.services.loop import Applier


class Command(BaseCommand):
    help = "Apply delivery reports as they come in. Several may run; SIGTERM ends it after the batch in hand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--groups", type=int, default=4, choices=[1, 2, 4, 8, 16], help="in how many parts the slices are taken"
        )
        parser.add_argument("--batch", type=int, default=5000, help="rows in one transaction, at most")

    def handle(self, *, groups: int, batch: int, **options) -> None:
        applier = Applier(groups=groups, limit=batch)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: applier.stopping.set())
        total = applier.run()
        self.stdout.write(
            f"applied {total.claimed:,} rows: {total.reports:,} reports, {total.duplicates:,} duplicates,"
            f" {total.quarantined:,} quarantined"
        )
