"""refold: messages derived again after a result code or the portal's rules got another meaning."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from deliveries.models import ResultCode, RuleRefold
from deliveries.rederiving.refold import refold
from deliveries.rederiving.rule_refold import request_rule_refold, run_rule_refolds
from portal.tenants import dialects


class Command(BaseCommand):
    help = (
        "Recalculate messages and their counts: those that have reports with a result code, all of a dialect,"
        " or those affected by the rules of a new version."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dialect", choices=dialects.names(), help="with --code or --all")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--code", type=int)
        which.add_argument("--all", action="store_true")
        which.add_argument("--rules", action="store_true", help="do at once what an upgrade queues for the worker")

    def handle(self, *, dialect: str | None, code: int | None, rules: bool, **options) -> None:
        if rules == (dialect is not None):
            raise CommandError("--dialect: give it with --code or --all, and not with --rules.")
        if code is not None and not ResultCode.objects.filter(dialect=dialect, code=code).exists():
            raise CommandError(
                f"--code: {code} is not in the table of {dialect}. Add it in the admin (Result codes) first,"
                " with its status and whether it is final."
            )
        with tqdm(unit=" messages", disable=None) as bar:
            seen, changed = self._by_rules(bar) if rules else refold(dialect=dialect, code=code, progress=bar.update)
        self.stdout.write(f"{seen:,} messages checked, {changed:,} changed")

    def _by_rules(self, bar: tqdm) -> tuple[int, int]:
        job = request_rule_refold()
        run_rule_refolds(progress=lambda running: bar.update(running.done - bar.n))
        job.refresh_from_db()
        if job.error:
            raise CommandError(f"Attempt {job.attempts} failed: {job.error}")
        if job.state != RuleRefold.State.DONE:
            raise CommandError(
                "The worker is processing it. The admin (Recalculations of message status) shows the progress."
            )
        return job.done, job.changed
