"""move_partner_ids: run the open moves in the foreground."""

from django.core.management.base import BaseCommand
from tqdm import tqdm

from deliveries.models import PartnerMove
from deliveries.rederiving.moves import run_moves


class Command(BaseCommand):
    help = "Move the messages of declared platformPartnerIds to their tenants, with a progress bar."

    def handle(self, **options) -> None:
        with tqdm(unit=" messages", disable=None) as bar:

            def show(move: PartnerMove) -> None:
                bar.set_description(f"{move.partner.value} → {move.tenant.slug}")
                bar.total, bar.n = move.total, move.moved
                bar.refresh()

            done = run_moves(progress=show)
        for move in PartnerMove.objects.select_related("partner", "tenant").exclude(state=PartnerMove.State.DONE):
            self.stdout.write(
                f"{move.partner.value} → {move.tenant.slug}: {move.moved:,} of {move.total:,} moved, by another process"
            )
        self.stdout.write(f"{done} moves finished")
