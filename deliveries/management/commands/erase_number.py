"""erase_number: take one person's phone number out of a tenant's messages."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deliveries.services.erasure import erase_number
from portal.tenants.models import Tenant


class Command(BaseCommand):
    help = (
        "Replace a phone number in a tenant's messages by a keyed hash. Counts stay; a search for it still finds them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="the whole number, such as +358401234567")
        parser.add_argument("--tenant", required=True, metavar="SLUG")

    def handle(self, *, number: str, tenant: str, **options) -> None:
        owner = Tenant.objects.filter(slug=tenant).first()
        if owner is None:
            raise CommandError(f"--tenant: no tenant is called {tenant}")
        if not number.strip():
            raise CommandError("number: a whole number, such as +358401234567")
        count = erase_number(number=number, tenant=owner, actor="command erase_number")
        self.stdout.write(f"the number was taken out of {count:,} messages of {owner.name}")
