"""import_dlrs: an archive of delivery reports through the same inbox."""

from pathlib import Path

from django.core.management.base import CommandError, CommandParser

from deliveries.management.importing import REFUSED, ImportCommand
from portal.tenants.models import Feed


class Command(ImportCommand):
    help = (
        "Import an archive of delivery reports (JSON: one a line, an array or pretty-printed; also .gz). Stopped or"
        " killed, it goes on where it was. Exits 1 where more than 1% is quarantined or the archive is broken, 2 where"
        " nothing was stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--feed", required=True, help="NAME, or ACCOUNT/NAME where the name is not unique")

    def handle(self, *, file: Path, feed: str, accept_days: int | None, again: bool, no_wait: bool, **options) -> None:
        if accept_days is not None and not 1 <= accept_days <= 36_500:
            raise CommandError("--accept-days: from 1 to 36500", returncode=REFUSED)
        named_feed = feed_named(feed)
        if named_feed.kind == Feed.Kind.SUBMISSIONS:
            text = f"--feed: {named_feed} takes submissions, no delivery reports: see bin/portal import_messages"
            raise CommandError(text, returncode=REFUSED)
        self.run_import(file, named_feed, accept_days=accept_days, again=again, no_wait=no_wait)


def feed_named(name: str) -> Feed:
    """Return the feed called NAME or ACCOUNT/NAME. Raises CommandError with the names there are."""
    account, _, short = name.rpartition("/")
    feeds = list(
        Feed.objects.select_related("account").filter(name=short, **({"account__name": account} if account else {}))
    )
    if len(feeds) == 1:
        return feeds[0]
    names = ", ".join(sorted(map(str, feeds or Feed.objects.select_related("account"))))
    raise CommandError(
        f"--feed: {'several feeds are' if feeds else 'no feed is'} called {name}; there are: {names or 'none'}",
        returncode=REFUSED,
    )
