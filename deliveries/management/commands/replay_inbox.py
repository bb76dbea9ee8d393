"""replay_inbox: apply raw rows again."""

from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date, parse_datetime

from deliveries.applying.replay import replay_inbox
from deliveries.management.commands.import_dlrs import feed_named


class Command(BaseCommand):
    help = "Queue raw rows again. Safe to repeat: reports that are already known change nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="start", required=True, help="received at or after, such as 2026-11-20")
        parser.add_argument("--to", dest="end", required=True, help="received before, such as 2026-11-21T12:00")
        parser.add_argument("--feed", help="NAME, or ACCOUNT/NAME where the name is not unique; else all feeds")

    def handle(self, *, start: str, end: str, feed: str | None, **options) -> None:
        first, last = _instant("--from", start), _instant("--to", end)
        if first >= last:
            raise CommandError("--to: a time after --from")
        named_feed = feed_named(feed) if feed else None
        count = replay_inbox(start=first, end=last, feed=named_feed, actor="command replay_inbox")
        self.stdout.write(f"{count:,} rows are queued again for the applier")


def _instant(name: str, text: str) -> datetime:
    """Return the time, in UTC unless it says another offset; a date is its midnight. Raises CommandError."""
    try:
        value = parse_datetime(text)
        if value is None and (day := parse_date(text)):
            value = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (its zone follows)
    except ValueError:
        value = None
    if value is None:
        raise CommandError(f"{name}: a time such as 2026-11-20 or 2026-11-20T15:30 (UTC), not {text}")
    return value if value.tzinfo else value.replace(tzinfo=UTC)
