"""apply_inbox: apply all that waits, then exit."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from deliveries.applying import apply
from deliveries.applying.batch_result import BatchResult
from deliveries.applying.failures import Stopped
from deliveries.applying.poison import FailureStreak
from deliveries.messages import event_log
from deliveries.messages.slices import SLICES
from deliveries.models import WaitingRow
from portal.accounts.models import record


class Command(BaseCommand):
    help = "Process all waiting delivery reports, then exit and print the result."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--put-aside", type=int, nargs="+", metavar="ID",
            help="only put these waiting rows (inbox ids) into quarantine, when they block all others",
        )  # fmt: skip

    def handle(self, *, put_aside: list[int] | None = None, **options) -> None:
        if put_aside:
            self._put_aside(put_aside)
        else:
            self._apply_all()

    def _put_aside(self, rows: list[int]) -> None:
        count = apply.put_aside(rows, why="put aside by hand", now=timezone.now())
        record("quarantine.put_aside", actor="apply_inbox", subject=", ".join(map(str, rows)), details={"rows": count})
        self.stdout.write(f"{count} of {len(rows)} rows are in quarantine now")
        if count < len(rows):
            raise CommandError("The other rows are not waiting, or an applier is processing them. Try again.")

    def _apply_all(self) -> None:
        event_log.prepare()
        total, streak = BatchResult(), FailureStreak()
        try:
            with tqdm(total=WaitingRow.objects.count(), unit=" rows", disable=None) as bar:
                while (result := apply.apply_slices(slices=range(SLICES), streak=streak)).claimed:
                    total += result
                    bar.update(result.claimed)
        except Stopped as stop:
            raise CommandError(f"{stop} (docs/operations.md, When something fails)") from stop
        self.stdout.write(
            f"applied {total.claimed:,} rows: {total.reports:,} new reports, {total.submissions:,} submissions,"
            f" {total.duplicates:,} duplicates,"
            f" {total.quarantined:,} quarantined, {total.other_channels:,} of other channels;"
            f" {total.new_messages:,} new messages, {total.changed_messages:,} changed"
        )
