"""Searches as parameters that JSON can hold: for jobs that run them later."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from deliveries.search.query import MessageQuery

_DAYS, _INSTANTS = ("first", "last"), ("since", "until")


def parameters_of(query: MessageQuery) -> dict[str, Any]:
    """Return a search as parameters."""
    values = asdict(query) | {"tenant_ids": sorted(query.tenant_ids), "parameters": dict(query.parameters)}
    return values | {name: values[name] and values[name].isoformat() for name in (*_DAYS, *_INSTANTS)}


def query_of(parameters: Mapping[str, Any]) -> MessageQuery:
    """Return the search of `parameters_of`."""
    values = dict(parameters) | {"tenant_ids": frozenset(parameters["tenant_ids"])}
    values |= {name: values[name] and date.fromisoformat(values[name]) for name in _DAYS}
    values |= {name: datetime.fromisoformat(values[name]) for name in _INSTANTS if values.get(name)}
    return MessageQuery(**values | {name: tuple(values[name]) for name in ("numbers", "statuses")})
