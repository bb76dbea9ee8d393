"""Fields of the builder that the chosen period and schedule have no use for; its page hides them (`choices.css`)."""

from collections.abc import Mapping
from typing import Any

from reports.models import ReportDefinition

Frequency, Period = ReportDefinition.Frequency, ReportDefinition.Period


def unused_fields(data: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields."""
    frequency = data.get("frequency")
    unused = [] if data.get("period") == Period.CUSTOM else ["first", "last"]
    unused += [] if frequency == Frequency.WEEKLY else ["weekday"]
    unused += [] if frequency == Frequency.MONTHLY else ["month_day"]
    return unused if frequency else [*unused, "at", "condition"]
