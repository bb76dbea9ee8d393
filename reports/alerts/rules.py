"""The rules that every tenant has from the start: quiet ones, which stay silent where traffic is small."""

from dataclasses import dataclass

from reports.alerts.statistics.silence import MIN_MESSAGES as MIN_EXPECTED


@dataclass(frozen=True, slots=True)
class StandardRule:
    """A rule's kind, scope and threshold, by a name that stays."""

    standard: str
    kind: str
    scope: str
    threshold: float
    min_messages: int = 100


STANDARD = (
    StandardRule("delivery", "delivery", "each", 10),
    StandardRule("median", "median", "each", 3),
    StandardRule("volume_down", "volume_down", "all", 50),
    StandardRule("silence", "silence", "all", 30),
)

__all__ = ["MIN_EXPECTED", "STANDARD", "StandardRule"]
