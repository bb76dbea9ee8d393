"""apply_inbox: apply all that waits, then exit."""

from django.core.management.base import BaseCommand
from tqdm import tqdm

from deliveries.models import WaitingRow
from deliveries.services.apply import BatchResult, apply_slices
from deliveries.slices import SLICES


class Command(BaseCommand):
    help = "Apply all delivery reports that wait, then exit and print what was done."

    def handle(self, **options) -> None:
        total = BatchResult()
        with tqdm(total=WaitingRow.objects.count(), unit=" rows", disable=None) as bar:
            while (result := apply_slices(slices=range(SLICES))).claimed:
                total += result
                bar.update(result.claimed)
        self.stdout.write(
            f"applied {total.claimed:,} rows: {total.reports:,} new reports, {total.submissions:,} submissions,"
            f" {total.duplicates:,} duplicates,"
            f" {total.quarantined:,} quarantined; {total.new_messages:,} new messages,"
            f" {total.changed_messages:,} changed"
        )
