"""refold: messages made anew after a result code got another meaning."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from deliveries.models import ResultCode
from deliveries.services.refold import refold
from portal.tenants.models import Feed


class Command(BaseCommand):
    help = "Re-derive the messages that have reports with a result code (or all of a dialect), and their counts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dialect", required=True, choices=Feed.Dialect.values)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--code", type=int)
        which.add_argument("--all", action="store_true")

    def handle(self, *, dialect: str, code: int | None, **options) -> None:
        if code is not None and not ResultCode.objects.filter(dialect=dialect, code=code).exists():
            raise CommandError(
                f"--code: {code} is not in the table of {dialect}. Add it in the admin (Result codes) first,"
                " with its status and whether it is final."
            )
        with tqdm(unit=" messages", disable=None) as bar:
            seen, changed = refold(dialect=dialect, code=code, progress=bar.update)
        self.stdout.write(f"{seen:,} messages looked at, {changed:,} changed")
