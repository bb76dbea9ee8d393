"""api_promise: compare the API's description with the committed promise of v1, or write the promise again."""

import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.api.schema import document
from portal.common.openapi_promise import compare, promised, written

PROMISE = settings.BASE_DIR / "docs" / "openapi-v1.json"
CHANGELOG = settings.BASE_DIR / "docs" / "api-changelog.md"
UNRELEASED = "## Unreleased\n\n"


class Command(BaseCommand):
    help = (
        "Compare the description of the API with docs/openapi-v1.json, what v1 promises. Fails for a change that"
        " breaks clients, and for a promise that is not up to date."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--write", action="store_true", help="write the promise, and what is new into docs/api-changelog.md"
        )
        parser.add_argument("--break", action="store_true", dest="may_break", help="with --write: also if it breaks")

    def handle(self, *, write: bool, may_break: bool, **options) -> None:
        old = json.loads(PROMISE.read_text(encoding="utf-8"))
        new = promised(document())
        changes = compare(old, new)
        if changes.breaks and not (write and may_break):
            found = "\n".join(f"  {text}" for text in changes.breaks)
            raise CommandError(f"clients of v1 would break (docs/api-changelog.md says what may change):\n{found}")
        text = written(new)
        if text == PROMISE.read_text(encoding="utf-8"):
            self.stdout.write("The API is as docs/openapi-v1.json promises.")
        elif not write:
            found = "\n".join(f"  {text}" for text in changes.additions)
            raise CommandError(f"docs/openapi-v1.json is not up to date: run bin/portal api_promise --write\n{found}")
        else:
            self._write(text, [*(f"**Breaks**: {text}" for text in changes.breaks), *changes.additions])

    def _write(self, promise: str, entries: list[str]) -> None:
        changelog = CHANGELOG.read_text(encoding="utf-8")
        if UNRELEASED not in changelog:
            raise CommandError(f"{CHANGELOG.name} has no heading “Unreleased” with an empty line after it")
        lines = "".join(f"- {text}\n" for text in entries)
        CHANGELOG.write_text(changelog.replace(UNRELEASED, UNRELEASED + lines, 1), encoding="utf-8")
        PROMISE.write_text(promise, encoding="utf-8")
        self.stdout.write(f"Written; {len(entries)} entries in {CHANGELOG.name}: say there in plain words what is new.")
