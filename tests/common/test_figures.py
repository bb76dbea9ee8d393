"""Figures in English and Finnish."""

import pytest
from django.utils import translation

from portal.common.templatetags.figures import count, country, direction, duration, growth, percent, points

S = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["1,204,551", f"97.42{S}%", f"0.31{S}pt", f"8.2{S}%", "Åland Islands", "Unknown"]),
        ("fi", [f"1{S}204{S}551", f"97,42{S}%", f"0,31{S}%-yks.", f"8,2{S}%", "Ahvenanmaa", "Tuntematon"]),
    ],
)
def test_figures_in_a_language(language, shown):
    with translation.override(language):
        found = [count(1204551), percent(0.97421), points(-0.0031), growth(-0.082), country("AX"), country("ZZ")]
    assert found == shown


@pytest.mark.parametrize("figure", [count, percent, points, growth, duration])
def test_figure_of_nothing_is_a_dash(figure):
    assert figure(None) == "–"


def test_percent_rounds_where_it_would_be_cut():
    with translation.override("en"):
        assert [percent(0.99996), percent(0.97416, 1), percent(0.0)] == [f"100.00{S}%", f"97.4{S}%", f"0.00{S}%"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, f"0{S}s"),
        (3.1, f"3{S}s"),
        (59.5, f"1{S}min"),
        (125, f"2{S}min 5{S}s"),
        (3600, f"1{S}h"),
        (4859, f"1{S}h 20{S}min"),
        (200000, f"2{S}d 7{S}h"),
    ],
)
def test_duration(seconds, text):
    with translation.override("en"):
        assert duration(seconds) == text


def test_country_that_nobody_knows_is_its_code():
    assert country("QQ") == "QQ"


def test_direction():
    assert [direction(x) for x in (0.01, -0.01, 0.00001, None)] == ["up", "down", "same", ""]
