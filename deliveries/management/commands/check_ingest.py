"""`bin/portal check_ingest`: check that every received row is accounted for."""

import sys
from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandParser

from deliveries.applying.accounting import find_losses


class Command(BaseCommand):
    help = (
        "Compare raw rows with the results of processing, by feed and hour. Prints a line for each loss; exit status 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, default=24, help="how far back to look (default: 24)")

    def handle(self, *, hours: int, **options) -> None:
        losses = find_losses(now=datetime.now(UTC), hours=max(hours, 1))
        for line in losses:
            self.stdout.write(line)
        if losses:
            sys.exit(1)
        self.stdout.write("every received report is processed, waiting or in quarantine")
