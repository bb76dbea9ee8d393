"""The tokens' contrasts in both themes (WCAG 2.2: text 4.5 and more, marks and edges 3 and more)."""

import re
from pathlib import Path

import pytest

from portal.common.colours import DARK_GROUND, LIGHT_GROUND, accents, contrast

CSS = (Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css").read_text()
PAIRS = re.findall(r"^  --([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);$", CSS, re.MULTILINE)
THEMES = {
    "light": {name: light for name, light, _dark in PAIRS},
    "dark": {name: dark for name, _light, dark in PAIRS},
}
GROUNDS = ("ground", "surface", "raised", "stripe")
STATUSES = ("delivered", "pending", "failed", "unknown")


def too_faint(theme: str, pairs: list[tuple[str, str]], least: float) -> list[tuple[str, str]]:
    colours = THEMES[theme]
    return [(one, other) for one, other in pairs if contrast(colours[one], colours[other]) < least]


@pytest.mark.parametrize("theme", THEMES)
def test_figures_reach_aaa_and_other_texts_aa(theme):
    grounds = [*GROUNDS, "accent-soft", *(f"{status}-soft" for status in STATUSES)]

    assert too_faint(theme, [("text", ground) for ground in grounds], 7) == []
    assert too_faint(theme, [(text, ground) for text in ("text-soft", "accent") for ground in GROUNDS], 4.5) == []
    assert too_faint(theme, [("on-accent", "accent"), ("on-accent", "accent-hover")], 4.5) == []


@pytest.mark.parametrize("theme", THEMES)
def test_marks_and_edges_of_controls_stand_out(theme):
    pairs = [(mark, ground) for mark in (*STATUSES, "line-strong") for ground in ("surface", "stripe")]

    assert too_faint(theme, pairs, 3) == []


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#ffffff", "#767676", 4.54)],
)
def test_contrast_is_the_ratio_of_luminances(one, other, ratio):
    assert round(contrast(one, other), 2) == ratio


@pytest.mark.parametrize("colour", ["#ffff00", "#000000", "#ffffff", "#0B7285", "#808080"])
def test_accent_of_any_colour_can_be_read_in_both_themes(colour):
    light, dark = accents(colour)

    readable = [
        contrast(light.accent, LIGHT_GROUND), contrast(light.on, light.accent), contrast(light.on, light.hover),
        contrast(dark.accent, DARK_GROUND), contrast(dark.on, dark.accent), contrast(dark.on, dark.hover),
    ]  # fmt: skip
    assert [ratio for ratio in readable if ratio < 4.5] == []


@pytest.mark.parametrize("colour", ["", "0b6b6b", "#0b6b6", "#0b6b6g", "teal"])
def test_accent_refuses_what_is_no_colour(colour):
    with pytest.raises(ValueError, match="a colour is written like #0b6b6b"):
        accents(colour)
