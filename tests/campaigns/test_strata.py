"""Differences within strata against published figures."""

import pytest

from campaigns.statistics import StratifiedDifference, Stratum, stratified_difference, two_proportions

# The 13 trials of the BCG vaccine in Colditz and others, "Efficacy of BCG vaccine in the prevention of tuberculosis",
# JAMA 271, 1994 (`dat.bcg` of R's metafor): cases and people, vaccinated and not.
BCG = [
    *((4, 123, 11, 139), (6, 306, 29, 303), (3, 231, 11, 220), (62, 13598, 248, 12867), (33, 5069, 47, 5808)),
    *((180, 1541, 372, 1451), (8, 2545, 10, 629), (505, 88391, 499, 88391), (29, 7499, 45, 7277)),
    *((17, 1716, 65, 1665), (186, 50634, 141, 27338), (5, 2498, 3, 2341), (27, 16913, 29, 17854)),
]


def test_stratified_difference_equals_the_published_example():
    found = stratified_difference([Stratum(*table) for table in BCG])
    # Stata's metan and metafor's rma.mh(measure="RD"): -0.003 (-0.004 ... -0.003); metafor's digits below.
    assert (round(found.difference, 3), round(found.low, 3), round(found.high, 3)) == (-0.003, -0.004, -0.003)
    assert found.difference == pytest.approx(-3.288181832613e-03, rel=1e-12)
    assert found.error == pytest.approx(2.866567485273736e-04, rel=1e-12)


def test_stratified_difference_of_the_ugdp_trial():
    # Deaths with tolbutamide and placebo, under 55 and over (Rothman and Greenland, "Modern Epidemiology", chapter 15):
    # 0.034 and 0.036 within the strata, together 0.035 where the raw difference is 0.045.
    found = stratified_difference([Stratum(8, 106, 5, 120), Stratum(22, 98, 16, 85)])
    assert round(found.difference, 3) == 0.035
    assert round(two_proportions(30, 204, 21, 205).difference, 3) == 0.045


def test_stratified_difference_removes_an_unequal_mix():
    # Simpson's paradox: A is better in both countries and worse in sum.
    strata = [Stratum(95, 100, 900, 1000), Stratum(500, 1000, 45, 100)]
    found = stratified_difference(strata)
    assert two_proportions(595, 1100, 945, 1100).difference < -0.3
    assert found.difference == pytest.approx(0.05)
    assert found.low < 0.05 < found.high


def test_stratum_with_one_variant_only_has_no_weight():
    both = Stratum(56, 70, 48, 80)
    assert stratified_difference([both, Stratum(5, 10, 0, 0)]) == stratified_difference([both])
    assert stratified_difference([Stratum(5, 10, 0, 0)]) is None
    assert stratified_difference([]) is None


def test_one_stratum_has_its_own_difference_and_nearly_the_usual_error():
    found = stratified_difference([Stratum(560, 700, 480, 800)])
    assert found.difference == pytest.approx(0.2)
    assert found.error == pytest.approx((0.8 * 0.2 / 700 + 0.6 * 0.4 / 800) ** 0.5, rel=0.02)


def test_strata_without_a_difference_in_anything():
    assert stratified_difference([Stratum(10, 10, 20, 20)]) == StratifiedDifference(0.0, 0.0, 0.0, 0.0)


def test_impossible_stratum_is_refused():
    with pytest.raises(ValueError, match="is no proportion"):
        Stratum(3, 2, 1, 2)
