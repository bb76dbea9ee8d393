"""`sms-portal export`: queue a search's file, wait with a progress bar, download it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from sms_portal.client import Client
from sms_portal.command import output
from sms_portal.command.options import Connects, filter_options, period_options, query_of
from sms_portal.errors import FileNotMade
from sms_portal.shapes import Export

FORMATS = ("xlsx", "csv", "parquet")


@click.command()
@click.option("--format", "format_", type=click.Choice(FORMATS), default="xlsx", help="The file's format.")
@click.option("--columns", metavar="NAMES", help="Such as sent_at,message_id,number,status; else all usual ones.")
@click.option("--output", "-o", "path", type=click.Path(path_type=Path), help="The file, or a folder for it.")
@click.option("--id", "export_id", type=int, help="Go on with this export instead of queueing one.")
@click.option("--within", type=click.FloatRange(1), default=3600, metavar="SECONDS", help="Wait at most so long.")
@period_options
@filter_options
@click.pass_obj
def export(
    portal: Connects,
    /,
    format_: str,
    columns: str | None,
    path: Path | None,
    export_id: int | None,
    within: float,
    **given: Any,
) -> None:
    """Make the file of all messages that match, and download it. Ctrl-C leaves the export; --id goes on with it."""
    names = None if columns is None else [name.strip() for name in columns.split(",") if name.strip()]
    query = query_of(given)
    if export_id is not None and (query or names):
        raise click.UsageError("--id goes on with an export as it is: leave out filters and columns")
    with portal.client() as client:
        asked = client.exports.get(export_id) if export_id else client.request_export(format_, columns=names, **query)
        try:
            done = _finished(client, asked, within)
        except KeyboardInterrupt:
            click.echo(f"Export {asked.id} goes on. Fetch it with: sms-portal export --id {asked.id}", err=True)
            raise
    output.line(str(done))


def _finished(client: Client, asked: Export, within: float) -> Path:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(f"Export {asked.id}", total=None)
        made = client.wait_for_export(
            asked.id,
            within=within,
            told=lambda each: bar.update(task, completed=each.rows_done, total=each.rows or None),
        )
    if made.state != "done":
        raise FileNotMade(f"Export {made.id} is {made.state}" + (f": {made.problem}" if made.problem else ""))
    if made.rows == 0:
        click.echo("No message matches: the file has no rows.", err=True)
    target = _target(made)
    with Progress(*columns[:2], DownloadColumn(), console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Download", total=made.bytes)
        return client.download(made, target, told=lambda size: bar.update(task, completed=size))


def _target(made: Export) -> Path:
    path: Path | None = click.get_current_context().params["path"]
    name = f"export-{made.id}.{made.format}"
    if path is None:
        return Path(name)
    return path / name if path.is_dir() else path
