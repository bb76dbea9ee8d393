"""`sms-portal declare`: declare partner IDs, from arguments or a file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click
import msgspec

from sms_portal.command import output
from sms_portal.command.options import Connects
from sms_portal.shapes import DeclareResult

FIELDS = ("account", "value", "tenant", "from")


@click.command()
@click.argument("values", nargs=-1)
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with the columns value, and perhaps account, tenant, from; or one JSON object a line (.ndjson, .jsonl).",
)  # fmt: skip
@click.option("--account", help="The gateway account of those that name none.")
@click.option("--tenant", help="The customer of those that name none.")
@click.option("--from", "from_", metavar="DAY", help="First day of those that name none.")
@click.option("--request", is_flag=True, help="Request those that the key may not declare itself.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each result.")
@click.pass_obj
def declare(
    portal: Connects,
    values: tuple[str, ...],
    file: Path | None,
    account: str | None,
    tenant: str | None,
    from_: str | None,
    request: bool,
    as_json: bool,
) -> int:
    """Declare the partner IDs VALUES, or those of a file. The exit code is 1 if any was refused."""
    common = {"account": account, "tenant": tenant, "from": from_}
    items = [{"value": value} for value in values] + ([] if file is None else _items(file))
    if not items:
        raise click.UsageError("give partner IDs, or --file")
    bodies = [{name: text for name, text in (common | item).items() if text} for item in items]
    with portal.client() as client:
        found = client.declare(bodies, request=request)
    if as_json:
        for each in found.data:
            output.json(each)
    else:
        rows = [(each.result, bodies[each.item].get("value"), *_where(each)) for each in found.data]
        output.table(("result", "value", "account", "tenant", "why"), rows)
    return 1 if found.refused else 0


def _where(result: DeclareResult) -> tuple[object, ...]:
    found = result.partner_id or result.request
    why = "; ".join(f"{error.field.rpartition('/')[2]}: {error.detail}" for error in result.errors)
    return (found and found.account, found and found.tenant, why)


def _items(file: Path) -> list[dict[str, Any]]:
    """Return the items of a file. Raises UsageError with the line that cannot be read."""
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8") from error
    if file.suffix.lower() in (".ndjson", ".jsonl"):
        return [_of_json(file, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    head = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in head else ",")
    names = [name.strip() for name in rows.fieldnames or ()]
    _check(f"{file}, line 1", names)
    if "value" not in names:
        raise click.UsageError(f"{file}, line 1: there is no column “value”")
    rows.fieldnames = names
    items = []
    for row in rows:
        if None in row:
            raise click.UsageError(f"{file}, line {rows.line_num}: it has more columns than the first line")
        items.append({name: text.strip() for name, text in row.items() if text and text.strip()})
    return items


def _of_json(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        item = msgspec.json.decode(line, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise click.UsageError(f"{file}, line {number}: {error}") from error
    _check(f"{file}, line {number}", item)
    return item


def _check(place: str, names: Any) -> None:
    if unknown := [name for name in names if name not in FIELDS]:
        raise click.UsageError(f"{place}: unknown column {unknown[0]!r}; there are: {', '.join(FIELDS)}")
