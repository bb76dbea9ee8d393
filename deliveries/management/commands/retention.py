"""retention: take what is past each tenant's retention."""

from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandParser

from deliveries.retention.retention import DeletedCounts, apply_retention


class Command(BaseCommand):
    help = "Delete messages, phone numbers and raw rows that are past their tenants' retention. Counts do not change."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help=("show what would be deleted, and change nothing"))

    def handle(self, *, dry_run: bool, **options) -> None:
        taken = apply_retention(now=datetime.now(UTC), dry_run=dry_run)
        if taken is None:
            self.stdout.write("another process is running retention")
            return
        words = "would be" if dry_run else "were"
        for what, counts in (
            ("messages", taken.messages),
            ("phone numbers", taken.numbers),
            ("raw rows", taken.raw_rows),
            ("bodies in quarantine", taken.quarantined),
        ):
            for owner, count in counts.items():
                self.stdout.write(f"{owner}: {count:,} {what} {words} taken")
        for name in taken.partitions:
            self.stdout.write(f"partition {name} {'would be' if dry_run else 'was'} dropped")
        for what, count in (
            ("attempts of gates", taken.of_gates.attempts),
            ("deliveries of deleted gates", taken.of_gates.deliveries),
            ("events of gates", taken.of_gates.events),
        ):
            if count:
                self.stdout.write(f"{count:,} {what} {words} taken")
        if taken == DeletedCounts():
            self.stdout.write("nothing is past retention")
