"""reconcile: counts against messages, and messages against the owners of their partner IDs."""

import sys

from django.core.management.base import BaseCommand, CommandParser

from deliveries.checks.reconcile import find_differences, repair
from deliveries.checks.reconcile_owners import OwnerDifference
from portal.accounts.models import record


class Command(BaseCommand):
    help = (
        "Compare all counts with the messages, and the messages' tenants with the owners of their partner IDs, in one"
        " snapshot: a line per difference, exit status 1 on any."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        text = "correct the counts, and queue moves of messages to their owners"
        parser.add_argument("--repair", action="store_true", help=text)

    def handle(self, **options) -> None:
        differences = find_differences()
        if options["repair"]:
            repair(differences)
        for difference in differences:
            self.stdout.write(str(difference))
        self._record(len(differences), mended=bool(differences) and options["repair"])
        if not differences:
            self.stdout.write("counts and messages agree")
            return
        if options["repair"]:
            moves = sum(isinstance(difference, OwnerDifference) for difference in differences)
            self.stdout.write(f"{len(differences) - moves} differences repaired")
            if moves:
                self.stdout.write(f"{moves} left to moves, which are queued for the worker")
        sys.exit(1)

    def _record(self, differences: int, *, mended: bool) -> None:
        """Leave word for the admin's first page, which says when counts were last compared."""
        details = {"differences": differences, "mended": mended}
        record("counts.reconciled", actor="command reconcile", details=details)
