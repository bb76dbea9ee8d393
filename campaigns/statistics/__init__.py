"""Statistics of rates and of A/B tests: exact, without a clock or a database (docs/statistics.md)."""

from campaigns.statistics.comparison import (
    SAMPLE_RATIO_ALARM,
    Comparison,
    benjamini_hochberg,
    expected_loss,
    holm,
    homogeneity_p,
    sample_ratio_p,
    two_proportions,
    win_probability,
)
from campaigns.statistics.means import (
    MeanComparison,
    Sums,
    mean_detectable_difference,
    mean_expected_loss,
    mean_interval,
    mean_win_probability,
    stratified_means,
    welch,
)
from campaigns.statistics.power import detectable_gain, minimal_detectable_difference, sample_needed
from campaigns.statistics.rates import COUNTS_AS, MATURE, MIN_MESSAGES, Z95, Totals, enough, rate, wilson
from campaigns.statistics.sequential import AlwaysValid, always_valid, always_valid_means, sequential_sample_ratio_p
from campaigns.statistics.strata import StratifiedDifference, Stratum, stratified_difference

__all__ = [
    "COUNTS_AS",
    "MATURE",
    "MIN_MESSAGES",
    "SAMPLE_RATIO_ALARM",
    "Z95",
    "AlwaysValid",
    "Comparison",
    "MeanComparison",
    "StratifiedDifference",
    "Stratum",
    "Sums",
    "Totals",
    "always_valid",
    "always_valid_means",
    "benjamini_hochberg",
    "detectable_gain",
    "enough",
    "expected_loss",
    "holm",
    "homogeneity_p",
    "mean_detectable_difference",
    "mean_expected_loss",
    "mean_interval",
    "mean_win_probability",
    "minimal_detectable_difference",
    "rate",
    "sample_needed",
    "sample_ratio_p",
    "sequential_sample_ratio_p",
    "stratified_difference",
    "stratified_means",
    "two_proportions",
    "welch",
    "wilson",
    "win_probability",
]
