"""restore: database and files back from a backup."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.operations.backup import BackupError, restore_backup


class Command(BaseCommand):
    help = "Replace the database and the files with those of a backup. Stop the portal's processes first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", type=Path)
        parser.add_argument("--replace", action="store_true", help="delete the messages in the database")

    def handle(self, *, dir: Path, replace: bool, **options) -> None:
        try:
            restored = restore_backup(dir, replace=replace)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"restored the backup of {restored.made_at}: {restored.messages:,} messages. Now run reconcile."
        )
