"""apply_inbox: apply all that waits, then exit."""

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from deliveries.models import WaitingRow
from deliveries.services.apply import apply_slices
from deliveries.services.batch_result import BatchResult
from deliveries.services.failures import Stopped
from deliveries.services.poison import Streak
from deliveries.slices import SLICES


class Command(BaseCommand):
    help = "Apply all delivery reports that wait, then exit and print what was done."

    def handle(self, **options) -> None:
        total, streak = BatchResult(), Streak()
        try:
            with tqdm(total=WaitingRow.objects.count(), unit=" rows", disable=None) as bar:
                while (result := apply_slices(slices=range(SLICES), streak=streak)).claimed:
                    total += result
                    bar.update(result.claimed)
        except Stopped as stop:
            raise CommandError(f"{stop} (docs/operations.md, When something fails)") from stop
        self.stdout.write(
            f"applied {total.claimed:,} rows: {total.reports:,} new reports, {total.submissions:,} submissions,"
            f" {total.duplicates:,} duplicates,"
            f" {total.quarantined:,} quarantined; {total.new_messages:,} new messages,"
            f" {total.changed_messages:,} changed"
        )
