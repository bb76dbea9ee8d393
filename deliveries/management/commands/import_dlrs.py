"""import_dlrs: an archive of delivery reports through the same inbox."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from deliveries.services.importing import ArchiveError, finished_run, import_archive
from portal.tenants.models import Feed


class Command(BaseCommand):
    help = "Take in an archive of delivery reports (NDJSON, also .gz). Stopped or killed, it goes on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--feed", required=True, help="NAME, or ACCOUNT/NAME where the name is not unique")
        parser.add_argument(
            "--accept-days", type=int, help="how old the times in it may be (default: the gateway's 400 days)"
        )
        parser.add_argument("--again", action="store_true", help="take it in although it was taken in already")

    def handle(self, *, file: Path, feed: str, accept_days: int | None, again: bool, **options) -> None:
        if not file.is_file():
            raise CommandError(f"{file}: no such file")
        if accept_days is not None and not 1 <= accept_days <= 36_500:
            raise CommandError("--accept-days: from 1 to 36500")
        door = feed_named(feed)
        if door.kind == Feed.Kind.SUBMISSIONS:
            raise CommandError(f"--feed: {door} takes submissions of the REST API, no delivery reports")
        done = finished_run(path=file, feed=door)
        if done and not again:
            self.stdout.write(
                f"{file} was taken in on {done.finished_at:%Y-%m-%d %H:%M} UTC ({done.lines:,} lines);"
                " --again takes it in once more, which changes nothing but the duplicates' count"
            )
            return
        with tqdm(total=file.stat().st_size, unit="B", unit_scale=True, disable=None) as bar:
            try:
                run = import_archive(
                    path=file,
                    feed=door,
                    accept_days=accept_days,
                    progress=lambda place, _lines: bar.update(place - bar.n),
                )
            except ArchiveError as error:
                raise CommandError(f"{file}: {error}") from error
            except (OSError, EOFError) as error:
                raise CommandError(f"{file} cannot be read to its end: {error}. What was read is in.") from error
        self.stdout.write(f"{run.lines:,} lines are in the inbox by {door}; the applier takes them from there")


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
        f"--feed: {'several feeds are' if feeds else 'no feed is'} called {name}; there are: {names or 'none'}"
    )
