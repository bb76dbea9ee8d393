"""Statistics of alerts: pure, from sums of messages alone (docs/alerts.md)."""

from reports.alerts.statistics.delivery import confirm_delivery, judge_delivery
from reports.alerts.statistics.median import judge_median
from reports.alerts.statistics.parts import Part, to_open
from reports.alerts.statistics.silence import judge_silence
from reports.alerts.statistics.sums import TIMES, Sums, Usual, age_of
from reports.alerts.statistics.verdict import State, Verdict
from reports.alerts.statistics.volume import judge_volume_down, judge_volume_up

__all__ = [
    "TIMES",
    "Part",
    "State",
    "Sums",
    "Usual",
    "Verdict",
    "age_of",
    "confirm_delivery",
    "judge_delivery",
    "judge_median",
    "judge_silence",
    "judge_volume_down",
    "judge_volume_up",
    "to_open",
]
