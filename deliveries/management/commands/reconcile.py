"""reconcile: counts against messages."""

import sys

from django.core.management.base import BaseCommand, CommandParser

from deliveries.services.reconcile import find_differences, repair


class Command(BaseCommand):
    help = "Compare all counts with the messages in one snapshot: a line per difference, exit status 1 on any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="mend the counts by inserting the differences")

    def handle(self, **options) -> None:
        differences = find_differences()
        for difference in differences:
            self.stdout.write(str(difference))
        if not differences:
            self.stdout.write("counts and messages agree")
            return
        if options["repair"]:
            repair(differences)
            self.stdout.write(f"{len(differences)} differences mended")
        sys.exit(1)
