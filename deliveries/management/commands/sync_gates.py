"""sync_gates: the gates at LINK that feed the portal, compared and set."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deliveries.gates.at_link.errors import sentence
from deliveries.gates.at_link.planning import Entry, State
from deliveries.gates.at_link.sync import Outcome, RunUnderWay, run
from portal.tenants.models import GateApi


class Command(BaseCommand):
    help = (
        "Create and correct the gates at LINK that feed the portal, one for each declared partner ID of the accounts"
        " whose Gate API is set in the admin. Deletes nothing. Exits with 1 if a gate or an account failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="show what exists, differs or is missing; set nothing"
        )
        parser.add_argument("--account", metavar="NAME", help="this account only")

    def handle(self, *, dry_run: bool, account: str | None, **options) -> None:
        found = GateApi.objects.select_related("account", "feed__account").order_by("account__name")
        if account:
            found = found.filter(account__name=account)
        if not found:
            who = f"the account {account}" if account else "any account"
            raise CommandError(f"no Gate API is set for {who}: open the account in the admin, “Gates at LINK”")
        failed = [str(api.account) for api in found if not self._run(api, dry_run=dry_run)]
        if failed:
            raise CommandError(f"not all gates are right: {', '.join(failed)}")

    def _run(self, api: GateApi, *, dry_run: bool) -> bool:
        """Run over one account, print the result, and return whether nothing failed."""
        self.stdout.write(f"{api.account} at {api.address}, feed {api.feed.name}:")
        try:
            outcome = run(api, apply=not dry_run, actor="command sync_gates")
        except RunUnderWay:
            self.stdout.write("  another process works on these gates; try again when it has ended")
            return False
        for entry in outcome.entries:
            if entry.state != State.RIGHT:
                self._print(entry)
        self._sum_up(outcome)
        return outcome.error is None and not any(entry.state == State.FAILED for entry in outcome.entries)

    def _print(self, entry: Entry) -> None:
        named = " ".join(part for part in (entry.ref_id, f"({entry.gate_id})" if entry.gate_id else "") if part)
        self.stdout.write(f"  {entry.state:<9} {entry.partner_id or '–'}  {named}".rstrip())
        for one in entry.differences:
            self.stdout.write(f"            {one.field}: {one.has or '–'} → {one.wants or '–'}")
        if entry.problem:
            self.stdout.write(f"            {sentence(entry.problem, code=entry.code, detail=entry.detail)}")

    def _sum_up(self, outcome: Outcome) -> None:
        counts = [f"{number:,} {state}" for state, number in outcome.counts().items() if number]
        self.stdout.write(f"  {', '.join(counts) or 'no gates'}; {outcome.others:,} others at LINK, left as they are")
        if outcome.left:
            self.stdout.write(f"  {outcome.left:,} not reached")
        if outcome.error:
            self.stdout.write(f"  stopped: {outcome.error.text}")
