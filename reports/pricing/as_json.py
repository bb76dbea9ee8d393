"""Costs as the API shows them."""

from dataclasses import asdict
from typing import Any

from reports.pricing.costs import Costs
from reports.pricing.figures import CostFigures, cost_figures
from reports.pricing.money import micro_decimal, minor_decimal


def costs_json(found: Costs) -> dict[str, Any]:
    """Return amounts by currency as decimal numbers, and the messages that no amount holds."""
    return {
        "amounts": [amounts_json(one) for one in cost_figures(found)],
        "unpriced": asdict(found.unpriced),
        "elsewhere": asdict(found.elsewhere),
    }


def amounts_json(one: CostFigures) -> dict[str, Any]:
    """Return the amounts of one currency."""
    return {
        "currency": one.currency,
        "cost": minor_decimal(one.cost, one.currency),
        "of_failed": minor_decimal(one.of_failed, one.currency),
        "of_billed_undelivered": minor_decimal(one.of_billed_undelivered, one.currency),
        "of_unknown": minor_decimal(one.of_unknown, one.currency),
        "per_delivered": None if one.per_delivered is None else micro_decimal(one.per_delivered),
        "is_average": one.is_average,
    }
