"""erase_number: take one person's phone number out of all that is stored of a tenant."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from deliveries.erasure.erase import erase_person
from deliveries.exports.files import delete_old
from portal.tenants.models import Tenant
from reports.runs.erased_files import delete_erased_files
from reports.schedules.erased import delete_files_of_month


class Command(BaseCommand):
    help = (
        "Erase a phone number from all stored data of a tenant. Its messages keep a keyed hash, texts the"
        " masked number. Counts do not change, and a search for the number still finds its messages."
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
        erased = erase_person(number=number, tenant=owner, actor="command erase_number")
        files = delete_erased_files(now=timezone.now(), also=delete_files_of_month)
        exports = delete_old(now=timezone.now())
        self.stdout.write(f"the number was erased from {erased.messages:,} messages of {owner.name}")
        for count, text in (
            (erased.mentions, "other messages held it in their texts"),
            (erased.raw_rows, "raw rows were deleted"),
            (erased.quarantined, "rows in quarantine were emptied"),
            (files, "workbooks were deleted and are made again"),
            (exports, "exports were deleted"),
        ):
            if count:
                self.stdout.write(f"{count:,} {text}")
        if erased.waiting:
            raise CommandError(
                f"{erased.waiting:,} raw rows that hold the number wait to be applied: run the command again afterwards"
            )
