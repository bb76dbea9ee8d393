"""quarantine: list, show and replay what could not be applied."""

from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, Min

from deliveries.models import QuarantinedRow
from deliveries.services.quarantine import replay


class Command(BaseCommand):
    help = "List quarantined rows by reason, show one, or put them back on the to-do list after a fix."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--show", type=int, metavar="ID", help="print one row with its raw body")
        parser.add_argument("--replay", action="store_true", help="apply the waiting rows again")
        parser.add_argument("--reason", help="with --replay: only this reason")
        parser.add_argument("--id", type=int, action="append", dest="ids", help="with --replay: only this row")

    def handle(self, *, show: int | None, ids: list[int] | None, reason: str | None, **options) -> None:
        if show is not None:
            self._show(show)
        elif options["replay"]:
            count = replay(actor="command quarantine", now=datetime.now(UTC), ids=ids, reason=reason)
            self.stdout.write(f"{count:,} rows are back on the to-do list")
        else:
            self._list()

    def _list(self) -> None:
        rows = (
            QuarantinedRow.objects.filter(state=QuarantinedRow.State.WAITING)
            .values("reason")
            .annotate(rows=Count("id"), since=Min("received_at"), first=Min("id"))
            .order_by("-rows")
        )
        for row in rows:
            self.stdout.write(
                f"{row['rows']:>8,}  {row['reason']:<20} since {row['since']:%Y-%m-%d %H:%M} UTC,"
                f" first id {row['first']}"
            )
        if not rows:
            self.stdout.write("nothing is in quarantine")

    def _show(self, id_: int) -> None:
        row = QuarantinedRow.objects.filter(id=id_).first()
        if row is None:
            raise CommandError(f"--show: there is no row {id_}")
        self.stdout.write(
            f"{row.reason}: {row.detail}\nfeed {row.feed}, received {row.received_at:%Y-%m-%d %H:%M:%S} UTC"
        )
        self.stdout.write(bytes(row.body).decode("utf-8", "backslashreplace"))
