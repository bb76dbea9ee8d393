"""check_invoice: a gateway's invoice of an account that nobody owns, compared with our counts."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from deliveries.conversions.files import FileProblem
from portal.common.jobs import JobState
from portal.common.masking import Masking
from portal.common.periods import Month, start_of_day
from portal.tenants.models import GatewayAccount
from reports.billing.checks import running, uploads
from reports.billing.checks.claim_file import write_claim
from reports.billing.checks.scope import cost_list_of, read_scope
from reports.billing.checks.selectors import kinds_shown, not_recounted
from reports.billing.checks.span import default_close
from reports.billing.checks.texts import FIELDS, file_text, line_text
from reports.billing.invoices.columns import FIELDS as NAMES
from reports.billing.invoices.columns import MAX_ERRORS, guessed
from reports.billing.invoices.files import InvoiceFile, read_file
from reports.models import InvoiceCheck, PriceList
from reports.pricing.money import MICRO

ACTOR = "command check_invoice"


class Command(BaseCommand):
    help = (
        "Compare a gateway's monthly invoice of a shared account with the portal's counts, and write the claim. Owners"
        " of accounts do this on the page Billing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, XLSX, UBL or Finvoice")
        parser.add_argument("--account", required=True, metavar="NAME")
        parser.add_argument("--month", required=True, metavar="YYYY-MM")
        parser.add_argument(
            "--closed", type=date.fromisoformat, metavar="YYYY-MM-DD",
            help="the day on which the gateway closed the month, if not the one after its end",
        )  # fmt: skip
        parser.add_argument(
            "--column", action="append", default=[], metavar="FIELD=NAME",
            help=f"the column of a field, where its name is not guessed: {', '.join(NAMES)}",
        )  # fmt: skip
        parser.add_argument("--basis", choices=PriceList.Basis.values, help="without a price list; sent by default")
        parser.add_argument("--per", choices=PriceList.Per.values, help="without a price list; part by default")
        parser.add_argument("--leave-out", action="store_true", help="leave out lines that cannot be read")
        parser.add_argument("--claim", type=Path, metavar="FILE", help="write the claim as a workbook")

    def handle(self, *, file: Path, account: str, month: str, **options) -> None:
        found = GatewayAccount.objects.select_related("pool").filter(name=account).first()
        if found is None:
            raise CommandError(f"--account: no gateway account is called {account}")
        if found.owner_id is not None:
            raise CommandError(f"--account: {account} has an owner, who checks its invoices on the page Billing")
        with translation.override("en"):
            self._check(found, _month(month), file, options)

    def _check(self, account: GatewayAccount, month: Month, path: Path, options: dict) -> None:
        try:
            content = path.read_bytes()
            file = read_file(content)
        except OSError as error:
            raise CommandError(f"file: {error}") from error
        except FileProblem as problem:
            raise CommandError(f"file: {file_text(str(problem))}") from problem
        mapping = _mapping(file, account, options["column"])
        price_list = cost_list_of(account)
        zone = ZoneInfo(account.timezone)
        agreed = uploads.Agreed(
            month=month,
            closed_at=start_of_day(options["closed"], zone) if options["closed"] else default_close(month, zone),
            price_list=price_list,
            currency=price_list.currency if price_list else file.currency or "EUR",
            basis=price_list.basis if price_list else options["basis"] or PriceList.Basis.SENT,
            per=price_list.per if price_list else options["per"] or PriceList.Per.PART,
        )
        read = uploads.read_lines(file, mapping, month, agreed.currency)
        for one in read.errors:
            self.stderr.write(f"line {one.line}: {line_text(one.field, one.code, one.detail)}")
        if len(read.errors) >= MAX_ERRORS:
            raise CommandError(f"file: {MAX_ERRORS} problems and more; are the columns the right ones?")
        if read.errors and not options["leave_out"]:
            raise CommandError("file: some lines cannot be read; --leave-out compares the others")
        if not read.rows:
            raise CommandError("file: no line can be read with these columns")
        begun = uploads.begin(
            tenant=account.pool, account=account, name=path.name, content=content, now=timezone.now(), made_by=ACTOR
        )
        uploads.confirm(begun, agreed, mapping, left_out=read.errors, actor=ACTOR)
        running.run_checks(check_id=begun.pk)
        self._show(InvoiceCheck.objects.select_related("account", "price_list").get(pk=begun.pk), options["claim"])

    def _show(self, check: InvoiceCheck, claim: Path | None) -> None:
        if check.state != JobState.DONE:
            raise CommandError(f"the check ended as {check.state}: {file_text(check.problem) or check.error}")
        (theirs, their_amount), (ours, our_amount) = check.totals["theirs"], check.totals["ours"]
        has_money = check.totals["unpriced"] < check.totals["rows"]
        differing = check.totals["rows"] - check.totals["agreeing"]
        rows = [("Invoice", "", theirs, their_amount), ("Our counts", "", ours, our_amount)]
        rows.append(("Difference", str(differing), theirs - ours, their_amount - our_amount))
        rows += [(f"  {one.name}", str(one.rows), one.quantity, one.amount) for one in kinds_shown(check)]
        self.stdout.write(f"{'':24}{'rows':>8}{'quantity':>16}{'amount':>20}")
        for name, number, quantity, amount in rows:
            money = f"{amount / MICRO:,.2f} {check.currency}" if has_money else ""
            self.stdout.write(f"{name:24}{number:>8}{quantity:>16,}{money:>20}")
        for text in not_recounted(check):
            self.stdout.write(str(text))
        if claim is not None:
            scope = read_scope(check)
            content = write_claim(check, scope, masking=Masking(in_full=False), with_messages=True, language="en")
            claim.write_bytes(content)
            self.stdout.write(f"the claim is in {claim}")


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise CommandError(f"--month: {error}") from error


def _mapping(file: InvoiceFile, account: GatewayAccount, given: list[str]) -> dict[str, str]:
    mapping = guessed(file.names, uploads.remembered(account))
    for text in given:
        field, _sign, column = text.partition("=")
        if field not in FIELDS:
            raise CommandError(f"--column: {field} is no field; there are {', '.join(NAMES)}")
        if column not in file.names:
            raise CommandError(f"--column: the file has no column {column}; it has {', '.join(file.names)}")
        mapping = {name: taken for name, taken in mapping.items() if taken != column} | {field: column}
    if "quantity" not in mapping or not mapping.keys() & {"partner_id", "country"}:
        raise CommandError("--column: name the columns of the quantity, and of the partner ID or the country")
    return mapping
