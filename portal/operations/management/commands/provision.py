"""`bin/portal provision FILE.yaml`: accounts, feeds, tenants, partner ids and people from one file."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.provisioning.apply import provision
from portal.provisioning.outcome import Move, NewToken, Outcome, ProvisionError


class Command(BaseCommand):
    help = "Create and change accounts, feeds, tenants, partner ids and people as described in a YAML file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.yaml", help="the file, or - for the standard input")
        parser.add_argument(
            "--set-passwords",
            action="store_true",
            help="also set the passwords of people who already exist to those in the file",
        )
        parser.add_argument(
            "--take-over",
            action="store_true",
            help="move partner ids of other tenants, with their messages, to the tenants of the file",
        )
        parser.add_argument(
            "--wait", action="store_true", help="move the messages of declared partner ids before ending"
        )

    def handle(self, *, file: str, set_passwords: bool, take_over: bool, wait: bool, **_options) -> None:
        try:
            outcome = provision(
                _read(file),
                file,
                now=timezone.now(),
                take_over=take_over,
                set_passwords=set_passwords,
                wake=not wait,
            )
        except ProvisionError as error:
            self.stderr.write(str(error))
            count = len(error.problems)
            raise CommandError(f"{count} problem{'s' * (count > 1)}; nothing was changed") from None
        self._print(outcome, wait=wait)
        if wait:
            call_command("move_partner_ids", stdout=self.stdout)

    def _print(self, outcome: Outcome, *, wait: bool) -> None:
        for line in outcome.changes or ["nothing to change"]:
            self.stdout.write(line)
        for note in outcome.notes:
            self.stdout.write(f"note: {note}")
        self._print_tokens(outcome.tokens)
        self._print_moves(outcome.moves, wait=wait)

    def _print_tokens(self, tokens: list[NewToken]) -> None:
        if not tokens:
            return
        self.stdout.write("\nNew tokens, shown once. Enter the address at the gateway:")
        for new in tokens:
            self.stdout.write(f"  feed   {new.feed}\n  token  {new.token}")
            self.stdout.write(f"  path   /dlr/{new.token}/\n  URL    {settings.PUBLIC_URL}/dlr/{new.token}/\n")

    def _print_moves(self, moves: list[Move], *, wait: bool) -> None:
        if not moves:
            return
        self.stdout.write("\nMessages that move with their partner ids" + (":" if wait else ", in the background:"))
        for move in moves:
            self.stdout.write(f"  {move.partner} → {move.tenant}: {move.waiting} messages wait")
        if not wait:
            self.stdout.write("Move them now or see the progress: bin/portal move_partner_ids")


def _read(file: str) -> str:
    """Return the text of a file. Raises CommandError where it cannot be read as UTF-8."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandError(f"{file}:{line}: the file is not UTF-8") from None
