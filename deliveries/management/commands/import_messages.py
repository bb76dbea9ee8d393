"""import_messages: a log of submitted messages through the same inbox."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from deliveries.applying.submissions import feed_of
from deliveries.importing.archives.reading import Archive
from deliveries.importing.csv_logs import open_csv
from deliveries.importing.sorting import SortOut, sort_out_submissions
from deliveries.management.importing import REFUSED, ImportCommand
from portal.tenants.models import Feed, GatewayAccount

CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")


class Command(ImportCommand):
    help = (
        "Import a log of messages that were submitted to the gateway: CSV with a header, or JSON (one a line, an array"
        " or pretty-printed); also .gz. Its fields are those of POST /api/v1/messages/. Stopped or killed, it goes on"
        " where it was. Exits 1 where more than 1% is quarantined or the file is broken, 2 where nothing was stored."
    )
    of_what = "message"
    of_new = "new submission"
    sort_out: SortOut = staticmethod(sort_out_submissions)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--account", required=True, help="the gateway account, by name")
        parser.add_argument("--format", choices=("csv", "ndjson"), help="default: by the ending of the file's name")

    def handle(
        self,
        *,
        file: Path,
        account: str,
        format: str | None,
        accept_days: int | None,
        again: bool,
        no_wait: bool,
        **options: object,
    ) -> None:
        if accept_days is not None and not 1 <= accept_days <= 36_500:
            raise CommandError("--accept-days: from 1 to 36500", returncode=REFUSED)
        found = GatewayAccount.objects.filter(name=account).first()
        if found is None:
            names = ", ".join(GatewayAccount.objects.order_by("name").values_list("name", flat=True)) or "none"
            raise CommandError(f"--account: no account is called {account}; there are: {names}", returncode=REFUSED)
        self._is_csv = format == "csv" or (format is None and file.name.lower().endswith(CSV))
        feed = Feed.objects.select_related("account").get(id=feed_of(found.pk))
        self.run_import(file, feed, accept_days=accept_days, again=again, no_wait=no_wait)

    def open(self, file: Path) -> Archive:
        """Hash the file and look at its beginning. Raises ArchiveError."""
        if not self._is_csv:
            return super().open(file)
        with tqdm(unit="B", unit_scale=True, desc="Hashing", disable=None) as bar:
            return open_csv(file, limit=settings.INGEST_MAX_BODY, progress=lambda place: bar.update(place - bar.n))
