"""monthly_report: one month's report, made now."""

import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from deliveries.models import WaitingRow
from portal.common.csv_file import MACHINE
from portal.common.masking import Masking
from portal.common.periods import Month
from portal.tenants.models import GatewayAccount
from portal.tenants.undone import customers
from reports.models import ReportRun
from reports.monthly.layout import MonthFigures, build_tables
from reports.monthly.selector import MonthScope
from reports.monthly.writers import csv, json
from reports.runs.editions import open_edition
from reports.runs.runs import BeingMade, StillWaiting, build_now

FORMATS = ("xlsx", "csv", "rfc4180", "json")


class Command(BaseCommand):
    help = "Create the report of a month now, of a tenant (with the tenants below it) or of a whole gateway account."

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--tenant", metavar="SLUG")
        whose.add_argument("--account", metavar="NAME")
        parser.add_argument("--month", required=True, metavar="YYYY-MM")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE")
        parser.add_argument(
            "--format",
            choices=FORMATS,
            default="xlsx",
            help="csv: a zip of tables for spreadsheets, in the tenant's language and the form of its country;"
            " rfc4180: the same tables for machines",
        )
        parser.add_argument(
            "--wait",
            type=float,
            default=60,
            metavar="SECONDS",
            help=("how long to wait for delivery reports to be processed"),
        )

    def handle(self, *, tenant: str | None, account: str | None, month: str, out: Path, wait: float, **options) -> None:
        scope = _scope(tenant, account)
        try:
            wanted = Month.parse(month)
        except ValueError as error:
            raise CommandError(f"--month: {error}") from error
        if wanted.bounds(scope.timezone)[0] > timezone.now():
            raise CommandError(f"--month: {wanted} has not begun in {scope.timezone}")
        if not out.parent.is_dir():
            raise CommandError(f"--out: there is no folder {out.parent}")
        run, figures = self._build(scope, wanted, wait)
        _write(run, figures, out, options["format"])
        self.stdout.write(
            f"{out}: {run.tenant.name if tenant else account}, {wanted}, {run.kind},"
            f" {'unchanged: ' if run.same_as else ''}revision {run.number},"
            f" {run.messages:,} messages, {run.rows:,} rows, {out.stat().st_size:,} bytes"
        )

    def _build(self, scope: MonthScope, month: Month, wait: float) -> tuple[ReportRun, MonthFigures]:
        give_up = time.monotonic() + wait
        now = timezone.now()
        with tqdm(total=100, unit="%", disable=None) as bar:
            while True:
                try:
                    return build_now(
                        scope=scope,
                        month=month,
                        requested_by="command monthly_report",
                        now=now,
                        progress=lambda percent: bar.update(percent - bar.n),
                    )
                except StillWaiting as error:
                    if time.monotonic() > give_up:
                        raise CommandError(
                            f"{WaitingRow.objects.count():,} rows wait in the inbox, the oldest since"
                            f" {error.oldest:%Y-%m-%d %H:%M:%S} UTC: run `bin/portal apply_inbox`, then again"
                        ) from error
                except BeingMade as error:
                    if time.monotonic() > give_up:
                        raise CommandError(f"{error}: try again when it is done") from error
                time.sleep(0.5)


def _scope(tenant: str | None, account: str | None) -> MonthScope:
    if tenant is not None:
        found = customers().filter(slug=tenant).first()
        if found is None:
            raise CommandError(f"--tenant: there is no tenant {tenant}")
        return MonthScope(found)
    owned = GatewayAccount.objects.select_related("pool").filter(name=account).first()
    if owned is None:
        raise CommandError(f"--account: there is no gateway account {account}")
    return MonthScope(owned.pool, owned)


def _write(run: ReportRun, figures: MonthFigures, out: Path, format_: str) -> None:
    """Write the file next to its place, then move it there whole."""
    part = out.with_name(f".{out.name}.part")
    with part.open("wb") as file:
        if format_ == "xlsx":
            with open_edition(run, Masking(in_full=True)) as made:
                file.writelines(made.chunks())
        elif format_ in ("csv", "rfc4180"):
            form = run.tenant.csv_form if format_ == "csv" else MACHINE
            csv.write_zip(build_tables(figures), figures.header, file, form)
        else:
            json.write(build_tables(figures), figures.header, file)
    part.replace(out)
