"""make_identity_filters: filters of past months' messages now (deliveries/messages/month_filters.py)."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from deliveries.messages import month_filters


class Command(BaseCommand):
    help = "Build the filters with which appliers skip past months for new messages, for example after a large import."

    def handle(self, **options) -> None:
        self.stdout.write(f"filters of {month_filters.make(now=timezone.now())} months built")
