"""condense_counts: days and months summed up now (deliveries/counts/rollups.py); beat does it by itself."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from deliveries.counts.rollups import roll_up


class Command(BaseCommand):
    help = "Roll up the counts of days and months that no longer change, for example after a large import."

    def handle(self, **options) -> None:
        self.stdout.write(f"{roll_up(now=timezone.now())} days, ten days and months rolled up")
