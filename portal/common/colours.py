"""A tenant's accent: four values of one colour for each theme, with contrasts that can be read.

Contrast is WCAG 2's ratio of relative luminances, from 1 to 21. Colours are written `#0b6b6b`.
"""

import re
from dataclasses import dataclass

AA = 4.5  # WCAG 2.2 success criterion 1.4.3

# what the accent's texts stand on: --ground and --stripe of static/css/tokens.css are the nearest in luminance
LIGHT_GROUND, DARK_GROUND = "#f5f6f7", "#222b30"

_is_colour = re.compile(r"#[0-9A-Fa-f]{6}").fullmatch


@dataclass(frozen=True, slots=True)
class Accent:
    """The accent's colours in one theme: links and buttons, hover, a background, and text on the background."""

    accent: str
    hover: str
    soft: str
    on: str


def accents(colour: str) -> tuple[Accent, Accent]:
    """Return the light and the dark theme's accent nearest to `colour`; raises ValueError for no colour."""
    if not _is_colour(colour):
        raise ValueError(f"a colour is written like #0b6b6b, not {colour!r}")
    light = _towards(colour, "#000000", LIGHT_GROUND)
    dark = _towards(colour, "#ffffff", DARK_GROUND)
    return (
        Accent(light, mix(light, "#000000", 0.2), mix("#ffffff", light, 0.12), "#ffffff"),
        Accent(dark, mix(dark, "#ffffff", 0.25), mix("#1a2125", dark, 0.2), "#0b1416"),
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance, 0 for black to 1 for white."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _parts(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def mix(one: str, other: str, share: float) -> str:
    """Return `one` with `share` (0 to 1) of `other` in it."""
    parts = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def _towards(colour: str, end: str, ground: str) -> str:
    """Return the first of twenty steps from `colour` to `end` that can be read on `ground`."""
    steps = (mix(colour, end, step / 20) for step in range(21))
    return next(step for step in steps if contrast(step, ground) >= AA)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
