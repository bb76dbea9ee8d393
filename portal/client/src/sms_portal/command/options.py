"""Options that several commands have: period, filters, form of the output."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import click

from sms_portal.client import Client

Command = TypeVar("Command", bound=Callable[..., Any])


class Connects(Protocol):
    """The portal of a command."""

    def client(self) -> Client:
        """Return a client for a `with`."""


def period_options(command: Command) -> Command:
    """Add --month, --period, --from and --to."""
    for option in (
        click.option("--to", metavar="DAY", help="Last day, included."),
        click.option("--from", "from_", metavar="DAY", help="First day, such as 2026-10-01."),
        click.option("--period", help="today, yesterday, 7d, 30d, 90d, this_month, last_month, 12m, …"),
        click.option("--month", metavar="YYYY-MM", help="A whole month."),
    ):
        command = option(command)
    return command


def filter_options(command: Command) -> Command:
    """Add --filter and the options of the most used filters."""
    for option in (
        click.option(
            "--filter", "-f", "filters", metavar="NAME=VALUE", multiple=True,
            help="Any parameter of the API, such as partner_id=nr-fi or custom_parameters[shop]=7; repeatable.",
        ),
        click.option("--tenant", help="Only this customer, by its short name."),
        click.option("--campaign", help="Only this campaign, by name."),
        click.option("--country", multiple=True, metavar="CC", help="Only this country; repeatable."),
    ):  # fmt: skip
        command = option(command)
    return command


def query_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query of the options above. Raises UsageError."""
    query: dict[str, Any] = {
        name: given[name] for name in ("period", "from_", "to", "campaign", "tenant") if given[name]
    }
    if given["country"]:
        query["country"] = list(given["country"])
    if given["month"]:
        if query.keys() & {"period", "from_", "to"}:
            raise click.UsageError("--month is a period by itself: leave out --period, --from and --to")
        query |= month(given["month"])
    for text in given["filters"]:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise click.UsageError(f"--filter {text!r}: NAME=VALUE, such as partner_id=nr-fi")
        query.setdefault(name, [])
        if not isinstance(query[name], list):
            raise click.UsageError(f"--filter {name}: there is an option --{name}; use one of both")
        query[name].append(value)
    return query


def month(text: str) -> dict[str, str]:
    """Return the first and last day of a month. Raises UsageError."""
    year, _, number = text.partition("-")
    if not (len(year) == 4 and year.isdecimal() and number.isdecimal() and 1 <= int(number) <= 12):
        raise click.UsageError(f"--month {text!r}: YYYY-MM, such as 2026-10")
    last = calendar.monthrange(int(year), int(number))[1]
    return {"from_": f"{year}-{int(number):02}-01", "to": f"{year}-{int(number):02}-{last}"}
