"""`sms-portal stats`: figures as a table, JSON or CSV."""

from __future__ import annotations

from typing import Any

import click

from sms_portal.command import output
from sms_portal.command.options import Connects, filter_options, period_options, query_of
from sms_portal.shapes import Figures, Statistics, Totals

COUNTS = ("messages", "parts", "delivered", "failed", "pending", "unknown")
RATES = ("delivery_rate", "median")


@click.command()
@click.option("--group-by", "-g", metavar="NAMES", help="Such as country,operator, month, campaign, status, hour.")
@period_options
@filter_options
@click.option("--compare", type=click.Choice(["previous", "year", "none"]), help="With another period (JSON and CSV).")
@click.option("--order", help="Such as -messages or delivery_rate.")
@click.option("--limit", type=click.IntRange(1), help="At most so many groups; the rest is one row.")
@click.option("--lang", type=click.Choice(["en", "fi"]), help="The form of the CSV; fi is for Excel in Finland.")
@click.option("--json", "form", flag_value="json", help="The whole answer as JSON.")
@click.option("--csv", "form", flag_value="csv", help="As CSV of the portal.")
@click.option("--follow", is_flag=True, help="Show the totals of days (today, if no period is given) as they change.")
@click.pass_obj
def stats(
    portal: Connects,
    /,
    group_by: str | None,
    compare: str | None,
    order: str | None,
    limit: int | None,
    lang: str | None,
    form: str | None,
    follow: bool,
    **given: Any,
) -> None:
    """Show figures of a period (the last 30 days, if none is given), in total and by group."""
    query = query_of(given) | {"group_by": group_by, "compare": compare, "order": order, "limit": limit}
    if follow:
        _follow(portal, query, form)
        return
    if lang and form != "csv":
        raise click.UsageError("--lang is for --csv")
    with portal.client() as client:
        if form == "csv":
            for piece in client.csv("statistics/", **query, lang=lang):
                output.raw(piece)
        elif form == "json":
            output.json(client.request("GET", "statistics/", **query))
        else:
            _print(client.statistics(**query))


def _follow(portal: Connects, query: dict[str, Any], form: str | None) -> None:
    """Show the totals of days whenever they change, until Ctrl-C. Raises UsageError."""
    if form == "csv":
        raise click.UsageError("--follow: as a table or --json, not --csv")
    for name in ("compare", "order", "limit"):
        if query.pop(name) is not None:
            raise click.UsageError(f"--follow: all days are shown; leave out --{name}")
    if query["group_by"] not in (None, "day", "tenant", "day,tenant"):
        raise click.UsageError(f"--follow: --group-by day or tenant, not {query['group_by']}")
    query["group_by"] = "tenant" if "tenant" in (query["group_by"] or "") else None
    with portal.client() as client:
        for found in client.day_totals(**query):
            output.json(found) if form == "json" else _print_totals(found)


def _print_totals(found: Totals) -> None:
    rows = [(*(_named(group.key.get(name)) for name in found.group_by), *_figures(group)) for group in found.groups]
    output.fresh()
    output.table((*found.group_by, *COUNTS, *RATES), rows, right=(*COUNTS, *RATES))
    output.line(_note(found))


def _print(found: Statistics) -> None:
    columns = (*found.group_by, *COUNTS, *RATES)
    rows: list[tuple[object, ...]] = [
        (*(_named(group.key.get(name)) for name in found.group_by), *_figures(group)) for group in found.groups
    ]
    blank = ("",) * max(0, len(found.group_by) - 1)
    names = bool(found.group_by)
    if found.other is not None:
        rows.append(((f"other ({found.other.groups})", *blank) if names else ()) + _figures(found.other))
    rows.append((("total", *blank) if names else ()) + _figures(found.total))
    output.table(columns, rows, right=(*COUNTS, *RATES))
    output.line(_note(found))


def _note(found: Statistics | Totals) -> str:
    note = f"{found.from_} to {found.to}, as of {output.shown(found.data_as_of)}"
    if found.provisional_from is not None:
        note += f"; late reports may still change days from {found.provisional_from} on"
    return output.clean(note)


def _named(value: object) -> object:
    return "(none)" if value in (None, "") else value


def _figures(figures: Figures) -> tuple[object, ...]:
    median = None if figures.latency is None else figures.latency.median
    seconds = None if median is None else f"{median:.1f} s"
    return (*(getattr(figures, name) for name in COUNTS), output.percent(figures.delivery_rate), seconds)
