"""read_bounces: mark the mails of reports that other mail servers could not deliver."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.schedules.bounces import messages_in, note_bounce, parse


class Command(BaseCommand):
    help = (
        "Read delivery status notifications (RFC 3464) from files with one mail each, mbox files or the standard"
        " input (-), and mark the mails that they are about as bounced. Other mails are passed over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a mail, a file in the format mbox, or -")

    def handle(self, *, files: list[str], **options) -> None:
        read = bounced = 0
        for name in files:
            try:
                found = [parse(sys.stdin.buffer.read())] if name == "-" else list(messages_in(Path(name)))
            except OSError as error:
                raise CommandError(f"{name}: {error.strerror}") from error
            for message in found:
                read += 1
                if mail := note_bounce(message):
                    bounced += 1
                    self.stdout.write(f"mail {mail.pk} of {mail.tenant.name} bounced")
        self.stdout.write(f"mails read: {read:,}, bounces: {bounced:,}")
