"""`bin/portal normalise_numbers`: convert numbers stored in other notations to E.164."""

from django.core.management.base import BaseCommand

from deliveries.rederiving.normalise_numbers import normalise_numbers


class Command(BaseCommand):
    help = (
        "Store the numbers of all messages as E.164 where they can be read now, with their countries and counts. "
        "The worker does it after an upgrade; this does it at once. It may be run again, and while the portal works."
    )

    def handle(self, **options) -> None:
        seen, changed = normalise_numbers(progress=lambda seen: self.stdout.write(f"{seen:,} messages checked"))
        self.stdout.write(f"{changed:,} of {seen:,} messages have a new number or country")
