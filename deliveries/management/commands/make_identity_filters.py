"""make_identity_filters: filters of past months' messages now (deliveries/messages/month_filters.py)."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from deliveries.messages import month_filters


class Command(BaseCommand):
    help = "Make the filters that spare appliers to look new messages up in past months, as after a large import."

    def handle(self, **options) -> None:
        self.stdout.write(f"{month_filters.make(now=timezone.now())} months' filters made")
