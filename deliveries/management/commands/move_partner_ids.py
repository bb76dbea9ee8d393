"""move_partner_ids: run the open moves in the foreground."""

from django.core.management.base import BaseCommand
from tqdm import tqdm

from deliveries.models import PartnerMove
from deliveries.rederiving.moves import run_moves
from portal.common.jobs import open_jobs, unresolved


class Command(BaseCommand):
    help = "Move the messages of declared platformPartnerIds to their tenants, with a progress bar."

    def handle(self, **options) -> None:
        with tqdm(unit=" messages", disable=None) as bar:

            def show(move: PartnerMove) -> None:
                bar.set_description(f"{move.partner.value} → {move.tenant.slug}")
                bar.total, bar.n = move.total, move.done
                bar.refresh()

            done = run_moves(progress=show)
        for move in PartnerMove.objects.select_related("partner", "tenant").filter(id__in=self._unfinished()):
            why = f"attempt {move.attempts} failed: {move.error}" if move.error else "another process runs it"
            self.stdout.write(
                f"{move.partner.value} → {move.tenant.slug}: {move.done:,} of {move.total:,} moved, {why}"
            )
        self.stdout.write(f"{done} moves finished")

    def _unfinished(self) -> list[int]:
        """Return the moves that are open or failed."""
        return [move.id for jobs in (open_jobs, unresolved) for move in jobs(PartnerMove)]
