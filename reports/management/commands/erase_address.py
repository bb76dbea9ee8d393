"""erase_address: delete the e-mail address of a person without an account who got reports."""

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from reports.schedules.mail_retention import erase_address


class Command(BaseCommand):
    help = "Delete an outside address from the recipients of reports of all tenants. It gets nothing any more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the whole e-mail address")

    def handle(self, *, address: str, **options) -> None:
        count = erase_address(address, actor="command erase_address", now=timezone.now())
        self.stdout.write(f"the address was erased from {count:,} tenants")
