"""`sms-portal tail`: follow delivery reports as they are applied."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sms_portal.command import output
from sms_portal.command.options import Connects
from sms_portal.shapes import Event


@click.command()
@click.option(
    "--after", metavar="CURSOR", help="Begin behind this cursor; `oldest`: with the first of 7 days. Else now."
)
@click.option(
    "--cursor-file", type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the cursor in this file after each report, and begin there the next time.",
)  # fmt: skip
@click.option("--status", multiple=True, help="Only reports with this status; repeatable.")
@click.option("--country", multiple=True, metavar="CC", help="Only this country; repeatable.")
@click.option("--partner-id", multiple=True, help="Only this partner ID; repeatable.")
@click.option("--final", is_flag=True, help="Only reports that no other one should follow.")
@click.option("--count", "-n", type=click.IntRange(1), metavar="N", help="End after so many reports.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each report, with its cursor.")
@click.pass_obj
def tail(
    portal: Connects,
    /,
    after: str | None,
    cursor_file: Path | None,
    count: int | None,
    as_json: bool,
    final: bool,
    **filters: Any,
) -> None:
    """Follow delivery reports, through broken connections, until Ctrl-C."""
    begin = after
    if cursor_file is not None and cursor_file.exists():
        if after is not None:
            raise click.UsageError(f"--after: {cursor_file} has a cursor already; remove the file to begin elsewhere")
        begin = cursor_file.read_text("ascii").strip() or None
    with portal.client() as client:
        for number, event in enumerate(client.events(begin, final=True if final else None, **filters), start=1):
            _print(event, as_json)
            if cursor_file is not None:
                _keep(cursor_file, event.cursor)
            if number == count:
                return


def _print(event: Event, as_json: bool) -> None:
    if as_json:
        output.json(event)
        return
    report = event.report
    what = (report.received_at, report.status, report.result_code, report.country, report.destination)
    output.line("  ".join(map(output.clean, (*what, report.campaign, report.message_id))))


def _keep(path: Path, cursor: str) -> None:
    """Write the cursor after the report was printed. A kill between both prints that report again, and loses none."""
    sys.stdout.flush()
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(cursor + "\n", "ascii")
    fresh.replace(path)
