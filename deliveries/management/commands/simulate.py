"""Send made-up but realistic delivery reports to a feed, over HTTP like a gateway."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from deliveries.simulation import mylink
from deliveries.simulation.sender import SendError, send
from deliveries.simulation.traffic import DLRS_PER_MESSAGE, generate
from portal.tenants import feeds
from portal.tenants.models import Feed


class Command(BaseCommand):
    help = "Send realistic, made-up delivery reports to a feed over HTTP."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--feed", help="the feed's name, or ACCOUNT/NAME where several have it")
        parser.add_argument("--token", help="one of the feed's tokens (they are stored hashed)")
        parser.add_argument("--url", help="the feed's whole address instead: http://…/dlr/TOKEN/")
        parser.add_argument(
            "--dialect",
            choices=["link", *mylink.DIALECTS],
            default="link",
            help="the gateway's API (%(default)s); MyLINK's reports name no partner ID: see --partner-id",
        )
        parser.add_argument("--partner-id", default="", help="put ?partner_id=… into the address (MyLINK)")
        port = os.environ.get("PORT") or "8000"
        parser.add_argument("--server", default=f"http://127.0.0.1:{port}", help="default: %(default)s")
        parser.add_argument("--messages", type=int, default=50_000, help="default: %(default)s")
        parser.add_argument(
            "--months", type=int, default=2, help="calendar months, the current one included (%(default)s)"
        )
        parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
        parser.add_argument("--concurrency", type=int, default=8, help="requests in flight (%(default)s)")
        parser.add_argument("--dry-run", action="store_true", help="write NDJSON to stdout, send nothing")
        parser.add_argument("--quiet", action="store_true", help="say nothing but errors")

    def handle(self, **options) -> None:
        if options["messages"] < 0 or options["months"] < 1 or options["concurrency"] < 1:
            raise CommandError("--messages must be 0 or more, --months and --concurrency 1 or more")
        url = None if options["dry_run"] else _url(options)
        end = datetime.now(UTC).replace(microsecond=0)
        try:
            dlrs = generate(
                seed=options["seed"],
                messages=options["messages"],
                start=months_back(end, options["months"]),
                end=end,
            )
        except ValueError as error:  # the first hour of a month with --months 1
            raise CommandError(str(error)) from error
        tally: Counter[str] = Counter()
        dlrs, shape = _counted(dlrs, tally), "mixed"
        if options["dialect"] in mylink.DIALECTS:
            translate, shape = mylink.DIALECTS[options["dialect"]]
            dlrs = translate(dlrs)
        if url is None:
            for dlr in dlrs:
                self.stdout.write(dlr.decode())
            return
        if options["partner_id"]:
            url = f"{url}?{urlencode({'partner_id': options['partner_id']})}"
        self._send(dlrs, url, shape, tally, options)

    def _send(self, dlrs: Iterator[bytes], url: str, shape: str, tally: Counter[str], options: dict) -> None:
        expected = round(options["messages"] * DLRS_PER_MESSAGE)
        with tqdm(total=expected, unit=" DLRs", disable=options["quiet"]) as bar:
            try:
                result = send(
                    dlrs,
                    url=url,
                    shape=shape,
                    concurrency=options["concurrency"],
                    progress=bar.update,
                )
            except SendError as error:
                done = f"{error.result.acknowledged} DLRs were acknowledged before."
                raise CommandError(f"{error}. {done}") from error
            bar.total = result.sent  # it was an estimate
        if not options["quiet"]:
            self.stdout.write(
                f"{options['messages']} messages, {result.acknowledged} DLRs acknowledged"
                f" in {result.seconds:.1f} s: {result.requests} requests, {result.retries} of them repeated"
            )
            for partner_id, count in sorted(tally.items()) if options["dialect"] == "link" else ():
                self.stdout.write(f"  {partner_id:20} {count:9} DLRs")


def months_back(end: datetime, months: int) -> datetime:
    """Return the first moment (UTC) of the month that makes ``end``'s month the last of ``months``."""
    month = end.year * 12 + end.month - 1 - (months - 1)
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _url(options: dict) -> str:
    """Return the feed's URL; a wrong name or token is reported before any request."""
    if options["url"]:
        return options["url"]
    if not (options["feed"] and options["token"]):
        raise CommandError("give --feed NAME and --token TOKEN, or --url http://…/dlr/TOKEN/, or --dry-run")
    *account, name = options["feed"].split("/", 1)
    found = Feed.objects.filter(name=name, **({"account__name": account[0]} if account else {}))
    if not found:
        raise CommandError(f"there is no feed {options['feed']!r}")
    if not any(feeds.has_token(feed, options["token"]) for feed in found):
        raise CommandError(f"the token is not one of the feed {options['feed']!r}")
    return f"{options['server'].rstrip('/')}/dlr/{options['token']}/"


def _counted(dlrs: Iterable[bytes], tally: Counter[str]) -> Iterator[bytes]:
    """Pass the DLRs on and count them by platformPartnerId."""
    for dlr in dlrs:
        read = orjson.loads(dlr)
        own, gate = read["customParameters"], read["gateCustomParameters"]
        tally[gate.get("platformPartnerId") or own.get("platformPartnerId") or "(none)"] += 1
        yield dlr
