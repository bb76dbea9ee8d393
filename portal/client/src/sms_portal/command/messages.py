"""`sms-portal messages`: search messages."""

from __future__ import annotations

from itertools import islice
from typing import Any

import click

from sms_portal.command import output
from sms_portal.command.options import Connects, filter_options, period_options, query_of

COLUMNS = ("sent_at", "status", "result_code", "country", "destination", "campaign", "partner_id", "id")
PAGE = 500


@click.command()
@period_options
@filter_options
@click.option("--number", help="The recipient's number, in any notation.")
@click.option("--status", multiple=True, help="Only this status; repeatable.")
@click.option("--counts-as", multiple=True, help="delivered, failed, pending or unknown; repeatable.")
@click.option("--limit", type=click.IntRange(1), default=50, help="At most so many messages.")
@click.option("--all", "is_all", is_flag=True, help="All messages that match.")
@click.option("--lang", type=click.Choice(["en", "fi"]), help="The form of the CSV; fi is for Excel in Finland.")
@click.option("--json", "form", flag_value="json", help="A line of JSON for each message.")
@click.option("--csv", "form", flag_value="csv", help="As CSV of the portal; --limit is rounded up to pages of 500.")
@click.pass_obj
def messages(
    portal: Connects,
    /,
    number: str | None,
    status: tuple[str, ...],
    counts_as: tuple[str, ...],
    limit: int,
    is_all: bool,
    lang: str | None,
    form: str | None,
    **given: Any,
) -> None:
    """Show messages, newest first."""
    size = PAGE if is_all else min(limit, PAGE)
    query = query_of(given) | {"number": number, "status": status, "counts_as": counts_as, "size": size}
    if lang and form != "csv":
        raise click.UsageError("--lang is for --csv")
    most = None if is_all else limit
    with portal.client() as client:
        if form == "csv":
            pages = None if most is None else -(-most // size)
            for piece in islice(client.csv("messages/", **query, lang=lang), pages):
                output.raw(piece)
        elif form == "json":
            for each in islice(client.resource("messages").list(**query), most):
                output.json(each)
        else:
            rows = client.messages.list(**query)
            found = [
                (each.sent_at, each.status, each.result_code, each.country, each.destination,
                 each.campaign and each.campaign.name, each.partner_id, each.id)
                for each in islice(rows, most)
            ]  # fmt: skip
            output.table(COLUMNS, found, right=("result_code",))
            if len(found) == most:
                output.line(f"The first {most}; more with --limit or --all.")
