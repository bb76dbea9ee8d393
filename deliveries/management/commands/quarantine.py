"""quarantine: list, show, replay and discard what could not be applied."""

from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, Min

from deliveries.applying.quarantine import discard, replay
from deliveries.dialects.raw_text import readable
from deliveries.models import QuarantinedRow

SHOWN_ROWS = 100


class Command(BaseCommand):
    help = "List quarantined rows by reason, show one, replay rows after a fix, or discard them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--show", type=int, metavar="ID", help="print one row with its raw body")
        parser.add_argument("--replay", action="store_true", help="replay the waiting rows")
        parser.add_argument("--discard", metavar="WHY", help="discard the waiting rows; they can still be read")
        parser.add_argument("--reason", help="only rows with this reason; without another option lists them")
        parser.add_argument("--id", type=int, action="append", dest="ids", help="only this row; may be repeated")

    def handle(self, *, show: int | None, ids: list[int] | None, reason: str | None, **options) -> None:
        now, actor, why = datetime.now(UTC), "command quarantine", options["discard"]
        if options["replay"] and why is not None:
            raise CommandError("use --replay or --discard, not both")
        if show is not None:
            self._show(show)
        elif options["replay"]:
            count = replay(actor=actor, now=now, ids=ids, reason=reason)
            self.stdout.write(f"{count:,} rows are queued for replay")
        elif why is not None:
            if ids is None and reason is None:
                raise CommandError("--discard: select rows by --id or --reason")
            try:
                count = discard(ids=ids, reason=reason, reason_text=why, actor=actor, now=now)
            except ValueError as error:
                raise CommandError(f"--discard: {error}") from error
            self.stdout.write(f"{count:,} rows are discarded")
        elif reason is not None:
            self._list_rows(reason)
        else:
            self._list()

    def _list(self) -> None:
        rows = (
            QuarantinedRow.objects.filter(state=QuarantinedRow.State.WAITING)
            .values("reason")
            .annotate(rows=Count("id"), since=Min("received_at"), first=Min("id"))
            .order_by("-rows", "reason")
        )
        for row in rows:
            self.stdout.write(
                f"{row['rows']:>8,}  {row['reason']:<20} since {row['since']:%Y-%m-%d %H:%M} UTC,"
                f" first id {row['first']}"
            )
        if not rows:
            self.stdout.write("the quarantine is empty")

    def _list_rows(self, reason: str) -> None:
        rows = QuarantinedRow.objects.filter(state=QuarantinedRow.State.WAITING, reason=reason).order_by("id")
        for row in rows.defer("body").select_related("feed__account")[:SHOWN_ROWS]:
            self.stdout.write(f"{row.id:>8}  {row.feed}  {row.received_at:%Y-%m-%d %H:%M:%S} UTC  {row.detail}")
        if (count := rows.count()) > SHOWN_ROWS:
            self.stdout.write(f"… and {count - SHOWN_ROWS:,} more")
        elif not count:
            self.stdout.write("no row in quarantine has this reason")

    def _show(self, id_: int) -> None:
        row = QuarantinedRow.objects.filter(id=id_).first()
        if row is None:
            raise CommandError(f"--show: there is no row {id_}")
        self.stdout.write(
            f"{row.reason}: {row.detail}\nfeed {row.feed}, received {row.received_at:%Y-%m-%d %H:%M:%S} UTC,"
            f" {row.get_state_display().lower()}, by {row.request_line}"
        )
        self.stdout.write(readable(bytes(row.body)))
