"""backup: the database, the files and the key into a folder."""

from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.operations.backup import BackupError, make_backup


class Command(BaseCommand):
    help = (
        "Write a backup of the database, the files and the secret key into DIR (new or empty). The portal may run"
        " meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", type=Path)

    def handle(self, *, dir: Path, **options) -> None:
        try:
            made = make_backup(dir, now=datetime.now(UTC))
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{dir}: {made.messages:,} messages, {made.bytes:,} bytes. It holds the secret key: keep it safe."
        )
